import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text as readText } from "node:stream/consumers";
import { automation, output } from "@pulumi/pulumi";
import type { Folders } from "./folders.ts";
import { watchPrograms } from "./language-server.ts";
import { keepRunsApart } from "./rejections.ts";
import type { ExportedState } from "./resume/repair.ts";
import { stateInFile } from "./resume/state-file.ts";

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

/** What the engine works with. */
export interface EngineSettings {
  /** What the engine and the providers it starts find in their environment. */
  env: Record<string, string>;
  /** URL of what encrypts the secrets of new stacks. @default the user's own choice */
  secretsProvider?: string;
  /** Where the backend keeps its files, if it is one of files. @default the engine alone knows the state */
  stateFolder?: string;
}

/** What a run of the program is for. */
interface Purpose {
  /** True when the stack is to be destroyed. */
  destroying: boolean;
}

/** A Pulumi program that finds its stack files in a folder. */
export type Program = (folder: string, purpose: Purpose) => Promise<Record<string, unknown>>;

async function runProject(folder: string, { destroying }: Purpose): Promise<Record<string, unknown>> {
  // Loaded here, because it brings all providers' SDKs, and some verbs never run it.
  const { program } = await import("../stacks/index.ts");
  return program({ folder, destroying });
}

let pulumi: Promise<automation.PulumiCommand> | undefined;

/** The Pulumi CLI on the PATH, asked once for its version. Who calls early need not wait for it later. */
export function findPulumi(): Promise<automation.PulumiCommand> {
  if (!pulumi) {
    pulumi = automation.PulumiCommand.get();
    // Whoever needs it hears of a failure; the next one tries again.
    pulumi.catch(() => {
      pulumi = undefined;
    });
  }
  return pulumi;
}

/** Opens stacks on the Pulumi engine; the program runs in this process. */
export class Engine {
  private readonly folders: Folders;
  private readonly settings: EngineSettings;
  private readonly run: Program;

  /** @param run is the program, given the folder of the stack files */
  constructor(folders: Folders, settings: EngineSettings, run: Program = runProject) {
    this.folders = folders;
    this.settings = settings;
    this.run = run;
  }

  /** Opens a stack; answers undefined when it does not exist. */
  async open(name: string): Promise<EngineStack | undefined> {
    const purpose: Purpose = { destroying: false };
    const workspace = await this.workspace(purpose);
    const opened = await readState(workspace, name, this.settings.stateFolder);
    if (!opened) return undefined;
    // Every command names its stack, so none has to be selected, and that it is there has just been seen.
    workspace.selectStack = async () => {};
    return new EngineStack(
      await automation.Stack.select(name, workspace),
      this.folders,
      opened,
      purpose,
      this.settings,
    );
  }

  /** Makes a new stack without resources. */
  async create(name: string): Promise<EngineStack> {
    const purpose: Purpose = { destroying: false };
    const stack = await automation.Stack.create(name, await this.workspace(purpose));
    return new EngineStack(stack, this.folders, {}, purpose, this.settings);
  }

  /** The project's stacks that the backend knows, with or without a stack file, and how many resources each has, if it tells. */
  async list(): Promise<{ name: string; resources?: number }[]> {
    const stacks = await (await this.workspace({ destroying: false })).listStacks();
    // Those of another organization are named with it.
    return stacks
      .filter(({ name }) => !name.includes("/"))
      .map(({ name, resourceCount }) => ({ name, resources: resourceCount }));
  }

  /** @param purpose is looked at whenever the program runs */
  private async workspace(purpose: Purpose): Promise<automation.LocalWorkspace> {
    keepRunsApart();
    watchPrograms();
    let outputs = Promise.resolve<StackOutputs>({});
    const workspace = await automation.LocalWorkspace.create({
      program: async () => {
        const made = await this.run(this.folders.work, purpose);
        outputs = plain(made);
        return made;
      },
      workDir: this.folders.work,
      envVars: { ...quietEngine, ...this.settings.env },
      secretsProvider: this.settings.secretsProvider,
      pulumiCommand: await findPulumi(),
    });
    // Asked for after every `up`: the program that has just run in this process knows them, secret ones too.
    workspace.stackOutputs = async () =>
      Object.fromEntries(Object.entries(await outputs).map(([key, value]) => [key, { value, secret: true }]));
    return workspace;
  }
}

/** What a program exports, as the engine's JSON has it: known when all of its resources are. */
function plain(outputs: Record<string, unknown>): Promise<StackOutputs> {
  return new Promise((resolve) => {
    output(outputs).apply((values) => resolve(JSON.parse(JSON.stringify(values))));
  });
}

