/** What changes do beyond what the engine can tell of them, for those who review a preview. */
import { AsyncResource } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";

/** How a message begins that tells what a change does; the fleet program shows the rest beside the change. */
export const effectPrefix = "changes ";

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
  // Hooks run outside of the program, where the engine does not hear what is logged.
  const tell = AsyncResource.bind(
    (effect: string, resource: string) => void pulumi.log.info(`${effectPrefix}${effect}`, resourceOf(resource)),
  );
  return new pulumi.ResourceHook(
    name,
    async (args) => {
      const effect = await effectOf(args);
      if (effect !== undefined) tell(effect, args.name);
    },
    { onDryRun: true },
  );
}
