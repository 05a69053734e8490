import { z } from "zod";
import { placesOf } from "../../scheduling.ts";
import { defineAddon } from "../addon.ts";
import { missingExtensions } from "../extensions.ts";
import { storageClass } from "../named-things.ts";
import { nodeFolder } from "../node-folder.ts";
import { copiesOf } from "../placement.ts";

const settings = z.strictObject({
  /**
   * Folder that volumes' copies are kept in on every node. A user volume of the nodes is at `/var/mnt/<its name>`; the
   * default shares the system disk with everything else. @default /var/lib/longhorn
   */
  dataPath: z
    .string()
    .regex(/^\/var\/\S*[^/]$/, "a folder below /var, where Talos lets data be written")
    .default("/var/lib/longhorn"),
  /** Copies of each volume, on as many nodes. @default 3, or the number of nodes that take pods when there are fewer */
  copies: z.number().int().min(1).max(20).optional(),
  /** The storage class `longhorn` is used where a claim names none. @default true */
  defaultClass: z.boolean().default(true),
  /** What becomes of a volume when its claim goes. @default Delete */
  reclaimPolicy: z.enum(["Delete", "Retain"]).default("Delete"),
});

export default defineAddon({
  name: "longhorn",
  description: "replicated volumes on the nodes' own disks",
  sources: [
    "https://github.com/longhorn/longhorn, v1.12.1: chart/values.yaml, chart/Chart.yaml: Kubernetes 1.25 and newer, chart/templates/crds.yaml",
    "https://github.com/longhorn/website, content/docs/1.12.1/important-notes/_index.md: two address families where all nodes have the same one first",
    "https://github.com/longhorn/website, content/docs/1.12.1/advanced-resources/os-distro-specific/talos-linux-support.md: extensions, mounts, privileged namespace",
    "https://github.com/longhorn/website, content/docs/1.12.1/references/settings.md: node drain policy",
  ],
  // Up to 1.11 clusters of two address families are not supported; 1.11.3, 1.13 and newer need Kubernetes 1.34.
  chart: { repository: "https://charts.longhorn.io", name: "longhorn", version: "1.12.1" },
  valueKeys:
    `annotations csi defaultBackupStore defaultSettings enableGoCoverDir enablePSP extraObjects global httproute
    image ingress longhornDriver longhornManager longhornUI metrics namespaceOverride networkPolicies openshift
    persistence preUpgradeChecker privateRegistry service serviceAccount`.split(/\s+/),
  // The manager mounts and formats disks of the host.
  namespace: { name: "longhorn-system", podSecurity: "privileged" },
  settings,
  // Priorities and disruption budgets are Longhorn's own: budgets follow where the last copy of a volume is.
  values: (facts, { dataPath, copies, defaultClass, reclaimPolicy }) => {
    const replicas = copies ?? Math.max(1, Math.min(3, placesOf(facts)));
    return {
      persistence: { defaultClass, defaultClassReplicaCount: replicas, reclaimPolicy },
      defaultSettings: {
        defaultDataPath: dataPath,
        defaultReplicaCount: replicas,
        // By default a node with the last copy of a volume cannot be drained; where there is one node or one copy, each
        // node that keeps volumes has last copies.
        ...(placesOf(facts) === 1 || replicas === 1 ? { nodeDrainPolicy: "allow-if-replica-is-stopped" } : {}),
        // Versions are pinned here, and nothing calls home.
        upgradeChecker: false,
        allowCollectingLonghornUsageMetrics: false,
      },
      // An engine that renders the chart itself would run this job before there is anything that it may run as. The manager
      // looks at the version, too, when it starts.
      preUpgradeChecker: { jobEnabled: false },
      longhornManager: { resources: { requests: { cpu: "100m", memory: "256Mi" } } },
      longhornUI: { replicas: copiesOf(facts) },
      csi: { kubeletRootDir: "/var/lib/kubelet" },
    };
  },
  needs: (facts) => [
    { capability: "cni" },
    ...missingExtensions(facts, [["siderolabs/iscsi-tools"], ["siderolabs/util-linux-tools"]]),
  ],
  after: ["dns", "crd:snapshot.storage.k8s.io"],
  provides: (_, { defaultClass }) => [...storageClass("longhorn", defaultClass), "crd:longhorn.io"],
  providesWith: { "default-storage-class": "defaultClass" },
  definitions: [
    {
      group: "longhorn.io",
      version: "v1beta2",
      namespaced: `BackingImage BackingImageDataSource BackingImageManager Backup BackupBackingImage BackupTarget
        BackupVolume Engine EngineFrontend EngineImage InstanceManager Node Orphan RecurringJob Replica Setting Shard
        ShardGroup ShareManager Snapshot SupportBundle SystemBackup SystemRestore Volume VolumeAttachment`.split(/\s+/),
    },
  ],
  workloads: () => [
    { kind: "DaemonSet", name: "longhorn-manager" },
    { kind: "Deployment", name: "longhorn-driver-deployer" },
    { kind: "Deployment", name: "longhorn-ui" },
  ],
  machine: (_, { dataPath }) => [nodeFolder(dataPath, "longhorn keeps volumes there, and the kubelet mounts them")],
  selectedBy: [{ longhorn: "true" }],
  timeoutSeconds: 900,
});
