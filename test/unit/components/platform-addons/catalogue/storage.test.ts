import assert from "node:assert/strict";
import { planAddons } from "../../../../../components/platform-addons/plan.ts";
import { configOf, factsOf } from "../facts.ts";
import { at, type Cluster, planned, refused } from "./planned.ts";

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

describe("catalogue: rook-ceph and its cluster", () => {
  const filter = "^/dev/disk/by-path/.*scsi-1$";
  const operator = { "rook-ceph": true };
  const byPath = { settings: { disks: { by: "path", filter } } };

  it("mounts volumes on nodes with taints", () => {
    const facts = factsOf("sol");
    const taints = [{ key: "dedicated", effect: "NoSchedule" as const }];
    const nodes = facts.nodes.map((node) => (node.name === "solwk03" ? { ...node, settings: { taints } } : node));
    const csi = (of: typeof facts) =>
      planAddons(configOf({ addons: operator }), of).addons.find(({ name }) => name === "rook-ceph")?.values.csi;
    assert.deepEqual(csi(facts), { provisionerReplicas: 2 });
    assert.deepEqual(csi({ ...facts, nodes }), {
      provisionerReplicas: 2,
      pluginTolerations: [{ key: "dedicated", operator: "Exists", effect: "NoSchedule" }],
    });
  });

  const families: [Cluster, string][] = [
    ["sol", "IPv6"],
    ["luna", "IPv6"],
    ["terra", "IPv4"],
  ];
  for (const [cluster, ipFamily] of families) {
    it(`keeps a majority and listens on the first family of ${cluster}`, () => {
      const { values, after } = planned(cluster, "rook-ceph-cluster", byPath, operator);
      assert.deepEqual(values.cephClusterSpec, {
        mon: { count: 3, allowMultiplePerNode: false },
        mgr: { count: 2, allowMultiplePerNode: false },
        network: { ipFamily },
        storage: { useAllNodes: true, useAllDevices: false, devicePathFilter: filter },
      });
      assert.deepEqual(after, ["rook-ceph"]);
    });
  }

  it("takes the disks that are named and no other", () => {
    const devices = { solwk02: ["/dev/disk/by-id/b"], solwk01: ["/dev/disk/by-id/a", "/dev/disk/by-id/c"] };
    const blockPools = [{ name: "pairs", copies: 2 }];
    const said = { settings: { disks: { by: "node", devices }, blockPools, encrypted: true } };
    const { values } = planned("sol", "rook-ceph-cluster", said, operator);
    assert.deepEqual(at(values, "cephClusterSpec", "storage"), {
      useAllNodes: false,
      useAllDevices: false,
      nodes: [
        { name: "solwk01", devices: [{ name: "/dev/disk/by-id/a" }, { name: "/dev/disk/by-id/c" }] },
        { name: "solwk02", devices: [{ name: "/dev/disk/by-id/b" }] },
      ],
      config: { encryptedDevice: "true" },
    });
  });

  it("refuses nodes that are not there, and more copies than there are nodes with disks", () => {
    const devices = { solwk01: ["/dev/sdb"], solwk9: ["/dev/sdb"] };
    const settings = { disks: { by: "node", devices }, fileSystem: true };
    assert.deepEqual(refused("sol", { ...operator, "rook-ceph-cluster": { settings } }), [
      'addons.rook-ceph-cluster.settings.disks.devices.solwk9: node does not exist; solcp01, solcp02, solcp03, solwk01, solwk02 or solwk03; did you mean "solwk01"?',
      "addons.rook-ceph-cluster.settings.blockPools[0].copies: are more than the nodes with disks; 1 to 2",
      "addons.rook-ceph-cluster.settings.fileSystem: keeps three copies, each on a node of its own; false",
    ]);
  });

  it("has one class per pool, one of them the default, and no buckets", () => {
    const { values } = planned("sol", "rook-ceph-cluster", byPath, operator);
    const [pool] = values.cephBlockPools as unknown[];
    assert.deepEqual(at(pool, "spec"), {
      failureDomain: "host",
      replicated: { size: 3, requireSafeReplicaSize: true },
    });
    assert.equal(at(pool, "storageClass", "isDefault"), true);
    assert.equal(
      at(pool, "storageClass", "parameters", "csi.storage.k8s.io/node-stage-secret-name"),
      "rook-csi-rbd-node",
    );
    assert.deepEqual(values.cephFileSystems, []);
    assert.deepEqual(values.cephObjectStores, []);
  });

  it("makes snapshot classes where there is a snapshot controller", () => {
    const said = { settings: { ...byPath.settings, snapshots: true } };
    assert.deepEqual(refused("sol", { ...operator, "rook-ceph-cluster": said }), [
      "addons.rook-ceph-cluster: needs crd:snapshot.storage.k8s.io, which no chosen add-on provides; switch on snapshot-controller, or set addons.rook-ceph-cluster.settings.snapshots to false",
    ]);
    const { values } = planned("sol", "rook-ceph-cluster", said, { ...operator, "snapshot-controller": true });
    assert.deepEqual(values.cephBlockPoolsVolumeSnapshotClass, { enabled: true, isDefault: true });
    assert.deepEqual(values.cephFileSystemVolumeSnapshotClass, { enabled: false, isDefault: false });
  });

  it("asks which disks it may take", () => {
    const [problem] = refused("sol", { ...operator, "rook-ceph-cluster": true });
    assert.match(problem ?? "", /^addons\.rook-ceph-cluster\.settings\.disks/);
  });
});

