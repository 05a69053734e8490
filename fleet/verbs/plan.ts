import { lostEngine } from "../../stacks/names.ts";
import type { EngineStack } from "../engine.ts";
import type { Work } from "./context.ts";

/** Plans what the stack's program wants, and once more when the program lost its engine: nothing was changed. */
export async function planOf(work: Work, stack: EngineStack): Promise<void> {
  try {
    await stack.preview(work.begin("planning"));
  } catch (error) {
    const lost = error instanceof Error && error.message.includes(lostEngine);
    if (!lost || work.context.stop.run.aborted) throw error;
    await stack.preview(work.begin("planning"));
  }
}
