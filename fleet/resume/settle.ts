import type { EngineStack, OperationOptions } from "../engine.ts";
import { projectName } from "../engine.ts";
import { isStale, locksOf } from "./locks.ts";
import { type Repair, repair } from "./repair.ts";

/** What an interrupted run had left behind and how it was settled, by URN. */
export interface Settled {
  adopted: string[];
  cleared: string[];
}

/**
 * Makes a stack ready for the next operation after a run that was killed: takes away the lock of a dead process, and
 * looks up what may have been created without being recorded.
 * @param stateFolder is where the backend keeps files; undefined when it is no backend of files
 */
export async function settle(
  stack: EngineStack,
  stateFolder: string | undefined,
  options: OperationOptions,
): Promise<Settled> {
  if (stateFolder) await breakStaleLocks(stack, stateFolder);
  if (isSettled(repair(stack.opened))) return { adopted: [], cleared: [] };
  // What was read before the locks were looked at may be of somebody else's run that has ended since.
  const before = await stack.exportState();
  const repaired = repair(before);
  if (isSettled(repaired)) return { adopted: [], cleared: [] };
  const { state, adopted, cleared } = repaired;
  await stack.importState(state);
  if (adopted.length > 0) {
    try {
      await stack.refresh(
        adopted.map(({ urn }) => urn),
        options,
      );
    } catch (error) {
      // Nobody knows yet what exists: the next run has to ask again.
      await stack.importState(before);
      throw error;
    }
  }
  const after = await stack.exportState();
  const present = new Set(after.deployment?.resources?.map(({ urn }) => urn));
  return {
    adopted: adopted.map(({ urn }) => urn).filter((urn) => present.has(urn)),
    cleared: [...cleared.map(({ urn }) => urn), ...adopted.map(({ urn }) => urn).filter((urn) => !present.has(urn))],
  };
}

function isSettled({ adopted, cleared }: Repair): boolean {
  return adopted.length === 0 && cleared.length === 0;
}

async function breakStaleLocks(stack: EngineStack, folder: string): Promise<void> {
  const locks = locksOf(folder, projectName, stack.name);
  const alive = locks.find((lock) => !isStale(lock));
  if (alive) {
    throw new Error(
      `stack "${stack.name}" is locked by process ${alive.pid} of ${alive.username} on ${alive.hostname}; ` +
        `wait for it, or, when it is gone: pulumi cancel --stack ${stack.name}`,
    );
  }
  if (locks.length > 0) await stack.cancel();
}
