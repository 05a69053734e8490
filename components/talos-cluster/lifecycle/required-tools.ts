import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { ToolError } from "../../tools.ts";

/**
 * Makes sure that tools are there before anything is waited for: a missing one would look like a node that does not answer.
 * @throws ToolError that says what to install
 */
export function requireTools(talos: string): void {
  const missing = ["kubectl", talosctlProgram(talos)].filter((tool) => !existsSync(tool) && !onPath(tool));
  if (missing.length === 0) return;
  throw new ToolError(
    `${missing.join(" and ")} not found on the PATH; nothing was done: install ${missing.length > 1 ? "them" : "it"} ` +
      "(`npm run setup` makes talosctl for every release), then run `up` again",
  );
}

function onPath(tool: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, tool)));
}

/**
 * The `talosctl` to use: the one that set-up made for this Talos version, because others may not know its configuration;
 * else the one on the PATH. In the lab it is always the one on the PATH, which answers from there.
 */
export function talosctlProgram(talos: string): string {
  const tools = process.env.ORRERY_TOOLS ?? join(homedir(), ".orrery", "tools");
  const own = join(tools, "talosctl", talos, "talosctl");
  return process.env.ORRERY_LAB === undefined && existsSync(own) ? own : "talosctl";
}
