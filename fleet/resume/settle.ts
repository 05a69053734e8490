import type { EngineStack, OperationOptions } from "../engine.ts";
import { projectName } from "../engine.ts";
import { noteFailed } from "./failed.ts";
import type { DeploymentResource } from "./identities.ts";
import { isStale, locksOf } from "./locks.ts";
import { readNotes, removeNotes, withNotes, writeNotes } from "./notes.ts";
import { dropForeign, type ExportedState, type Repair, repair } from "./repair.ts";

/** What an interrupted run had left behind and how it was settled, by URN. */
export interface Settled {
  adopted: string[];
  cleared: string[];
  /** Objects that exist and are somebody else's, in whole sentences; they were left alone. */
  refused: string[];
}

const nothing: Settled = { adopted: [], cleared: [], refused: [] };

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
  const notes = readNotes(stack.notesFile);
  if (notes.length === 0 && isSettled(repair(stack.opened))) return nothing;
  // What was read before the locks were looked at may be of somebody else's run that has ended since.
  return settleState(stack, withNotes(await stack.exportState(), notes), options);
}

/**
 * Looks up what may exist although its create failed, because the answer was lost on its way, and takes over what is this
 * stack's own.
 * @param failed has what the engine was about to record
 */
export async function settleFailed(
  stack: EngineStack,
  failed: DeploymentResource[],
  options: OperationOptions,
): Promise<Settled> {
  if (failed.length === 0) return nothing;
  const noted = noteFailed(await stack.exportState(), failed);
  return noted ? settleState(stack, noted, options) : nothing;
}

async function settleState(stack: EngineStack, before: ExportedState, options: OperationOptions): Promise<Settled> {
  const repaired = repair(before);
  if (isSettled(repaired)) {
    removeNotes(stack.notesFile);
    return nothing;
  }
  const { state, adopted, cleared } = repaired;
  const adopting = adopted.map(({ urn }) => urn);
  const open = before.deployment?.pending_operations?.filter(({ resource }) => adopting.includes(resource.urn)) ?? [];
  if (open.length > 0) writeNotes(stack.notesFile, open);
  await stack.importState(state);
  if (adopting.length > 0) {
    try {
      await stack.refresh(adopting, options);
    } catch (error) {
      // Nobody knows yet what exists: the next run has to ask again.
      await stack.importState(before);
      throw error;
    }
  }
  const { state: owned, refused } = dropForeign(before, await stack.exportState());
  if (refused.length > 0) await stack.importState(owned);
  removeNotes(stack.notesFile);
  const resources = owned.deployment?.resources ?? [];
  const present = adopted.filter(({ urn, id }) => resources.some((each) => each.urn === urn && each.id === id));
  const gone = adopted.filter((object) => !present.includes(object));
  return {
    adopted: present.map(({ urn }) => urn),
    cleared: [...cleared, ...gone].map(({ urn }) => urn),
    refused,
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
