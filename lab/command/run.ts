import { type ChildProcess, spawn } from "node:child_process";
import type { Properties } from "../protocol/values.ts";

/** What a command left behind, without its last line break. */
export interface CommandOutput {
  stdout: string;
  stderr: string;
}

/** Where and how commands run. */
export interface CommandSettings {
  /** Environment of the provider's process. @default that of this process */
  env?: Record<string, string | undefined>;
  /** Folder of commands that name none. @default that of this process */
  folder?: string;
}

/** Runs commands as the real provider does and knows which ones are running. */
export class CommandRunner {
  private readonly settings: CommandSettings;
  private readonly running = new Set<ChildProcess>();

  constructor(settings: CommandSettings) {
    this.settings = settings;
  }

  /**
   * Runs one command.
   *
   * @param inputs of the resource or function: interpreter, dir, environment, stdin
   * @param previous output that the command may read from its environment
   * @param timeoutSeconds 0 for none
   * @throws Error in the provider's words when the command fails
   */
  run(
    command: string,
    inputs: Properties,
    previous: Partial<CommandOutput>,
    timeoutSeconds: number,
  ): Promise<CommandOutput> {
    const interpreter = (inputs.interpreter as string[] | undefined) ?? [];
    const [file = "", ...args] = [...(interpreter.length > 0 ? interpreter : ["/bin/sh", "-c"]), command];
    const child = spawn(file, args, {
      cwd: (inputs.dir as string | undefined) ?? this.settings.folder ?? process.cwd(),
      env: { ...(this.settings.env ?? process.env), ...environmentOf(inputs, previous) },
      stdio: ["pipe", "pipe", "pipe"],
      timeout: timeoutSeconds > 0 ? timeoutSeconds * 1000 : undefined,
      killSignal: "SIGKILL",
    });
    this.running.add(child);
    // A command that does not read its input may be gone before it is written.
    child.stdin.on("error", () => {});
    child.stdin.end((inputs.stdin as string | undefined) ?? "");
    return this.outcome(child, command);
  }

  /** Ends all commands that still run. */
  close(): void {
    for (const child of this.running) child.kill("SIGKILL");
  }

  private outcome(child: ChildProcess, command: string): Promise<CommandOutput> {
    const output: CommandOutput = { stdout: "", stderr: "" };
    let both = "";
    for (const name of ["stdout", "stderr"] as const) {
      child[name]?.setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
        both += text;
      });
    }
    return new Promise((resolve, reject) => {
      const fail = (reason: string) => reject(new Error(`${reason}: running ${JSON.stringify(command)}:\n${both}`));
      child.on("error", (error) => {
        this.running.delete(child);
        fail(error.message);
      });
      child.on("close", (code, signal) => {
        this.running.delete(child);
        if (code !== 0) fail(signal ? `signal: ${signal}` : `exit status ${code}`);
        else resolve({ stdout: withoutBreak(output.stdout), stderr: withoutBreak(output.stderr) });
      });
    });
  }
}

function environmentOf(inputs: Properties, previous: Partial<CommandOutput>): Record<string, string> {
  const environment = { ...(inputs.environment as Record<string, string> | undefined) };
  if (inputs.addPreviousOutputInEnv === false) return environment;
  if (previous.stdout) environment.PULUMI_COMMAND_STDOUT = previous.stdout;
  if (previous.stderr) environment.PULUMI_COMMAND_STDERR = previous.stderr;
  return environment;
}

function withoutBreak(text: string): string {
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}
