import { existsSync } from "node:fs";
import { sharedStack } from "../../stacks/names.ts";
import type { StackOutputs } from "../engine.ts";
import type { Folders } from "../folders.ts";
import { type ClusterSummary, clusterSummary, type SharedSummary, sharedSummary } from "./cluster.ts";
import { clusterFiles } from "./cluster-files.ts";
import { askNodeStates } from "./node-states.ts";

/** Gathers what a person wants to know of a stack; undefined for one that was never brought up. */
export async function summaryOf(
  folders: Folders,
  stack: string,
  outputs: StackOutputs,
): Promise<ClusterSummary | SharedSummary | undefined> {
  if (stack === sharedStack) return sharedSummary(outputs);
  const files = clusterFiles(folders, stack);
  const states = existsSync(files.kubeconfig) ? await askNodeStates(files.kubeconfig) : undefined;
  return clusterSummary(outputs, states, files);
}
