import type { ClusterFacts, MachineRequirement, NodePlan } from "../../../../components/facts.ts";
import { clusterPatches } from "../../../../components/talos-cluster/machine-config/patches.ts";
import type { ClusterConfig, SharedConfig } from "../../../../config/index.ts";
import { clusterConfig, clusterFacts, home, shared } from "./fixtures.ts";

/** Everything that a cluster may say of its machines. */
const everything = {
  purpose: "Test & play",
  owner: "platform",
  contacts: ["platform@example.net"],
  nodes: {
    watchdog: true,
    labels: { tier: "test" },
    annotations: { note: "x" },
    taints: [{ key: "dedicated", value: "test", effect: "NoSchedule" }],
    sysctls: { "vm.max_map_count": "262144" },
    userVolumes: [{ name: "data", diskMatch: "!system_disk", minSizeGiB: 10, maxSizeGiB: 20 }],
    patches: [{ machine: { sysctls: { "fs.inotify.max_user_watches": "1048576" } } }],
  },
  machine: {
    dnsServers: ["fd00::53"],
    searchDomains: ["example.net"],
    scheduleOnControlPlanes: true,
    exposeControlPlaneMetrics: true,
    certificateNames: ["api.example.net"],
    diskEncryption: "nodeID",
    registryMirrors: { "docker.io": ["https://mirror.example.net"] },
    oidc: { issuerUrl: "https://id.example.net", clientId: "kubernetes" },
    auditPolicy: { apiVersion: "audit.k8s.io/v1", kind: "Policy", rules: [{ level: "RequestResponse" }] },
    patches: [{ apiVersion: "v1alpha1", kind: "KmsgLogConfig", name: "logs", url: "tcp://[fd00::1]:3478" }],
    controlPlanePatches: [{ cluster: { apiServer: { extraArgs: { "event-ttl": "4h" } } } }],
    workerPatches: [{ machine: { kubelet: { extraArgs: { v: "4" } } } }],
  },
};

const clusters: Record<string, ClusterConfig> = {
  sol: clusterConfig({ overrides: { solwk01: { gpu: { mapping: "igpu" } } } }),
  luna: clusterConfig({ id: 102, ...everything }),
  terra: clusterConfig({ id: 103, release: "candidate", network: { mode: "vlan", bgp: { bfd: true } } }),
  ceres: clusterConfig({ id: 104, release: "candidate", ...everything }),
  home,
};
const requirements: MachineRequirement[] = [
  { nodes: "controlplane", patch: { cluster: { coreDNS: { disabled: true } } }, reason: "another DNS service" },
  { nodes: { name: "solwk01" }, patch: { machine: { nodeLabels: { gpu: "intel" } } }, reason: "a plugin looks for it" },
  {
    nodes: "all",
    patch: { machine: { kubelet: { extraArgs: { "rotate-server-certificates": "true" } } } },
    reason: "certificates are approved",
  },
];

/** The patches of a node, and what they are for. */
export interface NodePatches {
  node: NodePlan;
  patches: string[];
  talos: string;
  kubernetes: string;
}

/** The patches of all nodes of one of the clusters. */
export function patchesOf(cluster: string): NodePatches[] {
  const config = clusters[cluster] as ClusterConfig;
  return nodePatches(clusterFacts(config, cluster), config, shared, requirements);
}

/** The patches of all nodes of a cluster. */
export function nodePatches(
  facts: ClusterFacts,
  config: ClusterConfig,
  shared: SharedConfig,
  requirements: MachineRequirement[],
): NodePatches[] {
  const { talos, kubernetes } = facts.release;
  const patches = clusterPatches({ facts, config, shared, requirements });
  return facts.nodes.map((node) => ({
    node,
    patches: patches.of({ node, installer: `registry.example.net/talos/installer:${talos}` }),
    talos,
    kubernetes,
  }));
}
