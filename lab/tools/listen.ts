import { randomBytes } from "node:crypto";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { gather, placeFiles, type TypedCommand } from "./gather.ts";
import { isOffline, realTalosctl } from "./offline.js";
import type { ToolCall, ToolResult } from "./tool.ts";

/** A command that `client.sh` has handed over. */
interface Handed extends TypedCommand {
  key: string;
  tool: string;
}

/** Where commands of this machine's own user are taken. */
export interface Listener {
  /** What `client.sh` finds in `ORRERY_LAB`: `127.0.0.1:<port>/<key>`; who does not know the key is refused. */
  address: string;
  close(): void;
}

/** Takes the commands of `client.sh` on a free loopback port. @param run never throws */
export function listen(run: (tool: string, call: ToolCall) => Promise<ToolResult>): Promise<Listener> {
  const key = randomBytes(16).toString("hex");
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    // Who does not wait for the answer was stopped, and nobody misses it.
    socket.on("error", () => {});
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      const handed = parse(Buffer.concat(chunks).toString("utf8"));
      if (!handed) return;
      socket.removeAllListeners("data");
      answer(handed).then((text) => socket.end(text));
    });
  });

  async function answer(handed: Handed): Promise<string> {
    if (handed.key !== key) return written({ code: 125, stdout: "", stderr: "the lab was given a wrong key\n" });
    if (handed.tool === "talosctl" && isOffline(handed.args)) {
      const real = realTalosctl({ ...process.env, ...handed.env });
      return "file" in real ? `exec 0 0 ${real.file}\n` : written({ code: 127, stdout: "", stderr: real.problem });
    }
    try {
      const result = await run(handed.tool, gather(handed));
      placeFiles(result, handed.cwd);
      return written(result);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return written({ code: 1, stdout: "", stderr: `${handed.tool}: ${reason}\n` });
    }
  }

  // An open connection must not keep the program alive.
  server.unref();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        address: `127.0.0.1:${port}/${key}`,
        close() {
          server.close();
          for (const socket of open) socket.destroy();
        },
      });
    });
  });
}

/** Fields that each end with a zero byte, the first of which counts the others; undefined until all of them are there. */
function parse(text: string): Handed | undefined {
  const [count = "", ...fields] = text.split("\0");
  if (fields.length <= Number(count)) return undefined;
  const [key = "", tool = "", cwd = "", HOME, KUBECONFIG, TALOSCONFIG, ORRERY_TALOS_VERSION, ...args] = fields.slice(
    0,
    -1,
  );
  return { key, tool, cwd, env: { HOME, KUBECONFIG, TALOSCONFIG, ORRERY_TALOS_VERSION }, args };
}

/** A line with the exit code and the sizes of both outputs, then what goes to standard error, then the rest. */
function written({ code, stdout, stderr }: ToolResult): string {
  return `${code} ${Buffer.byteLength(stderr)} ${Buffer.byteLength(stdout)}\n${stderr}${stdout}`;
}
