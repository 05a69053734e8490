import { sharedStack } from "../stacks/names.ts";

/** The order of an operation over stacks: one step after the other, the stacks of a step side by side. */
export type Steps = string[][];

/** Shared first, when it is among the stacks, then all clusters. */
export function buildOrder(stacks: string[]): Steps {
  return removalOrder(stacks).reverse();
}

/** Clusters first, then shared, when it is among the stacks. */
export function removalOrder(stacks: string[]): Steps {
  const clusters = stacks.filter((stack) => stack !== sharedStack).sort();
  return [clusters, stacks.filter((stack) => stack === sharedStack)].filter((step) => step.length > 0);
}

/**
 * Works on stacks in order, at most `parallel` at the same time. A stack that fails does not stop others of its step, but
 * the steps after it are skipped.
 * @param work answers false when the stack failed; it must not throw
 * @param skip is called for every stack that is not worked on, with the stacks that are to blame
 */
export async function runSteps(
  steps: Steps,
  parallel: number,
  work: (stack: string) => Promise<boolean>,
  skip: (stack: string, because: string[]) => void,
): Promise<void> {
  const failed: string[] = [];
  for (const step of steps) {
    if (failed.length > 0) {
      for (const stack of step) skip(stack, failed);
      continue;
    }
    const waiting = [...step];
    const worker = async (): Promise<void> => {
      for (let stack = waiting.shift(); stack !== undefined; stack = waiting.shift()) {
        if (!(await work(stack))) failed.push(stack);
      }
    };
    await Promise.all(Array.from({ length: Math.min(parallel, step.length) }, worker));
  }
}
