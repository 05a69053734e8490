import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { CallContext, CheckFailure, DiffResult, ResourceType } from "../protocol/provider.ts";
import { type Properties, unknown } from "../protocol/values.ts";
import { checkResource } from "../schema/check.ts";
import { loadSchema } from "../schema/tables.ts";
import type { World } from "../world/world.ts";
import type { CommandOutput, CommandRunner } from "./run.ts";

/** The type's token. */
export const localCommandToken = "command:local:Command";

const loggings = ["stdout", "stderr", "stdoutAndStderr", "none"];

/**
 * `command.local.Command` of version 1.2.1: any changed input runs `update`, or `create` where there is none; changed
 * triggers replace; a failed update leaves the old state. Source: pulumi/pulumi-command, provider/pkg/provider/local.
 */
export function localCommand(world: World, runner: CommandRunner): ResourceType {
  const run: RunVerb = async (verb, command, inputs, olds, context) => {
    if (typeof command !== "string") return previousOf(olds);
    world.record(`command.${verb}`, nameOf(context));
    return runner.run(command, inputs, previousOf(olds), context.timeoutSeconds);
  };
  return {
    check: (news) => ({ inputs: news, failures: failuresOf(news) }),
    ...lifeOf(run),
  };
}

/** Runs one of a command's texts; answers the output of the run before when there is no such text. */
export type RunVerb = (
  verb: string,
  command: unknown,
  inputs: Properties,
  olds: Properties,
  context: CallContext,
) => Promise<CommandOutput>;

/** What commands do from create to delete, wherever they run. */
export function lifeOf(run: RunVerb): Omit<ResourceType, "check"> {
  return {
    diff: (_id, oldInputs, _oldOutputs, news) => changedInputs(oldInputs, news),
    previewCreate: (inputs) => ({ ...inputs, stdout: unknown, stderr: unknown }),
    async create(inputs, context) {
      const output = await run("create", inputs.create, inputs, {}, context);
      const id = `${nameOf(context)}${randomBytes(4).toString("hex")}`;
      return { id, outputs: { ...inputs, ...output } };
    },
    async read(id, inputs, outputs) {
      return { id, inputs, outputs };
    },
    async update(_id, _oldInputs, oldOutputs, news, context) {
      const output = await run("update", news.update ?? news.create, news, oldOutputs, context);
      return { ...news, ...output };
    },
    async delete(_id, _inputs, outputs, context) {
      await run("delete", outputs.delete, outputs, outputs, context);
    },
  };
}

/** Any changed input updates; changed triggers replace. */
function changedInputs(oldInputs: Properties, news: Properties): DiffResult {
  const keys = new Set([...Object.keys(oldInputs), ...Object.keys(news)]);
  const changed = [...keys].filter((key) => !isDeepStrictEqual(oldInputs[key], news[key])).sort();
  return { changed, replaces: changed.filter((key) => key === "triggers") };
}

/** What is wrong with the inputs of a command; shared by the resource and the function. */
export function optionFailures(inputs: Properties): CheckFailure[] {
  const failures: CheckFailure[] = [];
  if (typeof inputs.logging === "string" && inputs.logging !== unknown && !loggings.includes(inputs.logging)) {
    failures.push({ property: "logging", reason: `expected one of ${loggings.join(", ")}` });
  }
  for (const property of ["assetPaths", "archivePaths"]) {
    if (inputs[property] !== undefined) failures.push({ property, reason: "the lab collects no files of commands" });
  }
  return failures;
}

function failuresOf(inputs: Properties): CheckFailure[] {
  return [...checkResource(loadSchema("command"), localCommandToken, inputs), ...optionFailures(inputs)];
}

/** Output of the run before. */
export function previousOf(outputs: Properties): CommandOutput {
  return { stdout: String(outputs.stdout ?? ""), stderr: String(outputs.stderr ?? "") };
}

/** Name of the resource. */
export function nameOf(context: CallContext): string {
  return context.urn.split("::").at(-1) ?? "";
}
