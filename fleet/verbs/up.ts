import { existsSync } from "node:fs";
import type { Downstream } from "../../stacks/downstream.ts";
import type { ClusterPlan } from "../../stacks/plan.ts";
import { type EngineStack, type OperationOptions, projectName, type StackOutputs } from "../engine.ts";
import { setLabSecrets } from "../lab/secrets.ts";
import type { DeploymentResource } from "../resume/identities.ts";
import { letGo } from "../resume/let-go.ts";
import { plainOutputs } from "../resume/repair.ts";
import { type Settled, settle, settleFailed } from "../resume/settle.ts";
import { removeTornSidecars } from "../resume/sidecars.ts";
import { clusterFiles, keepClusterFiles } from "../summary/cluster-files.ts";
import { summaryOf } from "../summary/collect.ts";
import { askFolderWarnings, machineWarnings } from "../summary/downstream-warnings.ts";
import { waitForNodes } from "../summary/wait-for-nodes.ts";
import type { Work } from "./context.ts";
import { planOf } from "./plan.ts";
import { refuseOtherTalos } from "./talos-version.ts";

/** Makes a stack what its file says, and nothing when it is so already. */
export async function up(work: Work): Promise<void> {
  const { engine, folders, request, selection, stateFolder } = work.context;
  const opening = work.begin("opening");
  if (stateFolder) removeTornSidecars(stateFolder, projectName, work.stack);
  const stack = (await engine.open(work.stack)) ?? (await engine.create(work.stack));
  work.note(await settle(stack, stateFolder, opening));
  const plan = selection.plans[work.stack];
  if (plan) await refuseOtherTalos(work, stack, plan);
  if (request.lab && plan) await setLabSecrets(stack, folders, plan);
  if (plan) work.outcome.letGo = await letGo(stack, plan);

  const outputs = await bringUp(work, stack);
  keepClusterFiles(folders, work.stack, outputs);
  if (plan && work.touched) await settleNodes(work, plan);
  work.begin("looking at the result");
  work.outcome.summary = await summaryOf(folders, work.stack, outputs);
  if (plan?.downstream) work.outcome.warnings.push(...(await downstreamWarnings(work, plan.downstream)));
}

/** What controllers make of downstream clusters is no failure of the engine's, either. */
async function downstreamWarnings(
  { context: { folders }, outcome: { summary }, stack }: Work,
  { delivery, files }: Downstream,
): Promise<string[]> {
  if (summary?.kind !== "cluster") return [];
  return [
    ...machineWarnings(stack, summary.downstream, delivery),
    ...(await askFolderWarnings(stack, clusterFiles(folders, stack).kubeconfig, Object.keys(files))),
  ];
}

async function bringUp(work: Work, stack: EngineStack): Promise<StackOutputs> {
  await planOf(work, stack);
  const plan = work.tracker;
  work.outcome.unchangedResources = plan.unchangedResources;
  work.outcome.result = work.outcome.letGo.length > 0 ? "changed" : "unchanged";
  if (plan.unchanged) return outputsOf(work, stack);
  work.touched = true;
  const outputs = await upAgain(work, stack, work.begin("bringing up", plan.resources));
  work.outcome.result = "changed";
  return outputs;
}

/**
 * Outputs of a stack that is as it should be. Secret ones are asked for only when the files made of them are missing,
 * because with a passphrase the engine needs longer for its key than for all the rest.
 */
async function outputsOf({ context, stack: name }: Work, stack: EngineStack): Promise<StackOutputs> {
  const complete = !context.selection.plans[name] || existsSync(clusterFiles(context.folders, name).kubeconfig);
  const known = complete ? plainOutputs(stack.opened) : undefined;
  return known ?? stack.outputs();
}

/**
 * Brings a stack up, and once more whenever a create failed whose object is there all the same and is the stack's own: the
 * answer was lost, or a run before this one could not record it.
 */
async function upAgain(work: Work, stack: EngineStack, options: OperationOptions): Promise<StackOutputs> {
  const { phase, tracker } = work;
  try {
    return await stack.up(options);
  } catch (error) {
    if (work.context.stop.run.aborted) throw error;
    const { adopted } = work.outcome;
    const failed = tracker.failedCreates.filter(({ urn }) => !adopted.includes(urn));
    if (failed.length === 0) throw error;
    const settled = await lookUp(work, stack, failed);
    const again = work.returnTo(phase, tracker);
    if (!settled || settled.adopted.length === 0) throw error;
    tracker.forgive();
    return upAgain(work, stack, again);
  }
}

/** When it cannot be looked up now, the next run does it. */
async function lookUp(work: Work, stack: EngineStack, failed: DeploymentResource[]): Promise<Settled | undefined> {
  try {
    const settled = await settleFailed(stack, failed, work.begin("looking up what failed"));
    work.note({ ...settled, cleared: [] });
    return settled;
  } catch {
    return undefined;
  }
}

/** Nodes that are not ready in time are no failure of the engine's, but somebody has to know. */
async function settleNodes(work: Work, { facts, config }: ClusterPlan): Promise<void> {
  const { kubeconfig } = clusterFiles(work.context.folders, work.stack);
  if (!existsSync(kubeconfig)) return;
  work.begin("waiting for nodes");
  const names = facts.nodes.map(({ name }) => name);
  const problems = await waitForNodes(kubeconfig, names, config.rollout.healthTimeoutSeconds, work.context.stop.run);
  if (problems.length > 0) {
    work.outcome.warnings.push(`${problems.join(", ")} after ${config.rollout.healthTimeoutSeconds} seconds`);
  }
}
