import assert from "node:assert/strict";
import { containerdPatch } from "../../../../../components/talos-cluster/machine-config/system.ts";
import { at, planned } from "./planned.ts";

describe("catalogue: snapshot-controller", () => {
  it("runs two controllers as pods that may do nothing special", () => {
    const { values, namespace } = planned("sol", "snapshot-controller");
    assert.equal(at(values, "controller", "replicaCount"), 2);
    assert.deepEqual(at(values, "controller", "pdb"), { maxUnavailable: 1 });
    assert.deepEqual(namespace, { name: "kube-system" });
    assert.deepEqual(values.volumeSnapshotClasses, []);
  });

  it("makes classes", () => {
    const classes = [
      { name: "rbd", driver: "rook-ceph.rbd.csi.ceph.com", default: true, parameters: { clusterID: "rook-ceph" } },
      { name: "kept", driver: "rook-ceph.rbd.csi.ceph.com", deletionPolicy: "Retain" },
    ];
    const { values } = planned("terra", "snapshot-controller", { settings: { classes } });
    assert.deepEqual(values.volumeSnapshotClasses, [
      {
        name: "rbd",
        driver: "rook-ceph.rbd.csi.ceph.com",
        deletionPolicy: "Delete",
        parameters: { clusterID: "rook-ceph" },
        annotations: { "snapshot.storage.kubernetes.io/is-default-class": "true" },
      },
      { name: "kept", driver: "rook-ceph.rbd.csi.ceph.com", deletionPolicy: "Retain" },
    ]);
  });
});

describe("catalogue: reloader", () => {
  const table: [number, boolean, unknown][] = [
    [2, true, { enabled: true, maxUnavailable: 1 }],
    [1, false, { enabled: false }],
  ];
  for (const [replicas, elected, budget] of table) {
    it(`with ${replicas} of it ${elected ? "one is elected" : "there is nothing to elect"}`, () => {
      const { values } = planned("sol", "reloader", { settings: { replicas } });
      assert.equal(at(values, "reloader", "enableHA"), elected);
      assert.deepEqual(at(values, "reloader", "podDisruptionBudget"), budget);
    });
  }

  it("restarts only what asks for it unless told otherwise", () => {
    assert.equal(at(planned("luna", "reloader").values, "reloader", "autoReloadAll"), false);
    const all = planned("luna", "reloader", { settings: { all: true } });
    assert.equal(at(all.values, "reloader", "autoReloadAll"), true);
  });
});

describe("catalogue: spegel", () => {
  it("writes where containerd of Talos looks, and keeps the mirrors of the machine configuration", () => {
    const { values, namespace } = planned("sol", "spegel");
    assert.deepEqual(values.spegel, {
      containerdRegistryConfigPath: "/etc/cri/conf.d/hosts",
      mirroredRegistries: [],
      prependExisting: true,
    });
    assert.deepEqual(namespace, { name: "spegel", podSecurity: "privileged" });
  });

  it("serves layers that every node keeps", () => {
    const [file] = at(containerdPatch(), "machine", "files") as { content: string }[];
    assert.match(file?.content ?? "", /discard_unpacked_layers = false/);
  });
});
