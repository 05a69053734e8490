import type { ClusterFacts, NodePlan } from "./facts.ts";

/**
 * Whether ordinary pods run on control planes: where the stack file says so, and where there is no other node for them.
 * @param said `machine.scheduleOnControlPlanes`
 */
export function podsOnControlPlanes(said: boolean | undefined, nodes: readonly Pick<NodePlan, "role">[]): boolean {
  return said ?? !nodes.some(({ role }) => role === "worker");
}

/** Number of nodes that take ordinary pods, which tolerate no taint. */
export function placesOf({ nodes, ...facts }: Pick<ClusterFacts, "nodes" | "podsOnControlPlanes">): number {
  const onAll = podsOnControlPlanes(facts.podsOnControlPlanes, nodes);
  return nodes.filter((node) => (node.role === "worker" || onAll) && !repelsPods(node)).length;
}

function repelsPods({ settings }: NodePlan): boolean {
  return (settings.taints ?? []).some(({ effect }) => effect !== "PreferNoSchedule");
}
