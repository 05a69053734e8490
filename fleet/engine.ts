import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text as readText } from "node:stream/consumers";
import { automation } from "@pulumi/pulumi";
import type { Folders } from "./folders.ts";
import type { ExportedState } from "./resume/repair.ts";

/** The project's name, as in `Pulumi.yaml`. */
export const projectName = "orrery";

/** An event of the engine. */
export type EngineEvent = automation.EngineEvent;

/** What a stack exports, secrets in the clear. */
export type StackOutputs = Record<string, unknown>;

/** What an operation on a stack may be given. */
export interface OperationOptions {
  onEvent: (event: EngineEvent) => void;
  signal: AbortSignal;
}

/** Keeps the engine from asking the network for things that are not needed. */
const quietEngine = {
  PULUMI_SKIP_UPDATE_CHECK: "1",
  PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "1",
};

/** A Pulumi program that finds its stack files in a folder. */
export type Program = (folder: string) => Promise<Record<string, unknown>>;

async function runProject(folder: string): Promise<Record<string, unknown>> {
  // Loaded here, because it brings all providers' SDKs, and some verbs never run it.
  const { program } = await import("../stacks/index.ts");
  return program({ folder });
}

/** Opens stacks on the Pulumi engine; the program runs in this process. */
export class Engine {
  private readonly folders: Folders;
  private readonly env: Record<string, string>;
  private readonly run: Program;
  private command?: Promise<automation.PulumiCommand>;

  /**
   * @param env is what the engine and the providers it starts find in their environment
   * @param run is the program, given the folder of the stack files
   */
  constructor(folders: Folders, env: Record<string, string>, run: Program = runProject) {
    this.folders = folders;
    this.env = { ...quietEngine, ...env };
    this.run = run;
  }

  /** Opens a stack; answers undefined when it does not exist. */
  async open(name: string): Promise<EngineStack | undefined> {
    try {
      const stack = await automation.LocalWorkspace.selectStack(this.program(name), await this.options());
      return new EngineStack(stack, this.folders);
    } catch (error) {
      if (error instanceof automation.StackNotFoundError) return undefined;
      throw error;
    }
  }

  /** Makes a new stack without resources. */
  async create(name: string): Promise<EngineStack> {
    const stack = await automation.LocalWorkspace.createStack(this.program(name), await this.options());
    return new EngineStack(stack, this.folders);
  }

  private program(stackName: string): automation.InlineProgramArgs {
    return { stackName, projectName, program: () => this.run(this.folders.work) };
  }

  private async options(): Promise<automation.LocalWorkspaceOptions> {
    this.command ??= automation.PulumiCommand.get();
    return { workDir: this.folders.work, envVars: this.env, pulumiCommand: await this.command };
  }
}

/** One stack on the engine. */
export class EngineStack {
  readonly name: string;
  private readonly stack: automation.Stack;
  private readonly folders: Folders;

  constructor(stack: automation.Stack, folders: Folders) {
    this.name = stack.name;
    this.stack = stack;
    this.folders = folders;
  }

  /** Plans without changing anything. */
  async preview(options: OperationOptions): Promise<void> {
    await this.stack.preview({ ...options, color: "never", suppressOutputs: true });
  }

  /** Makes the stack what its program says, and answers its outputs, secret ones in the clear. */
  async up(options: OperationOptions): Promise<StackOutputs> {
    const { outputs } = await this.stack.up({ ...options, color: "never", suppressOutputs: true });
    return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  }

  /** Removes all of the stack's resources; the program runs, because hooks see to it that nodes leave in order. */
  async destroy(options: OperationOptions): Promise<void> {
    await this.stack.destroy({ ...options, color: "never", suppressOutputs: true, runProgram: true });
  }

  /** Looks the given resources up and drops those that do not exist. */
  async refresh(urns: string[], options: OperationOptions): Promise<void> {
    await this.stack.refresh({ ...options, color: "never", suppressOutputs: true, target: urns });
  }

  /** Takes locks away and marks a running update as cancelled. */
  async cancel(): Promise<void> {
    await this.stack.cancel();
  }

  /** The stack's outputs, secret ones in the clear. */
  async outputs(): Promise<StackOutputs> {
    return JSON.parse((await this.run(["stack", "output", "--json", "--show-secrets"])) || "{}");
  }

  /** The stack's state; secrets in it stay encrypted. */
  async exportState(): Promise<ExportedState> {
    return JSON.parse(await this.run(["stack", "export"]));
  }

  /** Replaces the stack's state. */
  async importState(state: ExportedState): Promise<void> {
    mkdirSync(this.folders.root, { recursive: true });
    const file = join(this.folders.root, `${this.name}.import.json`);
    try {
      writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
      chmodSync(file, 0o600);
      await this.run(["stack", "import", "--file", file]);
    } finally {
      rmSync(file, { force: true });
    }
  }

  /** Sets a secret in the copy of the stack file; it goes in by standard input, because arguments are seen by others. */
  async setSecret(key: string, value: string): Promise<void> {
    await this.run(["config", "set", `${projectName}:${key}`, "--secret"], value);
  }

  /** Runs the Pulumi CLI for this stack and answers what it prints. */
  private async run(args: string[], input = ""): Promise<string> {
    const { pulumiCommand, workDir, envVars } = this.stack.workspace;
    const child = spawn(pulumiCommand.command, [...args, "--non-interactive", "--stack", this.name], {
      cwd: workDir,
      env: { ...process.env, ...envVars },
    });
    child.stdin.end(input);
    const [output, errors, [code]] = await Promise.all([
      readText(child.stdout),
      readText(child.stderr),
      once(child, "close"),
    ]);
    if (code !== 0) throw new Error(`pulumi ${args.slice(0, 2).join(" ")} failed: ${errors.trim()}`);
    return output;
  }
}
