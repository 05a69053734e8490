import assert from "node:assert/strict";
import { at, planned } from "./planned.ts";

describe("catalogue: cloudnative-pg", () => {
  const table: [number, string][] = [
    [2, "sol"],
    [1, "terra"],
  ];
  for (const [replicas, cluster] of table) {
    it(`runs ${replicas} in ${cluster}`, () => {
      const { values, namespace, version } = planned(cluster as "sol" | "terra", "cloudnative-pg", {
        settings: { replicas },
      });
      assert.equal(values.replicaCount, replicas);
      assert.equal(version, "0.26.1", "the last line that supports Kubernetes 1.31");
      assert.deepEqual(namespace, { name: "cnpg-system", podSecurity: "restricted" });
    });
  }

  it("is there after the storage that databases claim", () => {
    const proxmox = {
      settings: {
        url: "https://pve01.example.net:8006/api2/json",
        storageClasses: [{ name: "fast", storage: "rbd-vm" }],
      },
    };
    const addon = planned("sol", "cloudnative-pg", true, { "proxmox-csi": proxmox });
    assert.deepEqual(addon.after, ["proxmox-csi"]);
    assert.equal(at(addon.values, "crds", "create"), true);
  });
});