describe("catalogue: openebs", () => {
  it("makes volumes where the kubelet can mount them", () => {
    const { values, machine, namespace } = planned("terra", "openebs", {
      settings: { path: "/var/mnt/local", defaultClass: true },
    });
    assert.equal(at(values, "localpv", "basePath"), "/var/mnt/local");
    assert.deepEqual(values.hostpathClass, {
      name: "openebs-hostpath",
      isDefaultClass: true,
      reclaimPolicy: "Delete",
    });
    assert.deepEqual(at(machine[0]?.patch, "machine", "kubelet", "extraMounts", 0), {
      destination: "/var/mnt/local",
      type: "bind",
      source: "/var/mnt/local",
      options: ["bind", "rshared", "rw"],
    });
    assert.equal(namespace.podSecurity, "privileged");
  });

  it("refuses folders that Talos does not let anyone write to", () => {
    const [problem] = refused("sol", { openebs: { settings: { path: "/opt/local" } } });
    assert.match(problem ?? "", /^addons\.openebs\.settings\.path: .*a folder below \/var/);
  });
});

describe("catalogue: longhorn", () => {
  const names = ["siderolabs/iscsi-tools", "siderolabs/util-linux-tools"];
  const extensions = names.map((name) => ({ name, image: `ghcr.io/${name}:v1` }));

  it("asks for the extensions that it cannot do without", () => {
    const wayOut = "add it to the extensions of the release (orrery:shared) or of the bare-metal machines";
    assert.deepEqual(
      refused("sol", { longhorn: true }),
      names.map((name) => `addons.longhorn: needs extension:${name}, which no chosen add-on provides; ${wayOut}`),
    );
  });

  const table: [number, number][] = [
    [6, 3],
    [5, 2],
    [4, 1],
    [3, 3],
  ];
  for (const [nodes, copies] of table) {
    it(`keeps ${copies} copies on ${nodes} nodes, three of them control planes`, () => {
      const facts = factsOf("sol");
      const { addons, problems } = planAddons(configOf({ addons: { longhorn: true } }), {
        ...facts,
        release: { ...facts.release, extensions },
        nodes: facts.nodes.slice(0, nodes),
      });
      assert.deepEqual(problems, []);
      const longhorn = addons.find(({ name }) => name === "longhorn");
      assert.equal(at(longhorn?.values, "persistence", "defaultClassReplicaCount"), copies);
      assert.equal(at(longhorn?.values, "defaultSettings", "defaultDataPath"), "/var/lib/longhorn");
      const policy = copies === 1 ? "allow-if-replica-is-stopped" : undefined;
      assert.equal(at(longhorn?.values, "defaultSettings", "nodeDrainPolicy"), policy);
      assert.equal(
        at(longhorn?.machine[0]?.patch, "machine", "kubelet", "extraMounts", 0, "destination"),
        "/var/lib/longhorn",
      );
    });
  }

  const policies: [number, string | undefined][] = [
    [1, "allow-if-replica-is-stopped"],
    [2, undefined],
  ];
  for (const [copies, policy] of policies) {
    it(`lets nodes be drained that keep volumes of ${copies === 1 ? "one copy" : `${copies} copies`}`, () => {
      const facts = factsOf("sol");
      const { addons } = planAddons(configOf({ addons: { longhorn: { settings: { copies } } } }), {
        ...facts,
        release: { ...facts.release, extensions },
      });
      const longhorn = addons.find(({ name }) => name === "longhorn");
      assert.equal(at(longhorn?.values, "defaultSettings", "nodeDrainPolicy"), policy);
    });
  }

  it("is of the line that runs on two address families and on Kubernetes before 1.34", () => {
    const facts = factsOf("sol");
    const { addons } = planAddons(configOf({ addons: { longhorn: true } }), facts);
    assert.match(addons.find(({ name }) => name === "longhorn")?.version ?? "", /^1\.12\./);
  });
});

