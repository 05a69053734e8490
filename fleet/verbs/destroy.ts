import { sharedStack } from "../../stacks/names.ts";
import { projectName } from "../engine.ts";
import { settle } from "../resume/settle.ts";
import { removeTornSidecars } from "../resume/sidecars.ts";
import { removeClusterFiles } from "../summary/cluster-files.ts";
import type { Work } from "./context.ts";

/** Takes a stack down. */
export async function destroy(work: Work): Promise<void> {
  const { engine, folders, stateFolder } = work.context;
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
  work.touched = true;
  await stack.destroy(work.begin("destroying", resources.length));
  work.outcome.result = "destroyed";
  removeClusterFiles(folders, work.stack);
}

/** Clusters boot from images of the shared stack and live in its zone. */
async function refuseWhileUsed(work: Work): Promise<void> {
  const { engine, selection } = work.context;
  const users: string[] = [];
  for (const cluster of Object.keys(selection.files.clusters)) {
    const stack = await engine.open(cluster);
    if ((stack?.opened.deployment?.resources ?? []).length > 0) users.push(cluster);
  }
  if (users.length > 0) {
    throw new Error(`stack "${sharedStack}" is used by ${users.join(", ")}; destroy them first`);
  }
}
