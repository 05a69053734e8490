/** What hooks of resources have in common: what they tell, whether at preview or while things change, and what they wait for. */
import { AsyncResource } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";

/** How a message begins that tells what a change does; the fleet program shows the rest beside the change. */
export const effectPrefix = "changes ";

/** Tells people something. @param about the resource that it is about, instead of the one that was named first */
export type HookLog = (message: string, about?: pulumi.Resource) => void;

/**
 * What a hook logs with. It has to be made by the program itself: hooks run outside of it, where the engine does not hear what is
 * logged.
 *
 * @param resource that messages are about. @default the stack
 */
export function hookLog(level: "info" | "warn", resource?: pulumi.Resource): HookLog {
  return AsyncResource.bind((message: string, about?: pulumi.Resource) => {
    void pulumi.log[level](message, about ?? resource);
  });
}

/** The value of an output. In an update every output gets one, in a preview not all. */
export function whenKnown<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply((value) => resolve(value as T));
  });
}

/** Answers the value that an output has by now; undefined while it has none, in a preview perhaps for ever. */
export function knownSoFar<T>(output: pulumi.Output<T>): () => T | undefined {
  let value: T | undefined;
  output.apply((known) => {
    value = known as T;
  });
  return () => value;
}

/**
 * A hook that refuses what is about to happen; at preview it warns, once of each problem.
 *
 * @param name of the hook, unlike that of any other in the stack
 * @param problemOf why it may not happen, in words; undefined when it may
 */
export function refusalHook(
  name: string,
  problemOf: (args: pulumi.ResourceHookArgs) => Promise<string | undefined>,
): pulumi.ResourceHook {
  const preview = pulumi.runtime.isDryRun();
  const warn = hookLog("warn");
  const warned = new Set<string>();
  return new pulumi.ResourceHook(
    name,
    async (args) => {
      const problem = await problemOf(args);
      if (problem === undefined) return;
      if (!preview) throw new Error(problem);
      if (!warned.has(problem)) warn(problem);
      warned.add(problem);
    },
    { onDryRun: true },
  );
}

/**
 * A hook for `beforeUpdate` that tells in a preview what an update does, and does nothing else.
 *
 * @param name of the hook, unlike that of any other in the stack
 * @param effectOf in words, and without values that may be secret; undefined when there is nothing to tell
 * @param resourceOf the resource that the update is about, by its name
 */
export function previewHook(
  name: string,
  effectOf: (args: pulumi.ResourceHookArgs) => Promise<string | undefined>,
  resourceOf: (name: string) => pulumi.Resource | undefined,
): pulumi.ResourceHook {
  const tell = hookLog("info");
  return new pulumi.ResourceHook(
    name,
    async (args) => {
      const effect = await effectOf(args);
      if (effect !== undefined) tell(`${effectPrefix}${effect}`, resourceOf(args.name));
    },
    { onDryRun: true },
  );
}
