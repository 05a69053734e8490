import * as pulumi from "@pulumi/pulumi";
import type { AddonPlan } from "../components/platform-addons/plan.ts";
import { ConfigError, type Problem } from "../config/problems.ts";

/**
 * The secrets that a cluster's add-ons expect, by configuration key. They stand in flat secret keys of the stack file,
 * because Pulumi gives secrets inside an object key away in the clear.
 * @throws ConfigError naming every key that is missing and the command that sets it
 */
export function readSecrets(addons: AddonPlan[], stack: string): Record<string, pulumi.Output<string>> {
  const config = new pulumi.Config("orrery");
  const secrets: Record<string, pulumi.Output<string>> = {};
  for (const { configKey } of addons.flatMap((addon) => addon.secrets)) {
    const value = config.getSecret(configKey);
    if (value !== undefined) secrets[configKey] = value;
  }
  const problems = missingSecrets(addons, stack, Object.keys(secrets));
  if (problems.length > 0) throw new ConfigError(problems);
  return secrets;
}

/** One problem for every secret that an add-on expects and that is not among the keys at hand. */
export function missingSecrets(addons: AddonPlan[], stack: string, present: string[]): Problem[] {
  const problems: Problem[] = [];
  for (const addon of addons) {
    for (const { configKey } of addon.secrets) {
      if (present.includes(configKey)) continue;
      problems.push({
        file: `Pulumi.${stack}.yaml`,
        path: `orrery:${configKey}`,
        message: `the add-on "${addon.name}" needs this secret`,
        hint: `set it with: pulumi config set --secret orrery:${configKey} --stack ${stack}`,
      });
    }
  }
  return problems;
}
