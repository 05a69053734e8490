import assert from "node:assert/strict";
import { at, planned, refused } from "./planned.ts";

const certificates = { "cert-manager": true };

describe("catalogue: cluster-api-operator", () => {
  const table: [string, unknown, string[]][] = [
    ["Proxmox with the addresses it needs", true, ["InfrastructureProvider proxmox", "IPAMProvider in-cluster"]],
    [
      "Harvester and Tinkerbell",
      { settings: { infrastructure: ["harvester", "tinkerbell"] } },
      ["InfrastructureProvider harvester", "InfrastructureProvider tinkerbell"],
    ],
    ["nothing but Talos", { settings: { infrastructure: [] } }, []],
  ];
  for (const [what, said, expected] of table) {
    it(`brings Cluster API with ${what}`, () => {
      const { objects, after } = planned("sol", "cluster-api-operator", said, certificates);
      assert.deepEqual(
        objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
        ["CoreProvider cluster-api", "BootstrapProvider talos", "ControlPlaneProvider talos", ...expected],
      );
      assert.ok(objects.every(({ metadata }) => metadata.annotations?.["pulumi.com/waitFor"] === "condition=Ready"));
      assert.deepEqual(after, ["cert-manager"]);
    });
  }

  it("says of every provider which file of which release it is", () => {
    const said = { settings: { infrastructure: ["proxmox", "harvester", "tinkerbell"] } };
    const { objects } = planned("sol", "cluster-api-operator", said, certificates);
    const addresses = objects.map((object) => String(at(object, "spec", "fetchConfig", "url")));
    assert.equal(addresses[0], "https://github.com/kubernetes-sigs/cluster-api/releases/v1.12.10/core-components.yaml");
    assert.equal(addresses.length, 7);
    for (const address of addresses) {
      assert.match(address, /^https:\/\/github\.com\/[^/]+\/[^/]+\/releases\/v[\d.]+\/[a-z-]+-components\.yaml$/);
    }
  });

  it("tells what it can make machines on", () => {
    const { provides } = planned("sol", "cluster-api-operator", true, certificates);
    assert.deepEqual(provides, ["crd:cluster.x-k8s.io", "infrastructure:proxmox"]);
  });

  it("does not do without cert-manager", () => {
    assert.deepEqual(refused("sol", { "cluster-api-operator": true }), [
      "addons.cluster-api-operator: needs crd:cert-manager.io, which no chosen add-on provides; switch on cert-manager",
    ]);
  });
});
