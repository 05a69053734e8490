import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { World } from "../world/world.ts";
import { type Tool, type ToolCall, ToolFailure, type ToolResult } from "./tool.ts";

// `import` of this module would evaluate all it exports, among it an HTTP client for browsers' code.
const { createServer } = process.getBuiltinModule("node:http");

/** How much virtual time every question to a running node or API takes. */
const callMs = 5000;

/** The command-line tools of the lab, for programs on this machine only. */
export interface ToolServer {
  /** Adds a tool under its command name. */
  register(name: string, tool: Tool): void;
  /** Runs a tool; never throws. */
  call(name: string, call: ToolCall): Promise<ToolResult>;
  /** Listens on a free loopback port and answers it as `127.0.0.1:<port>`. */
  listen(): Promise<string>;
  close(): void;
}

/** Makes the server for command-line tools. Every call is counted, may be hit by faults, and takes virtual time. */
export function openTools(world: World): ToolServer {
  const tools = new Map<string, Tool>();
  let server: Server | undefined;

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
    listen() {
      const listening = createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
          const answer = (status: number, body: unknown) => {
            response.writeHead(status, { "content-type": "application/json" });
            response.end(JSON.stringify(body));
          };
          let body: Partial<ToolCall> & { tool?: string };
          try {
            body = JSON.parse(Buffer.concat(chunks).toString("utf8"));
          } catch {
            answer(400, { error: "the request is no JSON" });
            return;
          }
          const { tool = "", args = [], files = {}, folders = [], env = {}, cwd } = body;
          call(tool, { args, files, folders, env, cwd }).then((result) => answer(200, result));
        });
      });
      // An open connection must not keep the program alive.
      listening.unref();
      server = listening;
      return new Promise((resolve, reject) => {
        listening.once("error", reject);
        listening.listen(0, "127.0.0.1", () => resolve(`127.0.0.1:${(listening.address() as AddressInfo).port}`));
      });
    },
    close() {
      server?.close();
      server?.closeAllConnections();
    },
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
