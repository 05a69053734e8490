import { waitUntil } from "../../components/talos-cluster/lifecycle/wait.ts";
import { askNodeStates } from "./node-states.ts";

/**
 * Waits until all nodes of a cluster are ready: the engine is done when a new machine has its configuration, and the
 * machine installs itself after that.
 * @returns nodes that are not ready when the time is over, with their state
 * @throws the reason when the signal is aborted
 */
export function waitForNodes(
  kubeconfig: string,
  nodes: string[],
  timeoutSeconds: number,
  signal: AbortSignal,
): Promise<string[]> {
  return waitUntil(async () => {
    signal.throwIfAborted();
    const states = await askNodeStates(kubeconfig);
    if (!states) return ["the cluster does not answer"];
    return nodes.flatMap((node) => {
      const state = states.get(node) ?? "not joined";
      return state.startsWith("ready") ? [] : [`${node} is ${state}`];
    });
  }, timeoutSeconds);
}
