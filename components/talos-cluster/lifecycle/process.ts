/** Runs `talosctl` and `kubectl`: without a shell, without secrets among the arguments, with a time limit. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** What a tool answered. */
export interface ToolAnswer {
  code: number;
  stdout: string;
  stderr: string;
}

/** A tool that could not be run, or that answered with an error where none was expected. */
export class ToolError extends Error {
  readonly answer?: ToolAnswer;

  constructor(message: string, answer?: ToolAnswer) {
    super(message);
    this.name = "ToolError";
    this.answer = answer;
  }
}

/** How a tool is run. */
export interface RunOptions {
  /** @default 60 */
  timeoutSeconds?: number;
}

/** Credentials that the tools have no use for. */
const withheld = /^(PULUMI_CONFIG_PASSPHRASE|PULUMI_ACCESS_TOKEN|PROXMOX_VE_)/;

/**
 * Runs a program and gives its answer, whatever the exit code.
 * @throws ToolError when it cannot be started or takes too long
 */
export function run(program: string, args: string[], options: RunOptions = {}): Promise<ToolAnswer> {
  const timeoutSeconds = options.timeoutSeconds ?? 60;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !withheld.test(name)));
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new ToolError(`${program} did not answer within ${timeoutSeconds} seconds`));
    }, timeoutSeconds * 1000);
    child.stdout.on("data", (chunk: Buffer) => chunks.stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.stderr.push(chunk));
    child.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const missing = error.code === "ENOENT";
      reject(new ToolError(missing ? `${program} was not found on the PATH` : `${program}: ${error.message}`));
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      const text = (list: Buffer[]) => Buffer.concat(list).toString("utf8");
      resolve({ code: code ?? -1, stdout: text(chunks.stdout), stderr: text(chunks.stderr) });
    });
  });
}

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
