import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { ToolCall, ToolResult } from "./tool.ts";

/** A command as somebody has typed it on this machine. */
export interface TypedCommand {
  args: string[];
  /** `HOME`, `KUBECONFIG` and `TALOSCONFIG` say which files are read. */
  env: Record<string, string | undefined>;
  /** Folder that it was typed in. */
  cwd: string;
}

/** Larger files are no configuration. */
const largestBytes = 8 * 1024 * 1024;

/** Reads every file that a command or its environment names: tools see nothing else of this machine. */
export function gather({ args, env, cwd }: TypedCommand): ToolCall {
  const { HOME = "", KUBECONFIG = "", TALOSCONFIG = "" } = env;
  const named = args.map((argument) =>
    argument.startsWith("--") ? argument.slice(argument.indexOf("=") + 1) : argument,
  );
  const standard = [join(HOME, ".talos/config"), join(HOME, ".kube/config"), KUBECONFIG, TALOSCONFIG, "kubeconfig"];
  const files: Record<string, string> = {};
  const folders: string[] = [];
  for (const path of new Set([...named, ...standard])) {
    const place = resolve(cwd, path);
    if (path === "" || path.startsWith("-") || !existsSync(place)) continue;
    const about = statSync(place);
    if (about.isDirectory()) folders.push(path);
    else if (about.isFile() && about.size <= largestBytes) files[path] = readFileSync(place, "utf8");
  }
  return {
    args,
    files,
    folders,
    env: { HOME, ...(KUBECONFIG && { KUBECONFIG }), ...(TALOSCONFIG && { TALOSCONFIG }) },
    cwd,
  };
}

/** Writes the files that a tool has made, for the owner's eyes only. */
export function placeFiles({ files = {} }: ToolResult, cwd: string): void {
  for (const [name, text] of Object.entries(files)) {
    const path = resolve(cwd, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: 0o600 });
  }
}
