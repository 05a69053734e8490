/** Runs `talosctl` and `kubectl`: without a shell, without secrets among the arguments, with a time limit. */
import { spawn } from "node:child_process";

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

  /** What the tool printed as its error; empty when it could not be run. */
  get stderr(): string {
    return this.answer?.stderr ?? "";
  }
}

/** How a tool is run. */
export interface RunOptions {
  /** @default 60 */
  timeoutSeconds?: number;
}

/** Credentials that the tools have no use for. */
const withheld =
  /^(PULUMI_CONFIG_PASSPHRASE|PULUMI_ACCESS_TOKEN|PROXMOX_VE_|VAULT_SERVER_TOKEN|ORRERY_TALOSCONFIG|ORRERY_KUBECONFIG)/;

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
      reject(new ToolError(missing ? `${program} is not on the PATH` : `${program}: ${error.message}`));
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      const text = (list: Buffer[]) => Buffer.concat(list).toString("utf8");
      resolve({ code: code ?? -1, stdout: text(chunks.stdout), stderr: text(chunks.stderr) });
    });
  });
}
