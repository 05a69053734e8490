import { imageTools } from "../command/image-tools.ts";
import type { TalosLab } from "../talos/open.ts";
import { vyosTool } from "../vyos/tool.ts";
import type { World } from "../world/world.ts";
import { kubectlTool } from "./kubectl/index.ts";
import { openTools, type ToolServer } from "./server.ts";
import { talosctlTool } from "./talosctl/index.ts";

/** Everything in `lab/bin` and what the routers' shells call, answered from the world. */
export function openLabTools(world: World, talos: TalosLab): ToolServer {
  const tools = openTools(world);
  tools.register("talosctl", talosctlTool(world, talos));
  tools.register("kubectl", kubectlTool(world, talos));
  tools.register("vyos", vyosTool(world));
  for (const [name, tool] of Object.entries(imageTools)) {
    tools.register(name, ({ args, cwd }) => tool(world, args, cwd ?? process.cwd()));
  }
  return tools;
}
