import assert from "node:assert/strict";
import { changed } from "./support/judge.ts";
import { TestSite } from "./support/site.ts";

type Delivery = "direct" | "argocd" | "flux" | "sveltos";

const argocd = { settings: { repository: { url: "https://git.example.net/clusters.git" } } };
const engines = { argocd, flux: true, sveltos: true };

/** Where each add-on goes, run by run: together from each delivery to each other one. */
const walks: Record<string, Delivery[]> = {
  "cert-manager": ["direct", "argocd", "direct", "flux"],
  "kubelet-csr-approver": ["argocd", "flux", "argocd", "sveltos"],
  "metrics-server": ["sveltos", "flux", "sveltos", "direct"],
  reloader: ["flux", "direct", "sveltos", "argocd"],
};
const addons = Object.keys(walks);
const namespaces: Record<string, string> = {
  "cert-manager": "cert-manager",
  "kubelet-csr-approver": "kube-system",
  "metrics-server": "kube-system",
  reloader: "reloader",
};

/** What Pulumi applies for an add-on with a chart, by delivery. */
const kinds: Record<Delivery, string[]> = {
  direct: ["Release"],
  argocd: ["Application"],
  flux: ["HelmRelease", "HelmRepository"],
  sveltos: ["ClusterProfile", "ConfigMap"],
};

/** Names of the resources of the add-ons, each under the delivery that it has in a run. */
function resourcesIn(run: number): string[] {
  return addons
    .flatMap((addon) => {
      const delivery = walks[addon]?.[run] as Delivery;
      const suffix = (kind: string) => (delivery === "direct" ? "" : `-${kind.toLowerCase()}`);
      return kinds[delivery].map((kind) => `${kind} luna-${addon}${suffix(kind)}`);
    })
    .sort();
}

describe("deliveries in the lab", () => {
  const site = new TestSite();
  after(() => site.remove());

  /** Says how the add-ons get into the cluster. */
  function deliver(deliveryOf: (addon: string) => Delivery | undefined): void {
    site.edit("luna", (config) => {
      const said = addons.map((addon) => [addon, deliveryOf(addon) ? { delivery: deliveryOf(addon) } : false]);
      config.addons = { ...engines, ...Object.fromEntries(said) };
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
      .filter(([key]) => key.startsWith(`Secret./${namespaces[addon]}/sh.helm.release.v1.${addon}.v`))
      .map(([, { labels }]) => `${labels?.owner} ${labels?.status}`);
  }

  let first: Record<string, unknown>;

  it("brings add-ons up under each delivery", async () => {
    deliver((addon) => walks[addon]?.[0]);
    await site.succeed("up luna");
    first = uids();
    for (const deployment of ["cert-manager/cert-manager", "kube-system/metrics-server", "reloader/reloader"]) {
      assert.ok(first[`Deployment.apps/${deployment}`], deployment);
    }
  });

  for (const run of [1, 2, 3]) {
    const moves = addons.map((addon) => `${addon} from ${walks[addon]?.[run - 1]} to ${walks[addon]?.[run]}`);
    it(`moves ${moves.join(", ")}, and deletes nothing in the cluster`, async () => {
      deliver((addon) => walks[addon]?.[run]);
      const { luna } = await site.succeed("up luna --only");
      assert.deepEqual(changed(luna, "create"), resourcesIn(run));
      assert.deepEqual(changed(luna, "delete"), resourcesIn(run - 1));
      assert.deepEqual(uids(), first);
      for (const addon of addons) {
        // Argo CD keeps no records, and those of others would tell of a release that nobody keeps up.
        const wanted = walks[addon]?.[run] === "argocd" ? [] : ["helm deployed"];
        assert.deepEqual(
          records(addon).filter((record) => record !== "helm superseded"),
          wanted,
          `${addon}: ${records(addon)}`,
        );
      }
    });
  }

  it("has seen every pair", () => {
    const pairs = Object.values(walks).flatMap((walk) => walk.slice(1).map((to, index) => `${walk[index]} ${to}`));
    assert.equal(new Set(pairs).size, 12);
  });

  it("changes nothing in a second run", async () => {
    const { luna } = await site.succeed("up luna --only");
    assert.equal(luna?.result, "unchanged");
  });

  it("removes add-ons that are switched off, with all that their engine has delivered", async () => {
    deliver(() => undefined);
    const mark = site.mark();
    await site.succeed("up luna --only");
    await site.succeed("status luna");
    for (const engine of ["argocd", "flux", "sveltos"]) {
      assert.equal(site.recordsSince(mark, `${engine}.remove`).length, 1, engine);
    }
    const left = Object.keys(uids()).filter((key) =>
      /cert-manager|metrics-server|kubelet-csr|reloader|cluster-ca/.test(key),
    );
    assert.deepEqual(left, []);
    for (const addon of addons) assert.deepEqual(records(addon), [], addon);
  });
});
