import { join } from "node:path";
import { Repositories } from "../git/repositories.ts";
import { connectHypervisors } from "../hypervisors.ts";
import { openKubernetes } from "../kubernetes/open.ts";
import { DataCentre } from "../proxmox/datacentre.ts";
import { emptyProxmox } from "../proxmox/state.ts";
import { openTalos } from "../talos/open.ts";
import { openStore } from "../world/store.ts";
import { World } from "../world/world.ts";
import { openLabTools } from "./register.ts";
import type { ToolCall, ToolResult } from "./tool.ts";

/**
 * Runs one tool in a lab that nobody has open, such as the one that `npm start` left behind.
 * @param folder the lab's folder
 */
export async function callInFolder(folder: string, tool: string, call: ToolCall): Promise<ToolResult> {
  let store: ReturnType<typeof openStore>;
  try {
    store = openStore(folder);
  } catch (error) {
    return { stdout: "", stderr: `${error instanceof Error ? error.message : String(error)}\n`, code: 125 };
  }
  try {
    const world = new World(store.state, store.changed);
    const talos = openTalos(world, folder);
    const kubernetes = openKubernetes(world, talos.clusters, new Repositories(join(folder, "repositories")));
    talos.connectKubernetes(kubernetes);
    const centre = new DataCentre(
      world,
      world.part("proxmox", () => emptyProxmox("")),
    );
    connectHypervisors(kubernetes, centre);
    return await openLabTools(world, talos).call(tool, call);
  } finally {
    store.close();
  }
}