/** The stack's state; undefined when there is no such stack. */
async function readState(
  workspace: automation.Workspace,
  stack: string,
  stateFolder: string | undefined,
): Promise<ExportedState | undefined> {
  const kept = stateFolder === undefined ? undefined : stateInFile(stateFolder, projectName, stack);
  if (kept) return kept;
  try {
    return JSON.parse(await runPulumi(workspace, stack, ["stack", "export"]));
  } catch (error) {
    if (error instanceof Error && /no stack named .* found/.test(error.message)) return undefined;
    throw error;
  }
}

/** The stack's outputs, secret ones in the clear. */
async function readOutputs(workspace: automation.Workspace, stack: string): Promise<StackOutputs> {
  return JSON.parse((await runPulumi(workspace, stack, ["stack", "output", "--json", "--show-secrets"])) || "{}");
}

/** Runs the Pulumi CLI for a stack and answers what it prints. */
async function runPulumi(
  { pulumiCommand, workDir, envVars }: automation.Workspace,
  stack: string,
  args: string[],
  input = "",
): Promise<string> {
  const child = spawn(pulumiCommand.command, [...args, "--non-interactive", "--stack", stack], {
    cwd: workDir,
    env: { ...process.env, ...envVars },
  });
  // One that fails at once is gone before it has read; what it says itself tells more.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [output, errors, [code]] = await Promise.all([
    readText(child.stdout),
    readText(child.stderr),
    once(child, "close"),
  ]);
  if (code !== 0) throw new Error(`pulumi ${args.slice(0, 2).join(" ")} failed: ${errors.trim()}`);
  return output;
}

/** One stack on the engine. */
export class EngineStack {
  readonly name: string;
  /** The state as it was when the stack was opened; secrets in it stay encrypted. Others may have changed it since. */
  readonly opened: ExportedState;
  private readonly stack: automation.Stack;
  private readonly folders: Folders;
  private readonly purpose: Purpose;
  private readonly settings: EngineSettings;

  constructor(
    stack: automation.Stack,
    folders: Folders,
    opened: ExportedState,
    purpose: Purpose,
    settings: EngineSettings,
  ) {
    this.name = stack.name;
    this.stack = stack;
    // What is asked for after every operation: a line of the history that nobody reads.
    stack.info = async () => undefined;
    this.folders = folders;
    this.opened = opened;
    this.purpose = purpose;
    this.settings = settings;
  }

  /** Where it is noted what has to be looked up before the next operation. */
  get notesFile(): string {
    return join(this.folders.root, `${this.name}.pending.json`);
  }

  /** Plans without changing anything. */
  async preview(options: OperationOptions): Promise<void> {
    await this.stack.preview({ ...options, color: "never", suppressOutputs: true });
  }

  /** Makes the stack what its program says, and answers its outputs, secret ones in the clear. */
  async up(options: OperationOptions): Promise<StackOutputs> {
    const { outputs } = await this.stack.up({ ...options, color: "never", suppressOutputs: true, showSecrets: false });
    return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  }

  /** Removes all of the stack's resources; the program runs, because what goes has hooks. */
  async destroy(options: OperationOptions): Promise<void> {
    this.purpose.destroying = true;
    await this.stack.destroy({
      ...options,
      color: "never",
      suppressOutputs: true,
      showSecrets: false,
      runProgram: true,
    });
  }

  /** Looks the given resources up and drops those that do not exist. */
  async refresh(urns: string[], options: OperationOptions): Promise<void> {
    await this.stack.refresh({
      ...options,
      color: "never",
      suppressOutputs: true,
      showSecrets: false,
      target: urns,
    });
  }

  /** Takes locks away and marks a running update as cancelled. */
  async cancel(): Promise<void> {
    await this.stack.cancel();
  }

  /** The stack's outputs, secret ones in the clear. */
  async outputs(): Promise<StackOutputs> {
    return readOutputs(this.stack.workspace, this.name);
  }

  /** The stack's state; secrets in it stay encrypted. */
  async exportState(): Promise<ExportedState> {
    const state = await readState(this.stack.workspace, this.name, this.settings.stateFolder);
    if (!state) throw new Error(`stack "${this.name}" is not there any more`);
    return state;
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

  private run(args: string[], input?: string): Promise<string> {
    return runPulumi(this.stack.workspace, this.name, args, input);
  }
}
