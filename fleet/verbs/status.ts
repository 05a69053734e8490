import { summaryOf } from "../summary/collect.ts";
import type { Work } from "./context.ts";

/** Shows a stack as it was brought up, without running its program. */
export async function status(work: Work): Promise<void> {
  const { engine, folders } = work.context;
  work.begin("looking");
  const stack = await engine.open(work.stack);
  const outputs = stack ? await stack.outputs() : {};
  work.outcome.summary = await summaryOf(folders, work.stack, outputs);
  work.outcome.result = work.outcome.summary ? "shown" : "absent";
}
