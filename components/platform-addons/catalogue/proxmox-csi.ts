import { z } from "zod";
import type { Problem } from "../../../config/problems.ts";
import { defineAddon, secretPlaceholder } from "../addon.ts";
import { secondDefaults, storageClass as storageClassOf } from "../named-things.ts";
import { tolerationsOf } from "../placement.ts";

const storageClass = z.strictObject({
  name: z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "lower-case letters, digits and dashes"),
  /** Storage on Proxmox that the disks are made on. */
  storage: z.string().min(1),
  /** Used where a claim names no class. @default false */
  default: z.boolean().default(false),
  /** @default ext4 */
  filesystem: z.enum(["ext4", "xfs"]).default("ext4"),
  /** What becomes of a disk when its claim goes. @default Delete */
  reclaimPolicy: z.enum(["Delete", "Retain"]).default("Delete"),
  /** Presents the disk as an SSD. @default true */
  ssd: z.boolean().default(true),
  /** Proxmox' cache mode. @default none */
  cache: z.enum(["none", "directsync", "writethrough", "writeback"]).default("none"),
});

const settings = z.strictObject({
  /** Proxmox API as pods reach it: `https://pve01.example.net:8006/api2/json`. */
  url: z.url({ protocol: /^https$/ }),
  /** Skips verification of the API's certificate. @default false */
  insecure: z.boolean().default(false),
  /** Name of the API token whose secret stands in `orrery:proxmoxCsiToken`. @default kubernetes-csi@pve!csi */
  tokenId: z
    .string()
    .regex(/^[^!@\s]+@[^!@\s]+![^!@\s]+$/, 'a token such as "kubernetes-csi@pve!csi"')
    .default("kubernetes-csi@pve!csi"),
  /** Topology region: names the Proxmox cluster. @default proxmox */
  region: z.string().default("proxmox"),
  storageClasses: z.array(storageClass).min(1),
});

const regionLabel = "topology.kubernetes.io/region";

const noHosts: Problem = {
  path: "",
  message: "are for disks of VMs whose host is known here, and no node is one",
  hint: "take longhorn, rook-ceph-cluster or openebs",
};

const configSecret = "proxmox-csi-plugin";
const controlPlane = "node-role.kubernetes.io/control-plane";

export default defineAddon({
  name: "proxmox-csi",
  description: "persistent volumes as disks on Proxmox storages",
  sources: [
    "https://github.com/sergelogvinov/proxmox-csi-plugin, v0.19.1: charts/proxmox-csi-plugin 0.5.9, docs/install.md, docs/options-node.md, pkg/csi/node.go: nodes without region and zone are refused",
    // Why nodes are emptied before their disks change: docs/decisions/disks-of-pods.md.
    "https://github.com/sergelogvinov/proxmox-csi-plugin, v0.19.1: pkg/csi/utils.go: volumes take the first free interface from scsi1 on; pkg/config/config.go: they belong to VM id 9999",
  ],
  chart: { repository: "oci://ghcr.io/sergelogvinov/charts", name: "proxmox-csi-plugin", version: "0.5.9" },
  valueKeys: `affinity clusterID config configFile controller createNamespace existingConfigSecret
    existingConfigSecretKey extraVolumeMounts extraVolumes fullnameOverride hostAliases imagePullSecrets initContainers
    livenessprobe logVerbosityLevel metrics nameOverride node nodeSelector options podAnnotations podLabels
    podSecurityContext priorityClassName provisionerName replicaCount securityContext serviceAccount storageClass timeout
    tolerations updateStrategy`.split(/\s+/),
  // The node plugin mounts disks for all pods.
  namespace: { name: "csi-proxmox", podSecurity: "privileged" },
  settings,
  example: {
    url: "https://pve01.example.net:8006/api2/json",
    storageClasses: [{ name: "fast", storage: "rbd-vm" }],
  },
  check: ({ nodes }, { storageClasses }) => [
    ...(nodes.some(({ vm }) => vm) ? [] : [noHosts]),
    ...secondDefaults("storageClasses", storageClasses),
  ],
  values: ({ nodes }, { region, ...chosen }) => ({
    // Without it the chart puts the release's name before its own.
    fullnameOverride: "proxmox-csi-plugin",
    existingConfigSecret: configSecret,
    existingConfigSecretKey: "config.yaml",
    // Control planes are the nodes that every firewall lets reach the Proxmox API.
    nodeSelector: { [controlPlane]: "" },
    tolerations: [{ key: controlPlane, operator: "Exists", effect: "NoSchedule" }],
    node: {
      plugin: { resources: { requests: { cpu: "10m", memory: "32Mi" } } },
      // Where no host is known there are no disks, and the plugin would fail; where there are some, no taint keeps it away.
      nodeSelector: { [regionLabel]: region },
      tolerations: tolerationsOf(nodes),
    },
    storageClass: chosen.storageClasses.map((entry) => ({
      name: entry.name,
      storage: entry.storage,
      fstype: entry.filesystem,
      reclaimPolicy: entry.reclaimPolicy,
      cache: entry.cache,
      ssd: entry.ssd,
      ...(entry.default ? { annotations: { "storageclass.kubernetes.io/is-default-class": "true" } } : {}),
    })),
  }),
  needs: () => [{ capability: "cni" }],
  after: ["dns"],
  provides: (_, { storageClasses }) => [
    ...new Set(storageClasses.flatMap((entry) => storageClassOf(entry.name, entry.default))),
  ],
  providesWith: { "default-storage-class": "storageClasses[0].default" },
  workloads: () => [
    { kind: "Deployment", name: "proxmox-csi-plugin-controller" },
    { kind: "DaemonSet", name: "proxmox-csi-plugin-node" },
  ],
  secrets: (_, { url, insecure, tokenId, region }) => [
    {
      configKey: "proxmoxCsiToken",
      description: `secret of the Proxmox API token ${tokenId}`,
      name: configSecret,
      namespace: "csi-proxmox",
      keys: {
        // JSON is YAML as well, and leaves no question of quoting.
        "config.yaml": JSON.stringify({
          clusters: [{ url, insecure, token_id: tokenId, token_secret: secretPlaceholder, region }],
        }),
      },
    },
  ],
  // The plugin finds a node's disks by the host that the node runs on.
  machine: ({ nodes }, { region }) =>
    nodes.flatMap(({ name, vm }) =>
      vm
        ? [
            {
              nodes: { name },
              patch: {
                machine: {
                  nodeLabels: { [regionLabel]: region, "topology.kubernetes.io/zone": vm.host },
                },
              },
              reason: "proxmox-csi attaches disks on the node's host",
            },
          ]
        : [],
    ),
  selectedBy: [{ "proxmox-csi": "true" }],
});