describe("catalogue: volsync", () => {
  it("comes after the snapshots that it takes", () => {
    const { values, after, namespace } = planned("luna", "volsync", true, { "snapshot-controller": true });
    assert.deepEqual(after, ["snapshot-controller"]);
    assert.equal(values.manageCRDs, true);
    assert.deepEqual(namespace, { name: "volsync-system", podSecurity: "restricted" });
    assert.deepEqual(refused("luna", { volsync: true }), [
      "addons.volsync: needs crd:snapshot.storage.k8s.io, which no chosen add-on provides; switch on snapshot-controller",
    ]);
  });

  it("is one of two: the project's own, or the fork with Kopia", () => {
    const both = { volsync: true, "volsync-kopia": true, "snapshot-controller": true };
    assert.deepEqual(refused("luna", both), [
      "addons: volsync and volsync-kopia both provide crd:volsync.backube, and a cluster has one; switch one of them off: addons.volsync-kopia: false",
    ]);
  });

  it("tidies up Kopia's repositories, in pods that the namespace lets in", () => {
    const said = { settings: { maintenance: [{ repository: "kopia-repository" }] } };
    const { chart, objects } = planned("luna", "volsync-kopia", said, { "snapshot-controller": true });
    assert.deepEqual(chart, {
      repository: "https://perfectra1n.github.io/volsync/charts",
      name: "volsync",
      version: "0.18.5",
    });
    assert.deepEqual(
      objects.map(({ kind, metadata }) => [kind, metadata.namespace, metadata.name]),
      [["KopiaMaintenance", "volsync-system", "kopia-repository"]],
    );
    assert.deepEqual(at(objects[0], "spec", "trigger"), { schedule: "0 2 * * *" });
    assert.equal(at(objects[0], "spec", "podSecurityContext", "seccompProfile", "type"), "RuntimeDefault");
  });
});

describe("catalogue: minio", () => {
  const storage = {
    "proxmox-csi": {
      settings: {
        url: "https://pve01.example.net:8006/api2/json",
        storageClasses: [{ name: "fast", storage: "rbd-vm", default: true }],
      },
    },
  };

  it("has no user but root, whose password is named and not told", () => {
    const { values, secrets, workloads } = planned("sol", "minio", true, storage);
    assert.deepEqual([at(values, "users"), at(values, "existingSecret")], [[], "minio-root"]);
    assert.deepEqual(
      secrets.map(({ configKey }) => configKey),
      ["minioRootPassword"],
    );
    assert.deepEqual(workloads, [{ kind: "StatefulSet", name: "minio" }]);
  });

  it("makes buckets, and keeps them", () => {
    const said = { settings: { servers: 1, buckets: [{ name: "backups", versioning: true }] } };
    const { values, workloads } = planned("sol", "minio", said, storage);
    assert.deepEqual(at(values, "buckets"), [{ name: "backups", versioning: true, policy: "none", purge: false }]);
    assert.deepEqual(workloads, [{ kind: "Deployment", name: "minio" }]);
  });

  it("has a route for its API and one for its console", () => {
    const gateway = { name: "public", namespace: "gateways" };
    const { objects } = planned("luna", "minio", { settings: { gateway } }, storage, ["gateway:gateways/public"]);
    assert.deepEqual(
      objects.map(({ metadata, spec }) => [metadata.name, at(spec, "hostnames"), at(spec, "rules", 0, "backendRefs")]),
      [
        ["minio", ["s3.luna.example.net"], [{ name: "minio", port: 9000 }]],
        ["minio-console", ["console.s3.luna.example.net"], [{ name: "minio-console", port: 9001 }]],
      ],
    );
  });

  it("refuses a number of servers that loses data", () => {
    assert.deepEqual(refused("sol", { ...storage, minio: { settings: { servers: 2 } } }), [
      "addons.minio.settings.servers: cannot share data safely; 1, or 4 to 16",
    ]);
  });
});
