import * as pulumi from "@pulumi/pulumi";
import type { AddonPlan } from "../components/platform-addons/plan.ts";
import { stackFileName } from "../config/load.ts";
import { ConfigError, type Problem } from "../config/problems.ts";

/**
 * The secrets that a cluster's add-ons expect, by configuration key. They stand in flat secret keys of the stack file,
 * because Pulumi gives secrets inside an object key away in the clear.
 * @throws ConfigError naming every key that is missing and the command that sets it
 */
export function readSecrets(addons: AddonPlan[], stack: string): Record<string, pulumi.Output<string>> {
  const config = new pulumi.Config("orrery");
  const expected = new Set(addons.flatMap((addon) => addon.secrets.map(({ configKey }) => configKey)));
  const present = [...expected].filter((key) => config.getSecret(key) !== undefined);
  const problems = missingSecrets(addons, stack, present);
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.fromEntries(present.map((key) => [key, config.requireSecret(key)]));
}

/** One problem for every secret that an add-on expects and that is not among the keys at hand. */
export function missingSecrets(addons: AddonPlan[], stack: string, present: string[]): Problem[] {
  return addons.flatMap((addon) =>
    addon.secrets
      .filter(({ configKey }) => !present.includes(configKey))
      .map(({ configKey, description }) => ({
        file: stackFileName(stack),
        path: `orrery:${configKey}`,
        message: `is missing, and the add-on ${addon.name} needs it`,
        allowed: description,
        hint: `pulumi config set --secret orrery:${configKey} --stack ${stack}`,
      })),
  );
}
