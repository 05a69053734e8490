import assert from "node:assert/strict";
import { changed } from "./support/judge.ts";
import { TestSite } from "./support/site.ts";

const argocd = { settings: { repository: { url: "https://git.example.net/clusters.git" } } };
const others = { argocd, "kubelet-csr-approver": true, "metrics-server": true };

describe("deliveries in the lab", () => {
  const site = new TestSite();
  after(() => site.remove());

  /** Says how cert-manager gets into the cluster; undefined switches it off. */
  function deliver(delivery: "direct" | "argocd" | undefined): void {
    site.edit("luna", (config) => {
      config.addons = { ...others, "cert-manager": delivery ? { delivery } : false };
      config.controlPlanes = { count: 1 };
      config.workers = { wk: { count: 1 } };
    });
  }

  /** Uids of what cert-manager consists of: they change when something is deleted and made again. */
  function uids(): Record<string, unknown> {
    const [cluster] = Object.values(site.world().parts.kubernetes?.clusters ?? {});
    const objects = Object.entries(cluster?.objects ?? {});
    return Object.fromEntries(
      objects
        .filter(([key]) => /^(Deployment|Namespace|ClusterIssuer|Certificate)\..*(cert-manager|cluster-ca)/.test(key))
        .map(([key, { metadata }]) => [key, metadata.uid]),
    );
  }

  let first: Record<string, unknown>;

  it("comes up with a release of Pulumi's own", async () => {
    deliver("direct");
    await site.succeed("up luna");
    first = uids();
    assert.equal(Object.keys(first).length, 7, JSON.stringify(first));
  });

  it("hands over to Argo CD and deletes nothing in the cluster", async () => {
    deliver("argocd");
    const { luna } = await site.succeed("up luna");
    assert.deepEqual(changed(luna, "create"), ["Application luna-cert-manager-application"]);
    assert.deepEqual(changed(luna, "delete"), ["Release luna-cert-manager"]);
    assert.deepEqual(uids(), first);
    const { luna: again } = await site.succeed("up luna");
    assert.equal(again?.result, "unchanged");
  });

  it("takes over from Argo CD and deletes nothing in the cluster", async () => {
    deliver("direct");
    const { luna } = await site.succeed("up luna");
    assert.deepEqual(changed(luna, "create"), ["Release luna-cert-manager"]);
    assert.deepEqual(changed(luna, "delete"), ["Application luna-cert-manager-application"]);
    assert.deepEqual(uids(), first);
  });

  it("removes an add-on of Argo CD's that is switched off", async () => {
    deliver("argocd");
    await site.succeed("up luna");
    deliver(undefined);
    const mark = site.mark();
    await site.succeed("up luna");
    await site.succeed("status luna");
    assert.equal(site.recordsSince(mark, "argocd.remove").length, 1, "Argo CD has removed what it had delivered");
    assert.deepEqual(uids(), {});
  });
});
