import { existsSync } from "node:fs";
import type { ClusterPlan } from "../../stacks/plan.ts";
import { type EngineStack, projectName, type StackOutputs } from "../engine.ts";
import { setLabSecrets } from "../lab/secrets.ts";
import { settle } from "../resume/settle.ts";
import { removeTornSidecars } from "../resume/sidecars.ts";
import { clusterFiles, keepClusterFiles } from "../summary/cluster-files.ts";
import { summaryOf } from "../summary/collect.ts";
import { waitForNodes } from "../summary/wait-for-nodes.ts";
import type { Work } from "./context.ts";

/** Makes a stack what its file says, and nothing when it is so already. */
export async function up(work: Work): Promise<void> {
  const { engine, folders, request, selection, stateFolder } = work.context;
  const opening = work.begin("opening");
  if (stateFolder) removeTornSidecars(stateFolder, projectName, work.stack);
  const stack = (await engine.open(work.stack)) ?? (await engine.create(work.stack));
  Object.assign(work.outcome, await settle(stack, stateFolder, opening));
  const plan = selection.plans[work.stack];
  if (request.lab && plan) await setLabSecrets(stack, folders, plan.addons);

  const outputs = await bringUp(work, stack);
  keepClusterFiles(folders, work.stack, outputs);
  if (plan && work.touched) await settleNodes(work, plan);
  work.begin("looking at the result");
  work.outcome.summary = await summaryOf(folders, work.stack, outputs);
}

async function bringUp(work: Work, stack: EngineStack): Promise<StackOutputs> {
  await stack.preview(work.begin("planning"));
  const plan = work.tracker;
  work.outcome.unchangedResources = plan.unchangedResources;
  work.outcome.result = "unchanged";
  if (plan.unchanged) return stack.outputs();
  work.touched = true;
  const outputs = await stack.up(work.begin("bringing up", plan.resources));
  work.outcome.result = "changed";
  return outputs;
}

/** Nodes that are not ready in time are no failure of the engine's, but somebody has to know. */
async function settleNodes(work: Work, { facts, config }: ClusterPlan): Promise<void> {
  const { kubeconfig } = clusterFiles(work.context.folders, work.stack);
  if (!existsSync(kubeconfig)) return;
  work.begin("waiting for nodes");
  const names = facts.nodes.map(({ name }) => name);
  const problems = await waitForNodes(kubeconfig, names, config.rollout.healthTimeoutSeconds);
  if (problems.length > 0) {
    work.outcome.warnings.push(`${problems.join(", ")} after ${config.rollout.healthTimeoutSeconds} seconds`);
  }
}
