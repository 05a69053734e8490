import assert from "node:assert/strict";
import { join } from "node:path";
import { renderStack } from "../../fleet/render/run.ts";
import type { KubernetesObject } from "../../lab/talos/interface.ts";
import { changed } from "./support/judge.ts";
import { TestRepository } from "./support/repository.ts";
import { TestSite } from "./support/site.ts";

type Delivery = "direct" | "argocd" | "flux" | "sveltos";

const { url } = TestRepository;
const engines = { argocd: { settings: { repository: { url } } }, flux: true, sveltos: true };
const repository = { url, takesOver: true };
const enginesWithGit = { ...engines, argocd: { settings: { repository } }, flux: { settings: { repository } } };

/** How each add-on comes into the cluster. */
const deliveries: Record<string, Delivery> = {
  "cert-manager": "flux",
  "kubelet-csr-approver": "sveltos",
  "metrics-server": "direct",
  reloader: "argocd",
};
const addons = Object.keys(deliveries);

describe("Git as the source of what engines deliver, in the lab", () => {
  const site = new TestSite();
  after(() => site.remove());

  /** Says how the add-ons get into the cluster. */
  function deliver(deliveryOf: (addon: string) => Delivery | undefined, others: object = engines): void {
    site.edit("luna", (config) => {
      const said = addons.map((addon) => [addon, deliveryOf(addon) ? { delivery: deliveryOf(addon) } : false]);
      config.addons = { ...Object.fromEntries(said), ...others };
      config.controlPlanes = { count: 1 };
      config.workers = { wk: { count: 1 } };
    });
  }

  function objects(): [string, { uid?: string; labels?: Record<string, string> }][] {
    const [cluster] = Object.values(site.world().parts.kubernetes?.clusters ?? {});
    return Object.entries(cluster?.objects ?? {}).map(([key, { metadata }]) => [key, metadata as { uid?: string }]);
  }

  /** Uids of what runs, of namespaces and of custom resources: they change when something is deleted and made again. */
  function uids(): Record<string, unknown> {
    return Object.fromEntries(
      objects()
        .filter(([key]) => /^(Deployment|DaemonSet|StatefulSet|Namespace|ClusterIssuer|Certificate)\./.test(key))
        .map(([key, { uid }]) => [key, uid]),
    );
  }

  /** Records of Helm that tell of an add-on, with who sees them. */
  function records(addon: string): string[] {
    return objects()
      .filter(([key]) => key.startsWith("Secret./") && key.includes(`/sh.helm.release.v1.${addon}.v`))
      .map(([, { labels }]) => `${labels?.owner} ${labels?.status}`);
  }

  const git = new TestRepository(join(site.folder, ".orrery/lab/repositories"));

  /** Renders what the stack file says, pushes it, and gives the engines the time to notice. */
  async function push(): Promise<void> {
    const to = join(site.folder, "clusters");
    renderStack({ verb: "render", stack: "luna", to, json: false }, site.folder);
    git.pushFolder(to);
    await site.pass(130);
    // Somebody who looks lets the controllers do what the time allows.
    await site.succeed("status luna");
  }

  /** Uids, those of what engines act on among them. */
  function allUids(): Record<string, unknown> {
    const handed = objects().filter(([key]) => /^(Application|HelmRelease|HelmRepository)\./.test(key));
    return { ...uids(), ...Object.fromEntries(handed.map(([key, { uid }]) => [key, uid])) };
  }

  function object(key: string): KubernetesObject {
    const [cluster] = Object.values(site.world().parts.kubernetes?.clusters ?? {});
    const found = cluster?.objects[key];
    assert.ok(found, key);
    return found;
  }

  const said = (addon: string) => deliveries[addon];
  /** With Git, one that Pulumi brought moves to Flux. */
  const saidWithGit = (addon: string) => (addon === "metrics-server" ? "flux" : said(addon));

  it("brings add-ons up under each delivery", async () => {
    deliver(said);
    await site.succeed("up luna");
    const first = uids();
    for (const deployment of ["cert-manager/cert-manager", "kube-system/metrics-server", "reloader/reloader"]) {
      assert.ok(first[`Deployment.apps/${deployment}`], deployment);
    }
  });

  let adopted: Record<string, unknown>;

  it("leaves everything after bootstrap to Git when that takes over, and deletes nothing", async () => {
    const before = allUids();
    deliver(saidWithGit, enginesWithGit);
    await push();
    const { luna } = await site.succeed("up luna --only");
    assert.deepEqual(changed(luna, "delete"), ["Release luna-metrics-server"]);
    assert.deepEqual(luna?.moves, [{ addon: "metrics-server", from: "direct", to: "flux" }]);
    assert.deepEqual(luna?.letGo.map((urn) => urn.split("::").at(-1)).sort(), [
      "luna-cert-manager-certificate-cluster-ca",
      "luna-cert-manager-clusterissuer-cluster-ca",
      "luna-cert-manager-clusterissuer-self-signed",
      "luna-cert-manager-helmrelease",
      "luna-cert-manager-helmrepository",
      "luna-reloader-application",
    ]);
    await push();
    adopted = allUids();
    assert.deepEqual({ ...adopted, ...before }, adopted);
    // Flux was at work while Pulumi let go of the release.
    assert.match(records("metrics-server").join(), /helm deployed$/);
    const moved = object("HelmRelease.helm.toolkit.fluxcd.io/flux-system/metrics-server");
    assert.equal((moved.spec as { suspend?: boolean }).suspend, undefined);
    const { metadata } = object("Application.argoproj.io/argocd/reloader");
    assert.deepEqual(metadata.finalizers, ["resources-finalizer.argocd.argoproj.io"], "Git says so now");
    const release = object("HelmRelease.helm.toolkit.fluxcd.io/flux-system/cert-manager");
    assert.match(JSON.stringify(release.metadata.labels), /"kustomize.toolkit.fluxcd.io\/name":"flux-system"/);
  });

  it("brings a change by a commit alone, and a run changes nothing", async () => {
    const reloader = { delivery: said("reloader"), values: { reloader: { logLevel: "debug" } } };
    deliver(saidWithGit, { ...enginesWithGit, reloader });
    await push();
    const { spec } = object("Application.argoproj.io/argocd/reloader");
    assert.match(JSON.stringify(spec), /"logLevel":"debug"/);
    const { luna } = await site.succeed("up luna --only");
    assert.deepEqual([luna?.result, luna?.letGo], ["unchanged", []]);
    assert.deepEqual(allUids(), adopted);
  });

  it("removes add-ons that are switched off, with all that their engine has delivered", async () => {
    deliver(() => undefined, enginesWithGit);
    const mark = site.mark();
    await push();
    // Argo CD ends what it is at before it looks at another commit.
    await site.pass(130);
    await site.succeed("up luna --only");
    // Argo CD deletes what an Application delivered when it looks at it again.
    await site.pass(130);
    await site.succeed("status luna");
    for (const [engine, count] of Object.entries({ argocd: 1, flux: 2, sveltos: 1 })) {
      assert.equal(site.recordsSince(mark, `${engine}.remove`).length, count, engine);
    }
    const left = Object.keys(uids()).filter((key) =>
      /cert-manager|metrics-server|kubelet-csr|reloader|cluster-ca/.test(key),
    );
    assert.deepEqual(left, []);
    for (const addon of addons) assert.deepEqual(records(addon), [], addon);
  });
});
