import { sharedStack } from "../../stacks/names.ts";
import { setLabSecrets } from "../lab/secrets.ts";
import { ownedInState } from "../resume/let-go.ts";
import type { Work } from "./context.ts";
import { planOf } from "./plan.ts";
import { refuseOtherTalos } from "./talos-version.ts";

/** Shows what `up` would change in a stack, and changes nothing; one that is new is made without resources to plan in. */
export async function preview(work: Work): Promise<void> {
  const { engine, folders, request, selection } = work.context;
  work.begin("opening");
  if (work.stack !== sharedStack && !(await sharedIsUp(work))) {
    work.outcome.result = "skipped";
    work.outcome.skipped = `stack "${sharedStack}" was never brought up, and it tells which images there are`;
    return;
  }
  const stack = (await engine.open(work.stack)) ?? (await engine.create(work.stack));
  const plan = selection.plans[work.stack];
  if (plan) await refuseOtherTalos(work, stack, plan);
  if (request.lab && plan) await setLabSecrets(stack, folders, plan);
  await planOf(work, stack);
  const { outcome } = work;
  if (plan) outcome.letGo = ownedInState(stack.opened, plan);
  outcome.result = work.changes.length + outcome.letGo.length > 0 ? "planned" : "unchanged";
  outcome.unchangedResources = work.tracker.unchangedResources;
}

async function sharedIsUp(work: Work): Promise<boolean> {
  const stack = await work.context.engine.open(sharedStack);
  const root = stack?.opened.deployment?.resources?.find(({ type }) => type === "pulumi:pulumi:Stack");
  return Object.keys(root?.outputs ?? {}).length > 0;
}
