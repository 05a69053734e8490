import type { Tool } from "../tools/tool.ts";
import { ToolFailure } from "../tools/tool.ts";
import type { World } from "../world/world.ts";
import { commit, type RouterState, save, showCommands } from "./router.ts";

/** What the shell functions of a router of the lab call: `vyos -n <host> show`, `commit <file of changes>`, `save`. */
export function vyosTool(world: World): Tool {
  return async ({ args, files }) => {
    const [, host = "", verb, file = ""] = args;
    const router = routersOf(world)[host];
    if (!router) throw new ToolFailure(`vyos: there is no router at ${host}`);
    if (verb === "show") return { stdout: showCommands(router), stderr: "", code: 0 };
    if (verb === "save") {
      save(world, host, router);
      return { stdout: "Saving configuration to '/config/config.boot'...\nDone\n", stderr: "", code: 0 };
    }
    if (verb !== "commit") throw new ToolFailure(`vyos: unknown command "${verb}"`);
    const changes = (files[file] ?? "").split("\n").filter(Boolean);
    const stdout = await commit(
      world,
      host,
      router,
      changes.map((line) => line.split("\t")),
    );
    world.touch();
    return { stdout, stderr: "", code: 0 };
  };
}

/** The routers of the data centre by their address. */
export function routersOf(world: World): Record<string, RouterState> {
  return world.part("routers", () => ({}));
}
