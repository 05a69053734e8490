import assert from "node:assert/strict";
import { join } from "node:path";
import { readStackFiles } from "../../config/load.ts";
import { Engine, type OperationOptions } from "../../fleet/engine.ts";
import { foldersOf } from "../../fleet/folders.ts";
import { openLabSession } from "../../fleet/lab/session.ts";
import type { FleetOutcome, StackOutcome } from "../../fleet/outcome.ts";
import { renderStack } from "../../fleet/render/run.ts";
import { copyStackFiles } from "../../fleet/work-copy.ts";
import type { KubernetesObject } from "../../lab/talos/interface.ts";
import { changed } from "./support/judge.ts";
import { TestRepository } from "./support/repository.ts";
import { TestSite } from "./support/site.ts";

type Delivery = "direct" | "argocd" | "flux" | "sveltos";

const { url } = TestRepository;
const enginesWith = (repository: object) => ({
  argocd: { settings: { repository } },
  flux: { settings: { repository } },
  sveltos: true,
});
const engines = enginesWith({ url });
const enginesWithGit = enginesWith({ url, takesOver: true });

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

  function find(key: string): KubernetesObject | undefined {
    const [cluster] = Object.values(site.world().parts.kubernetes?.clusters ?? {});
    return cluster?.objects[key];
  }

  function object(key: string): KubernetesObject {
    const found = find(key);
    assert.ok(found, key);
    return found;
  }

  /** Lets the engine alone preview the stack and bring it up, as `pulumi` does; answers what is said, and why that fails. */
  async function engineRefusal(): Promise<{ previewed: string[]; message: string }> {
    const folders = foldersOf(site.folder, true);
    copyStackFiles(folders, true);
    const lab = await openLabSession(folders, readStackFiles(site.folder));
    try {
      const stack = await new Engine(folders, lab).open("luna");
      const messages: { severity: string; text: string }[] = [];
      const onEvent: OperationOptions["onEvent"] = ({ diagnosticEvent: said }) => {
        if (said) messages.push({ severity: said.severity, text: said.message.trim() });
      };
      const options = { onEvent, signal: new AbortController().signal };
      await stack?.preview(options);
      const previewed = messages.splice(0).filter(({ severity }) => /info|warning|error/.test(severity));
      await assert.rejects(async () => stack?.up(options));
      const errors = messages.filter(({ severity }) => severity === "error");
      return { previewed: previewed.map(({ text }) => text), message: errors.map(({ text }) => text).join("\n") };
    } finally {
      await lab.close();
    }
  }

  const said = (addon: string) => deliveries[addon];
  /** What Pulumi brings when engines have lost an add-on each. */
  const saidAfterwards = (addon: string) => (addon === "reloader" ? "direct" : said(addon));
  /** One that Pulumi brings moves to Flux when Git takes over, and comes from there. */
  const saidWithGit = (addon: string) => (addon === "metrics-server" ? "flux" : said(addon));

  it("brings add-ons up under each delivery, also while Git says the same", async () => {
    deliver(saidWithGit);
    await push();
    await site.succeed("up luna");
    const first = uids();
    for (const deployment of ["cert-manager/cert-manager", "kube-system/metrics-server", "reloader/reloader"]) {
      assert.ok(first[`Deployment.apps/${deployment}`], deployment);
    }
  });

  it("moves and removes nothing that Git would bring again, and says what to do first", async () => {
    const before = allUids();
    const running = uids();
    await site.pass(130);
    // Neither was rendered: the repository says what it said before.
    deliver((addon) => (addon === "reloader" ? undefined : said(addon)));
    const mark = site.mark();
    const { luna: refused } = stacksOf(await site.run("up luna --only"));
    const move =
      "metrics-server is still in Git as the HelmRelease flux-system/metrics-server, which the Kustomization flux-system/flux-system applies, so that Flux would bring it, too: take clusters/luna/flux/platform/metrics-server.yaml out of the repository (npm run fleet -- render luna --to <folder>, then commit and push), and run this again when Flux has read that";
    assert.match(refused?.failure?.causes.map(({ message }) => message).join("\n") ?? "", new RegExp(literal(move)));
    assert.deepEqual(refused?.warnings.sort(), [
      move,
      "the Application argocd/reloader is still in Git, and Argo CD would make it anew, because the Application argocd/apps applies it: take clusters/luna/apps/platform/reloader.yaml out of the repository (npm run fleet -- render luna --to <folder>, then commit and push), and run this again when Argo CD has read that",
      "the Namespace reloader is still in Git, and Argo CD would make it anew, because the Application argocd/apps applies it: take it out of the repository (npm run fleet -- render luna --to <folder>, then commit and push), and run this again when Argo CD has read that",
    ]);
    assert.deepEqual(allUids(), before);
    assert.deepEqual(site.recordsSince(mark, "helm.install"), []);
    deliver(saidAfterwards);
    // Somebody has seen to it that the Application takes along what it delivered.
    site.changeWorld((world) => {
      const [cluster] = Object.values(world.parts.kubernetes?.clusters ?? {});
      const application = cluster?.objects["Application.argoproj.io/argocd/reloader"];
      Object.assign(application?.metadata ?? {}, { finalizers: ["resources-finalizer.argocd.argoproj.io"] });
    });
    await push();
    const { luna } = await site.succeed("up luna --only");
    assert.deepEqual(luna?.moves.map(({ addon, from, to }) => `${addon}: ${from} to ${to}`).sort(), [
      "metrics-server: flux to direct",
      "reloader: argocd to direct",
    ]);
    await site.pass(700);
    await site.succeed("status luna");
    assert.deepEqual(uids(), running);
    for (const gone of [
      "HelmRelease.helm.toolkit.fluxcd.io/flux-system/metrics-server",
      "Application.argoproj.io/argocd/reloader",
    ])
      assert.equal(find(gone), undefined);
    for (const addon of ["metrics-server", "reloader"]) assert.deepEqual(records(addon), ["helm deployed"]);
  });

  let adopted: Record<string, unknown>;

  it("refuses to delete what Git has from now on when the engine runs without the fleet program", async () => {
    const before = allUids();
    deliver(saidAfterwards, enginesWithGit);
    const { previewed, message } = await engineRefusal();
    assert.deepEqual(previewed, [
      "what Git has from now on would be deleted, and `pulumi up` refuses that; `npm run fleet -- up` lets Pulumi forget it instead",
    ]);
    assert.match(
      message,
      /Git has it from now on, and it would be deleted; let Pulumi forget it instead: npm run fleet -- up does, or pulumi state delete 'urn:pulumi:luna::orrery::[^']*' --target-dependents/,
    );
    assert.deepEqual(allUids(), before);
  });

  it("leaves everything after bootstrap to Git when that takes over, and deletes nothing", async () => {
    const before = allUids();
    deliver(saidWithGit, enginesWithGit);
    await push();
    const { luna } = await site.succeed("up luna --only");
    assert.deepEqual(changed(luna, "delete"), ["Release luna-metrics-server", "Release luna-reloader"]);
    assert.deepEqual(luna?.moves.map(({ addon, from, to }) => `${addon}: ${from} to ${to}`).sort(), [
      "metrics-server: direct to flux",
      "reloader: direct to argocd",
    ]);
    assert.deepEqual(luna?.letGo.map((urn) => urn.split("::").at(-1)).sort(), [
      "luna-cert-manager-certificate-cluster-ca",
      "luna-cert-manager-clusterissuer-cluster-ca",
      "luna-cert-manager-clusterissuer-self-signed",
      "luna-cert-manager-helmrelease",
      "luna-cert-manager-helmrepository",
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
    const early = stacksOf(await site.run("up luna --only")).luna;
    assert.match(
      early?.failure?.causes.map(({ message }) => message).join("\n") ?? "",
      /the Namespace (cert-manager is still in Git, and Flux would make it anew, because the Kustomization flux-system\/flux-system|reloader is still in Git, and Argo CD would make it anew, because the Application argocd\/apps) applies it: take it out of the repository/,
    );
    for (const name of ["cert-manager", "reloader"]) assert.ok(uids()[`Namespace.//${name}`], name);
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

function stacksOf({ stacks }: FleetOutcome): Record<string, StackOutcome> {
  return Object.fromEntries(stacks.map((stack) => [stack.stack, stack]));
}

/** A text as a regular expression that matches it. */
function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
