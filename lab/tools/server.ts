import type { World } from "../world/world.ts";
import { type Listener, listen } from "./listen.ts";
import { type Tool, type ToolCall, ToolFailure, type ToolResult } from "./tool.ts";

/** How much virtual time every question to a running node or API takes. */
const callMs = 5000;

/** The command-line tools of the lab, for programs on this machine only. */
export interface ToolServer {
  /** Adds a tool under its command name. */
  register(name: string, tool: Tool): void;
  /** Runs a tool; never throws. */
  call(name: string, call: ToolCall): Promise<ToolResult>;
  /** Takes commands of this machine; answers where, for `ORRERY_LAB`. */
  listen(): Promise<string>;
  close(): void;
}

/** Makes the server for command-line tools. Every call is counted, may be hit by faults, and takes virtual time. */
export function openTools(world: World): ToolServer {
  const tools = new Map<string, Tool>();
  let listener: Listener | undefined;

  async function call(name: string, request: ToolCall): Promise<ToolResult> {
    const tool = tools.get(name);
    if (!tool) return { stdout: "", stderr: `${name}: command not found\n`, code: 127 };
    const labCall = { provider: name, operation: verbOf(request.args), token: "", subject: targetOf(request.args) };
    try {
      await world.enter(labCall);
      await world.clock.sleep(callMs);
      const result = await tool(request);
      await world.leave(labCall);
      return result;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { stdout: "", stderr: `${message}\n`, code: error instanceof ToolFailure ? error.code : 1 };
    }
  }

  return {
    register: (name, tool) => void tools.set(name, tool),
    call,
    async listen() {
      listener = await listen(call);
      return listener.address;
    },
    close: () => listener?.close(),
  };
}

/** Flags in front of the verb that take a value. */
const leadingFlags = new Set([
  "--talosconfig",
  "--kubeconfig",
  "--context",
  "--namespace",
  "-n",
  "-e",
  "--nodes",
  "--endpoints",
]);

/** The first word of a command that is no flag: `etcd`. */
function verbOf(args: string[]): string {
  return args.find((word, index) => !word.startsWith("-") && !leadingFlags.has(args[index - 1] ?? "")) ?? "";
}

/** What a command is about: the node or the namespace. */
function targetOf(args: string[]): string {
  const at = args.findIndex((argument) => argument === "-n" || argument === "--nodes");
  return at < 0 ? "" : (args[at + 1] ?? "");
}
