import type { EngineStack, StackOutputs } from "../engine.ts";
import { setLabSecrets } from "../lab/secrets.ts";
import { settle } from "../resume/settle.ts";
import { keepClusterFiles } from "../summary/cluster-files.ts";
import { summaryOf } from "../summary/collect.ts";
import type { Work } from "./context.ts";

/** Makes a stack what its file says, and nothing when it is so already. */
export async function up(work: Work): Promise<void> {
  const { engine, folders, request, selection, stateFolder } = work.context;
  const opening = work.begin("opening");
  const stack = (await engine.open(work.stack)) ?? (await engine.create(work.stack));
  Object.assign(work.outcome, await settle(stack, stateFolder, opening));
  const plan = selection.plans[work.stack];
  if (request.lab && plan) await setLabSecrets(stack, folders, plan.addons);

  const outputs = await bringUp(work, stack);
  work.begin("looking at the result");
  keepClusterFiles(folders, work.stack, outputs);
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
