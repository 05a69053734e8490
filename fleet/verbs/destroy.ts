import { stackFileName } from "../../config/load.ts";
import { sharedStack } from "../../stacks/names.ts";
import { type EngineStack, projectName } from "../engine.ts";
import { setLabSecrets } from "../lab/secrets.ts";
import { settle } from "../resume/settle.ts";
import { removeTornSidecars } from "../resume/sidecars.ts";
import { removeClusterFiles } from "../summary/cluster-files.ts";
import type { Work } from "./context.ts";

/** Takes a stack down. */
export async function destroy(work: Work): Promise<void> {
  const { engine, folders, request, selection, stateFolder } = work.context;
  const opening = work.begin("opening");
  if (stateFolder) removeTornSidecars(stateFolder, projectName, work.stack);
  const stack = await engine.open(work.stack);
  if (!stack) {
    work.outcome.result = "absent";
    return;
  }
  work.note(await settle(stack, stateFolder, opening));
  const resources = (await stack.exportState()).deployment?.resources ?? [];
  if (resources.length === 0) {
    work.outcome.result = "absent";
    return;
  }
  if (work.stack === sharedStack) await refuseWhileUsed(work);
  // The program runs, and what it has not had so far it asks for as well.
  const plan = selection.plans[work.stack];
  if (request.lab && plan) await setLabSecrets(stack, folders, plan);
  work.touched = true;
  await stack.destroy(work.begin("destroying", resources.length));
  work.outcome.result = "destroyed";
  removeClusterFiles(folders, work.stack);
}

/** Clusters boot from images of the shared stack and live in its zone, also those whose stack file is gone. */
async function refuseWhileUsed(work: Work): Promise<void> {
  const { engine, selection } = work.context;
  const users: string[] = [];
  for (const { name, resources } of await engine.list()) {
    if (name === sharedStack) continue;
    if ((resources ?? resourcesOf(await engine.open(name))) > 0) users.push(name);
  }
  if (users.length > 0) throw new Error(inUse(users.sort(), Object.keys(selection.files.clusters)));
}

function resourcesOf(stack: EngineStack | undefined): number {
  return stack?.opened.deployment?.resources?.length ?? 0;
}

function inUse(users: string[], withFile: string[]): string {
  const lost = users.filter((name) => !withFile.includes(name)).map(stackFileName);
  const hint = lost.length > 0 ? `, for which ${lost.join(" and ")} must be there again` : "";
  return `stack "${sharedStack}" is used by ${users.join(", ")}; destroy them first${hint}`;
}
