import type { NodePlan } from "../facts.ts";

/**
 * Which node has to be well before another one may be changed: control planes one after the other, then workers, of which
 * `workersAtOnce` may be on their way together.
 *
 * @returns the name of the node before it, by node name; the first one has none
 */
export function rolloutPredecessors(nodes: NodePlan[], workersAtOnce: number): Map<string, string | undefined> {
  const controlPlanes = nodes.filter(({ role }) => role === "controlplane").map(({ name }) => name);
  const workers = nodes.filter(({ role }) => role === "worker").map(({ name }) => name);
  return new Map([
    ...controlPlanes.map((name, index) => [name, controlPlanes[index - 1]] as const),
    ...workers.map((name, index) => [name, workers[index - workersAtOnce] ?? controlPlanes.at(-1)] as const),
  ]);
}

/** Nodes in the order of the rollout: every node after its predecessor. */
export function rolloutOrder(nodes: NodePlan[]): NodePlan[] {
  return [...nodes.filter(({ role }) => role === "controlplane"), ...nodes.filter(({ role }) => role === "worker")];
}
