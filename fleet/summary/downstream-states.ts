import {
  inWords,
  type Machine,
  parseMachines,
  resourceTypes,
} from "../../components/downstream-clusters/lifecycle/machines.ts";
import { askCluster } from "./ask-cluster.ts";

/** Asks a management cluster how far the machines of its downstream clusters are; in words, by cluster. */
export async function askDownstreamStates(
  kubeconfig: string,
  clusters: readonly string[],
): Promise<Map<string, string> | undefined> {
  const text = await askCluster(kubeconfig, "get", resourceTypes.machine, "--all-namespaces", "--output", "json");
  if (text === undefined) return undefined;
  const machines = parseMachines(text);
  return new Map(clusters.map((name) => [name, stateOf(machines.filter(({ cluster }) => cluster === name))]));
}

/** How a cluster is that has none. */
export const noMachines = "no machines";

/** `2 of 3 machines ready (not media-workers-x7k2p (Provisioned))`. */
export function stateOf(machines: readonly Machine[]): string {
  if (machines.length === 0) return noMachines;
  const missing = machines.filter(({ ready }) => !ready);
  const ready = `${machines.length - missing.length} of ${machines.length} machines ready`;
  return missing.length > 0 ? `${ready}, not ${inWords(missing)}` : ready;
}
