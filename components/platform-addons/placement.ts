import type { ClusterFacts, NodePlan } from "../facts.ts";
import { placesOf } from "../scheduling.ts";
import type { KubernetesObject } from "./addon.ts";

type Nodes = Pick<ClusterFacts, "nodes" | "podsOnControlPlanes">;

/**
 * Copies of a workload: as many as are said, or two where there are two nodes to put them on.
 * @param places nodes that take the workload; those that take ordinary pods, unless it goes to control planes as well
 */
export function copiesOf(facts: Nodes, said?: number, places = placesOf(facts)): number {
  return said ?? Math.max(1, Math.min(2, places));
}

/**
 * Whether a disruption budget does what it is for: while one copy is moved, another one works. On a single node there is
 * nowhere to move to, and a budget would do nothing but keep the node from being drained.
 */
export function movesOneByOne(facts: Nodes, copies: number, places = placesOf(facts)): boolean {
  return copies > 1 && places > 1;
}

/** A disruption budget, for charts that have none; nothing where it would be of no use. */
export function budgetOf(
  facts: Nodes,
  copies: number,
  { name, namespace, matchLabels }: { name: string; namespace: string; matchLabels: Record<string, string> },
  places?: number,
): KubernetesObject[] {
  if (!movesOneByOne(facts, copies, places)) return [];
  return [
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name, namespace },
      spec: { maxUnavailable: 1, selector: { matchLabels } },
    },
  ];
}

/**
 * Spreads the copies of a workload over nodes as far as there are nodes; a cluster of one node still gets them all.
 *
 * @param matchLabels labels of the workload's pods
 */
export function spreadOverNodes(matchLabels: Record<string, string>): Record<string, unknown>[] {
  return [
    {
      maxSkew: 1,
      topologyKey: "kubernetes.io/hostname",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels },
    },
  ];
}

/** What pods tolerate that have to run on these nodes: the taints that the stack file gives them, each once. */
export function tolerationsOf(nodes: readonly NodePlan[]): { key: string; operator: "Exists"; effect: string }[] {
  const taints = nodes.flatMap(({ settings }) => settings.taints ?? []);
  const places = new Set(taints.map(({ key, effect }) => `${key} ${effect}`));
  return [...places].sort().map((place) => {
    const [key = "", effect = ""] = place.split(" ");
    return { key, operator: "Exists", effect };
  });
}

/** What services for users ask for: both families where the cluster has both. */
export function serviceFamilies(serviceSubnets: readonly string[]): { ipFamilyPolicy: string; ipFamilies: string[] } {
  return {
    ipFamilyPolicy: serviceSubnets.length > 1 ? "RequireDualStack" : "SingleStack",
    ipFamilies: serviceSubnets.map((cidr) => (cidr.includes(":") ? "IPv6" : "IPv4")),
  };
}
