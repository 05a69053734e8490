import { enableCompileCache } from "node:module";
import { createInterface } from "node:readline/promises";
import { ConfigError } from "../config/problems.ts";
import { type FleetRequest, helpText, parseArguments, type RenderRequest, UsageError } from "./arguments.ts";
import { stopOn } from "./stop.ts";

// Keeps compiled code between runs; it counts for what is loaded later, which is almost everything.
enableCompileCache();

/** What the program ends with; see the help text. */
const exitCodes = { ok: 0, failed: 1, wrong: 2 } as const;

/** Runs the command line and answers the exit code. */
async function main(argv: string[]): Promise<number> {
  try {
    const request = parseArguments(argv);
    if (!request) {
      process.stdout.write(`${helpText}\n`);
      return exitCodes.ok;
    }
    return request.verb === "render" ? await performRender(request) : await perform(request);
  } catch (error) {
    return report(error);
  }
}

async function perform(request: FleetRequest): Promise<number> {
  // Loaded here, so that help and refusals come at once.
  const { runFleet } = await import("./run.ts");
  const { plainDisplay, terminalDisplay } = await import("./progress/display.ts");
  const { renderOutcome } = await import("./summary/render.ts");
  const terminal = process.stdout.isTTY && process.stdout.columns > 0 && !request.json;
  const log = request.json ? process.stderr : process.stdout;
  const outcome = await runFleet(request, {
    display: (stacks) =>
      terminal ? terminalDisplay(stacks, () => process.stdout.columns) : plainDisplay((line) => log.write(`${line}\n`)),
    stop: stopOn(process, process.stdin.isTTY, (text) => process.stderr.write(`\n${text}\n`)),
    confirm: request.lab ? undefined : confirmDestroy,
  });
  if (!outcome) return exitCodes.failed;
  const text = request.json
    ? `${JSON.stringify(outcome, undefined, 2)}\n`
    : `\n${renderOutcome(outcome, process.cwd())}`;
  await new Promise<void>((written) => process.stdout.write(text, () => written()));
  return outcome.ok ? exitCodes.ok : exitCodes.failed;
}

async function performRender(request: RenderRequest): Promise<number> {
  const { projectFolder } = await import("./folders.ts");
  const { renderedText, renderStack } = await import("./render/run.ts");
  const rendered = renderStack(request, projectFolder(request));
  process.stdout.write(`${request.json ? JSON.stringify(rendered, undefined, 2) : renderedText(rendered)}\n`);
  return exitCodes.ok;
}

async function confirmDestroy(stacks: string[]): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new UsageError("destroy asks before it acts, and nobody can be asked here: add --yes");
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(`This destroys ${stacks.join(", ")} for good. Type "destroy" to go on: `);
  prompt.close();
  return answer.trim() === "destroy";
}

function report(error: unknown): number {
  if (error instanceof UsageError) {
    process.stderr.write(`error: ${error.message}\nsee npm run fleet -- --help\n`);
    return exitCodes.wrong;
  }
  if (error instanceof ConfigError) {
    process.stderr.write(`error: ${error.message}\nnothing was started\n`);
    return exitCodes.wrong;
  }
  process.stderr.write(`error: ${textOf(error)}\n`);
  return exitCodes.failed;
}

/** A slip in code, such as that of an add-on of one's own, is found by its trace only. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const slip = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  return slip ? (error.stack ?? error.message) : error.message;
}

process.exitCode = await main(process.argv.slice(2));
