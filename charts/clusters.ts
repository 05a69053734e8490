/** The clusters that the catalogue is looked at for: those of stack files, and the same with other nodes. */
import { join } from "node:path";
import type { DownstreamConfig } from "../config/downstream.ts";
import type { ClusterConfig } from "../config/index.ts";
import { checkStackFiles, readStackFiles } from "../config/load.ts";
import { type ClusterPlan, planCluster } from "../stacks/plan.ts";

/** A cluster, and how it is called where something is wrong. */
export interface NamedCluster {
  cluster: ClusterPlan;
  title: string;
}

/** Clusters by their own names. */
export function named(plans: readonly ClusterPlan[]): NamedCluster[] {
  return plans.map((cluster) => ({ cluster, title: cluster.facts.name }));
}

const examples = join(import.meta.dirname, "../examples");

/**
 * The clusters of a folder, and those of the examples.
 * @param folder has the stack files
 */
export function plannedClusters(folder: string): ClusterPlan[] {
  const site = readStackFiles(folder);
  const examples = Object.entries(exampleClusters()).filter(([stack]) => !(stack in site.clusters));
  return [...Object.keys(site.clusters).map((stack) => planCluster(stack, site)), ...examples.map(([, plan]) => plan)];
}

/** Clusters of the examples, planned without those of a folder: they may have the same ids, and other releases. */
function exampleClusters(): Record<string, ClusterPlan> {
  const { shared } = readStackFiles(join(examples, "fleet"));
  const { clusters } = checkStackFiles(join(examples, "home"));
  return Object.fromEntries(Object.keys(clusters).map((stack) => [stack, planCluster(stack, { shared, clusters })]));
}

/**
 * The clusters of a folder that make others, with what their stack files leave out: once with clusters on Harvester, a
 * Gateway and an interface for tenants, and once with a larger platform that Argo CD brings.
 * @param folder has the stack files
 */
export function variedDownstream(folder: string): NamedCluster[] {
  const { shared, clusters } = readStackFiles(folder);
  return Object.entries(clusters).flatMap(([stack, config]) => {
    const { downstream, release } = config;
    if (!downstream || Object.keys(downstream.clusters).length === 0) return [];
    const addons = { ...config.addons, ...addonsForDownstream } as typeof config.addons;
    const planned = (varied: DownstreamConfig) =>
      planCluster(stack, { shared, clusters: { ...clusters, [stack]: { ...config, addons, downstream: varied } } });
    return [
      { cluster: planned(otherDownstream(downstream, release)), title: `${stack} with other settings` },
      { cluster: planned(argoDownstream(downstream)), title: `${stack} with platforms by argocd` },
    ];
  });
}

/**
 * The clusters of a folder as they could be, with other nodes and addresses: one for every Kubernetes version.
 * @param folder has the stack files
 */
export function otherClusters(folder: string): NamedCluster[] {
  const { shared, clusters } = readStackFiles(folder);
  const plans = new Map(Object.keys(clusters).map((stack) => [planCluster(stack, { shared, clusters }), stack]));
  return firstsOf([...plans.keys()]).flatMap((plan) =>
    Object.entries(otherNodes).map(([what, nodes]) => {
      const stack = plans.get(plan) as string;
      const { downstream, ...config } = plan.config;
      const changed = { ...clusters, [stack]: { ...config, ...nodes } };
      return { cluster: planCluster(stack, { shared, clusters: changed }), title: `${stack} ${what}` };
    }),
  );
}

/** The first cluster of every Kubernetes version. */
export function firstsOf(plans: readonly ClusterPlan[]): ClusterPlan[] {
  const versions = plans.map(({ facts }) => facts.release.kubernetes);
  return plans.filter(({ facts }, index) => versions.indexOf(facts.release.kubernetes) === index);
}

/** Nodes and addresses that no stack file has, by what is other about the cluster. */
const otherNodes: Readonly<Record<string, Partial<ClusterConfig>>> = {
  "with taints": { nodes: { taints: [{ key: "dedicated", value: "platform", effect: "NoSchedule" }] } },
  "with one node and IPv6 alone": {
    controlPlanes: { count: 1 },
    workers: {},
    overrides: {},
    network: {
      mode: "external",
      bridge: "vmbr0",
      mtu: 1500,
      nodeSubnets: ["fd00:60::/64"],
      gateways: ["fd00:60::1"],
      vip: "fd00:60::10",
      podSubnets: ["fd00:60:240::/56"],
      serviceSubnets: ["fd00:60:96::/112"],
      loadBalancerRanges: ["fd00:60:1b::/120"],
    },
  },
};

/** What clusters that make others have to have for {@link otherDownstream}. */
const addonsForDownstream = {
  crossplane: true,
  "envoy-gateway": { settings: { gateway: {} } },
  "cluster-api-operator": { settings: { infrastructure: ["proxmox", "harvester"] } },
};

/** The same clusters, the first of them on Harvester, the others as the tenants' interface has them, reached by a Gateway. */
function otherDownstream(downstream: DownstreamConfig, release: string): DownstreamConfig {
  const [[first, cluster] = []] = Object.entries(downstream.clusters);
  if (!first || !cluster) return downstream;
  // A Gateway has certificates of its own.
  const { kubeRouteIssuer: _, ...others } = downstream;
  const onHarvester = { infrastructure: "harvester", writeAs: "cluster-api", controlPlanes: 3 } as const;
  return {
    ...others,
    writeAs: "tenant-cluster",
    clusters: {
      ...downstream.clusters,
      [first]: { ...cluster, ...onHarvester, workers: { min: 1, max: 3 }, renewal: 1 },
    },
    harvester: {
      server: "https://harvester.example.net:6443",
      namespace: "orrery",
      network: "orrery/vlan40",
      images: { [release]: "orrery/talos" },
      sshKeyPair: "orrery/key",
    },
    kubeRoute: "envoy-gateway-system/public",
    crossplane: true,
  };
}

/** Labels that select what needs no Secret, and nothing that excludes another. */
const platformLabels = Object.fromEntries(
  `capsule cert-manager cloudnative-pg coredns envoy-gateway metrics-server openebs reloader snapshot-controller spegel
  trust-manager volsync`
    .split(/\s+/)
    .map((name) => [name, "true"]),
);

/** The same clusters with a larger platform, which Argo CD brings. */
function argoDownstream(downstream: DownstreamConfig): DownstreamConfig {
  const labels = { ...platformLabels, istio: "ambient" };
  const clusters = Object.entries(downstream.clusters).map(([name, cluster]) => [name, { ...cluster, labels }]);
  return { ...downstream, platform: "argocd", clusters: Object.fromEntries(clusters) };
}
