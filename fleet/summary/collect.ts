import { existsSync } from "node:fs";
import { sharedStack } from "../../stacks/names.ts";
import type { StackOutputs } from "../engine.ts";
import type { Folders } from "../folders.ts";
import { type ClusterSummary, clusterSummary, downstreamOf, type SharedSummary, sharedSummary } from "./cluster.ts";
import { clusterFiles } from "./cluster-files.ts";
import { askDownstreamStates } from "./downstream-states.ts";
import { askNodeStates } from "./node-states.ts";

/** Gathers what a person wants to know of a stack; undefined for one that was never brought up. */
export async function summaryOf(
  folders: Folders,
  stack: string,
  outputs: StackOutputs,
): Promise<ClusterSummary | SharedSummary | undefined> {
  if (stack === sharedStack) return sharedSummary(outputs);
  const files = clusterFiles(folders, stack);
  if (!existsSync(files.kubeconfig)) return clusterSummary(outputs, undefined, files);
  const downstream = downstreamOf(outputs);
  const [states, downstreamStates] = await Promise.all([
    askNodeStates(files.kubeconfig),
    downstream.length > 0 ? askDownstreamStates(files.kubeconfig, downstream) : undefined,
  ]);
  return clusterSummary(outputs, states, files, downstreamStates);
}
