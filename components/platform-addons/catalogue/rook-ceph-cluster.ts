import { z } from "zod";
import { unknownName } from "../../../config/index.ts";
import type { Problem } from "../../../config/problems.ts";
import type { ClusterFacts } from "../../facts.ts";
import { placesOf } from "../../scheduling.ts";
import { defineAddon, type Values } from "../addon.ts";
import { secondDefaults, storageClass } from "../named-things.ts";

const label = z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "lower-case letters, digits and dashes");

const settings = z.strictObject({
  /** Disks that Ceph takes as a whole; what is on them is lost. */
  disks: z.discriminatedUnion("by", [
    z.strictObject({
      /** The same rule on every node. */
      by: z.literal("path"),
      /** Regular expression over device paths: `^/dev/disk/by-path/.*scsi-1$`. */
      filter: z.string().min(1),
    }),
    z.strictObject({
      /** Chosen per node. */
      by: z.literal("node"),
      /** Device paths by node name: `/dev/disk/by-id/ata-...`. */
      devices: z.record(z.string(), z.array(z.string().startsWith("/dev/")).min(1)),
    }),
  ]),
  /** Pools of block devices, each with a storage class of the same name. @default ceph-block, three copies, default class */
  blockPools: z
    .array(
      z.strictObject({
        name: label,
        /** Copies, on as many nodes. @default 3 */
        copies: z.number().int().min(1).max(5).default(3),
        /** Used where a claim names no class. @default false */
        default: z.boolean().default(false),
        /** What becomes of a device when its claim goes. @default Delete */
        reclaimPolicy: z.enum(["Delete", "Retain"]).default("Delete"),
      }),
    )
    .default([{ name: "ceph-block", copies: 3, default: true, reclaimPolicy: "Delete" }]),
  /** A file system that many pods mount at once, with the storage class `ceph-filesystem`. @default false */
  fileSystem: z.boolean().default(false),
  /** Snapshot classes for the pools and the file system. @default false */
  snapshots: z.boolean().default(false),
  /** Encrypts the disks. @default false */
  encrypted: z.boolean().default(false),
});
type Settings = z.output<typeof settings>;

const namespace = "rook-ceph";

export default defineAddon({
  name: "rook-ceph-cluster",
  description: "Ceph cluster on chosen disks, with pools, storage classes and a file system",
  sources: [
    "https://github.com/rook/rook, v1.19.10: deploy/charts/rook-ceph-cluster/values.yaml, templates/",
    "https://github.com/rook/rook, v1.19.10: Documentation/CRDs/Cluster/ceph-cluster-crd.md: storage selection, network settings",
    "https://github.com/siderolabs/talos, v1.11.5: internal/integration/k8s/testdata/rook-ceph-cluster-values.yaml",
  ],
  chart: { repository: "https://charts.rook.io/release", name: "rook-ceph-cluster", version: "v1.19.10" },
  valueKeys: `cephBlockPools cephBlockPoolsVolumeSnapshotClass cephClusterMetadata cephClusterSpec cephECBlockPools
    cephFileSystemVolumeSnapshotClass cephFileSystems cephImage cephObjectStores clusterName configOverride
    csiDriverNamePrefix ingress kubeVersion monitoring operatorNamespace revisionHistoryLimit route
    toolbox`.split(/\s+/),
  namespace: { name: namespace, podSecurity: "privileged" },
  settings,
  example: { disks: { by: "path", filter: "^/dev/disk/by-path/.*scsi-1$" } },
  check,
  values: (facts, chosen) => ({
    operatorNamespace: namespace,
    cephClusterSpec: clusterSpec(facts, chosen),
    cephBlockPools: chosen.blockPools.map(blockPool),
    cephFileSystems: chosen.fileSystem ? [fileSystem] : [],
    // Buckets are another add-on's.
    cephObjectStores: [],
    cephBlockPoolsVolumeSnapshotClass: { enabled: chosen.snapshots, isDefault: chosen.snapshots },
    cephFileSystemVolumeSnapshotClass: { enabled: chosen.snapshots && chosen.fileSystem, isDefault: false },
  }),
  needs: (_, { snapshots }) => [
    { capability: "cni" },
    { capability: "crd:ceph.rook.io" },
    ...(snapshots
      ? [
          {
            capability: "crd:snapshot.storage.k8s.io",
            otherwise: "or set addons.rook-ceph-cluster.settings.snapshots to false",
          },
        ]
      : []),
  ],
  provides: (_, { blockPools, fileSystem: shared }) => [
    ...new Set([
      ...blockPools.flatMap((pool) => storageClass(pool.name, pool.default)),
      ...(shared ? storageClass(fileSystem.name as string, false) : []),
    ]),
  ],
  providesWith: { "default-storage-class": "blockPools[0].default" },
  // The operator starts the daemons, after Helm is done.
  workloads: () => [],
  selectedBy: [{ "rook-ceph": "true" }],
});

