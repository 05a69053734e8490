import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FaultRule } from "../lab/world/faults.ts";
import { sharedStack } from "../stacks/names.ts";
import type { FleetRequest, Verb } from "./arguments.ts";
import { fleetCommand } from "./command.ts";
import { Engine, findPulumi } from "./engine.ts";
import { failureOf } from "./failure.ts";
import { type Folders, foldersOf, projectFolder } from "./folders.ts";
import { openLabSession } from "./lab/session.ts";
import { countChanges, type FleetOutcome, type StackOutcome } from "./outcome.ts";
import type { Display, LineResult } from "./progress/display.ts";
import { buildOrder, removalOrder, runSteps, type Steps } from "./schedule.ts";
import { select } from "./selection.ts";
import type { Stop } from "./stop.ts";
import { downstreamMovesOf, movesOf } from "./summary/moves.ts";
import { type Context, Work } from "./verbs/context.ts";
import { destroy } from "./verbs/destroy.ts";
import { preview } from "./verbs/preview.ts";
import { status } from "./verbs/status.ts";
import { up } from "./verbs/up.ts";
import { copyStackFiles } from "./work-copy.ts";

const verbs: Record<Verb, (work: Work) => Promise<void>> = { up, preview, destroy, status };

/** What a run needs from whoever started it. */
export interface RunOptions {
  /** Makes the display for the stacks that are worked on. */
  display: (stacks: string[]) => Display;
  /** Stops the run: what is under way in a stack is still finished. */
  stop: Stop;
  /** Asks before stacks are destroyed; false stops the run. @default always yes */
  confirm?: (stacks: string[]) => Promise<boolean>;
  /** What goes wrong in the lab. @default nothing */
  faults?: FaultRule[];
  /** Decides which calls faults with a probability hit. @default 0 */
  seed?: number;
}

/**
 * Does what a request says.
 * @returns undefined when the person said no
 * @throws UsageError or ConfigError before anything is started
 */
export async function runFleet(request: FleetRequest, options: RunOptions): Promise<FleetOutcome | undefined> {
  const startedMs = performance.now();
  const project = projectFolder(request);
  const selection = select(project, request);
  if (request.verb === "destroy" && !request.yes && !(await (options.confirm?.(selection.stacks) ?? true))) {
    return undefined;
  }
  // Takes its time while the lab opens; who needs it hears of a failure.
  findPulumi().catch(() => {});
  const folders = foldersOf(project, request.lab);
  copyStackFiles(folders, request.lab);
  const lab = request.lab ? await openLabSession(folders, selection.files, options) : undefined;
  const steps = orderOf(request.verb, selection.stacks);
  const display = options.display(steps.flat());
  try {
    const stateFolder = stateFolderOf(folders, request.lab);
    const { env, secretsProvider } = lab ?? { env: {}, secretsProvider: undefined };
    const engine = new Engine(folders, { env, secretsProvider, stateFolder });
    const stacks = await workOn(steps, {
      request,
      selection,
      folders,
      engine,
      display,
      stop: options.stop,
      stateFolder,
    });
    return {
      verb: request.verb,
      lab: request.lab,
      ...(request.folder === undefined ? {} : { folder: request.folder }),
      ...(request.only ? { only: true as const } : {}),
      ok: stacks.every(({ result }) => result !== "failed" && result !== "skipped"),
      seconds: (performance.now() - startedMs) / 1000,
      stacks,
      state: stateFolder,
    };
  } finally {
    await display.close();
    await lab?.close();
  }
}

async function workOn(steps: Steps, context: Context): Promise<StackOutcome[]> {
  const works = new Map(steps.flat().map((stack) => [stack, new Work(stack, context)]));
  await runSteps(
    steps,
    context.request.parallel,
    (stack) => workOnStack(works.get(stack) as Work),
    (stack, because) => {
      const { outcome } = works.get(stack) as Work;
      outcome.result = "skipped";
      outcome.skipped = whySkipped(because, context.stop);
      context.display.finish(stack, { kind: "skipped", text: `skipped, ${outcome.skipped}` });
    },
  );
  return [...works.values()].map(({ outcome }) => outcome);
}

function whySkipped(because: string[], stop: Stop): string {
  if (stop.run.aborted) return "because the run was interrupted";
  if (because.includes(sharedStack)) return `because ${sharedStack} failed`;
  return `because ${because.join(", ")} could not be taken down`;
}

async function workOnStack(work: Work): Promise<boolean> {
  const { outcome, context, stack } = work;
  const startedMs = performance.now();
  try {
    context.stop.run.throwIfAborted();
    await verbs[context.request.verb](work);
  } catch (error) {
    outcome.result = "failed";
    outcome.failure = failureOf(error, {
      during: work.phase,
      tracker: work.tracker,
      touched: work.touched,
      command: commandAgain(stack, context.request),
      interrupted: context.stop.run.aborted,
    });
  }
  outcome.seconds = (performance.now() - startedMs) / 1000;
  if (work.touched || context.request.verb === "preview") outcome.changes = work.changes;
  const { verb } = context.request;
  if (verb !== "destroy") {
    const own = movesOf(stack, outcome.changes, context.selection.plans[stack]?.addons ?? []);
    outcome.moves = [...own, ...downstreamMovesOf(stack, outcome.changes)];
  }
  outcome.warnings.unshift(...work.warnings);
  context.display.finish(stack, lineOf(outcome));
  return outcome.result !== "failed";
}

/** What goes on where a stack failed: with the clusters that had to wait, where it is the one that they share. */
function commandAgain(stack: string, request: FleetRequest): string {
  const builds = request.verb === "up" || request.verb === "preview";
  const all = stack === sharedStack && builds && !request.only;
  return fleetCommand(request.verb, all ? request.stacks : [stack], request);
}

function lineOf(outcome: StackOutcome): LineResult {
  const { result, changes, skipped, failure } = outcome;
  if (result === "failed") {
    return { kind: "failed", text: `${failure?.interrupted ? "interrupted" : "failed"} while ${failure?.during}` };
  }
  if (result === "skipped") return { kind: "skipped", text: `skipped, ${skipped}` };
  const texts: Partial<Record<StackOutcome["result"], string>> = {
    unchanged: "no changes",
    absent: "is not there",
    shown: "found",
    planned: countChanges(changes, true),
  };
  return { kind: "done", text: texts[result] ?? countChanges(changes) };
}

function orderOf(verb: Verb, stacks: string[]): Steps {
  if (verb === "destroy") return removalOrder(stacks);
  if (verb === "status") return [stacks];
  return buildOrder(stacks);
}

/** Where the backend keeps files: the lab's own, or the one that the environment names. */
function stateFolderOf(folders: Folders, lab: boolean): string | undefined {
  if (lab) return folders.state;
  const url = process.env.PULUMI_BACKEND_URL ?? "";
  if (!url.startsWith("file:///")) return undefined;
  const folder = fileURLToPath(url);
  return existsSync(folder) ? folder : undefined;
}
