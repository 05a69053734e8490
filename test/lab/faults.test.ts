import assert from "node:assert/strict";
import type { FaultRule } from "../../lab/world/faults.ts";
import { TestSite } from "./support/site.ts";

/** Bootstraps of luna that the diary knows, and how many etcd clusters each left behind. */
function bootstraps(site: TestSite): unknown[] {
  return site.recordsSince(0, "etcd.bootstrap").map(({ subject, details }) => [subject, details?.etcdClusters]);
}

describe("faults during the first up and during destroy in the lab", () => {
  // One thing after the other goes wrong on the same site; every run goes on where the one before was stopped.
  const mishaps: [string, FaultRule[]][] = [
    [
      "a VM's create fails on its host",
      [{ provider: "proxmoxve", operation: "create", subject: "lunacp02", kind: "error" }],
    ],
    [
      "the answer of a node that took its configuration is lost",
      [{ provider: "talos", operation: "create", subject: "lunacp03", kind: "lost" }],
    ],
    [
      "a node refuses its configuration",
      [{ provider: "talos", operation: "create", subject: "lunacp02", kind: "error" }],
    ],
    ["the answer to the bootstrap is lost", [{ provider: "talosctl", operation: "bootstrap", kind: "lost" }]],
    ["the command is stopped after it has bootstrapped", [{ provider: "command", operation: "create", kind: "lost" }]],
    [
      "Kubernetes' credentials cannot be had",
      [{ provider: "talos", operation: "create", token: "Kubeconfig", kind: "error" }],
    ],
    [
      "a chart cannot be installed",
      [{ provider: "kubernetes", operation: "create", token: "Release", kind: "error", skip: 2 }],
    ],
  ];
  const site = new TestSite();
  before(() => site.succeed("up shared"));
  after(() => site.remove());

  for (const [what, faults] of mishaps) {
    it(`never bootstraps two control planes when ${what}`, async () => {
      await site.run("up luna", undefined, { faults, seed: 1 });
      assert.ok(bootstraps(site).length <= 1);
    });
  }

  it("converges afterwards with one etcd cluster", async () => {
    const { luna } = await site.succeed("up luna");
    assert.deepEqual(bootstraps(site), [["lunacp01", 1]]);
    assert.ok(luna?.summary?.kind === "cluster");
    const again = await site.succeed("up luna");
    assert.equal(again.luna?.result, "unchanged");
  });

  for (const [seed, faults] of [
    [1, [{ provider: "proxmoxve", operation: "delete", kind: "error", probability: 0.3 }]],
    [2, [{ provider: "proxmoxve", operation: "delete", kind: "lost", probability: 0.3 }]],
  ] as [number, FaultRule[]][]) {
    it(`is stopped by faults of seed ${seed} while it destroys`, async () => {
      const outcome = await site.run("destroy luna --yes", undefined, { faults, seed });
      assert.equal(outcome.ok, false);
    });
  }

  it("leaves nothing behind when destroy is run again", async () => {
    await site.succeed("destroy luna --yes");
    const { proxmox } = site.world().parts;
    assert.ok(proxmox);
    assert.deepEqual(Object.keys(proxmox.vms), []);
    assert.deepEqual(Object.keys(proxmox.securityGroups), []);
    assert.deepEqual(
      Object.keys(proxmox.sdn.applied).filter((key) => !/^(zone|controller)\//.test(key)),
      [],
    );
    assert.deepEqual(proxmox.sdn.applied, proxmox.sdn.wanted);
  });
});