/** Rook passes over nodes that it does not find, and Ceph waits for ever for a node to put the next copy on. */
function check(facts: ClusterFacts, { disks, blockPools, fileSystem: shared }: Settings): Problem[] {
  const named = disks.by === "node" ? Object.keys(disks.devices) : undefined;
  const names = facts.nodes.map(({ name }) => name);
  const places = named?.length ?? placesOf(facts);
  const allowed = `1 to ${places}`;
  return [
    ...(named ?? []).flatMap((name) => unknownName(`disks.devices.${name}`, name, "node", names)),
    ...blockPools.flatMap(({ copies }, index): Problem[] =>
      copies <= places
        ? []
        : [
            {
              path: `blockPools[${index}].copies`,
              value: copies,
              message: "are more than the nodes with disks",
              allowed,
            },
          ],
    ),
    ...secondDefaults("blockPools", blockPools),
    ...(shared && places < 3
      ? [
          {
            path: "fileSystem",
            value: true,
            message: "keeps three copies, each on a node of its own",
            allowed: "false",
          },
        ]
      : []),
  ];
}

/** Budgets, priorities and requests of daemons are the chart's: Rook keeps a budget that follows the state of the data. */
function clusterSpec(facts: ClusterFacts, { disks, encrypted }: Settings): Values {
  const places = placesOf(facts);
  const { podSubnets } = facts.addresses;
  return {
    // Three keep a majority when one is lost; on fewer nodes there is no majority to keep.
    mon: { count: places >= 3 ? 3 : 1, allowMultiplePerNode: false },
    mgr: { count: Math.min(2, places), allowMultiplePerNode: false },
    // Daemons listen on one family: the nodes' first.
    network: { ipFamily: podSubnets[0]?.includes(":") ? "IPv6" : "IPv4" },
    storage: {
      ...(disks.by === "path"
        ? { useAllNodes: true, useAllDevices: false, devicePathFilter: disks.filter }
        : {
            useAllNodes: false,
            useAllDevices: false,
            nodes: Object.entries(disks.devices)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([name, devices]) => ({ name, devices: devices.map((device) => ({ name: device })) })),
          }),
      ...(encrypted ? { config: { encryptedDevice: "true" } } : {}),
    },
  };
}

/** Secrets that Rook makes for the CSI plugin, for one kind of volume. */
function csiSecrets(kind: "rbd" | "cephfs"): Values {
  const roles = {
    provisioner: "provisioner",
    "controller-expand": "provisioner",
    ...(kind === "rbd" ? { "controller-publish": "provisioner" } : {}),
    "node-stage": "node",
  };
  return Object.fromEntries(
    Object.entries(roles).flatMap(([use, role]) => [
      [`csi.storage.k8s.io/${use}-secret-name`, `rook-csi-${kind}-${role}`],
      [`csi.storage.k8s.io/${use}-secret-namespace`, namespace],
    ]),
  );
}

function blockPool({ name, copies, default: isDefault, reclaimPolicy }: Settings["blockPools"][number]): Values {
  return {
    name,
    spec: { failureDomain: "host", replicated: { size: copies, requireSafeReplicaSize: copies > 1 } },
    storageClass: {
      enabled: true,
      name,
      isDefault,
      reclaimPolicy,
      allowVolumeExpansion: true,
      volumeBindingMode: "Immediate",
      parameters: {
        imageFormat: "2",
        imageFeatures: "layering",
        ...csiSecrets("rbd"),
        "csi.storage.k8s.io/fstype": "ext4",
      },
    },
  };
}

const fileSystem: Values = {
  name: "ceph-filesystem",
  spec: {
    metadataPool: { replicated: { size: 3 } },
    dataPools: [{ name: "data0", failureDomain: "host", replicated: { size: 3 } }],
    metadataServer: {
      activeCount: 1,
      activeStandby: true,
      priorityClassName: "system-cluster-critical",
      resources: { requests: { cpu: "500m", memory: "1Gi" }, limits: { memory: "4Gi" } },
    },
  },
  storageClass: {
    enabled: true,
    name: "ceph-filesystem",
    pool: "data0",
    isDefault: false,
    reclaimPolicy: "Delete",
    allowVolumeExpansion: true,
    volumeBindingMode: "Immediate",
    parameters: csiSecrets("cephfs"),
  },
};
