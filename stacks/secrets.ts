import * as pulumi from "@pulumi/pulumi";
import { routerKey } from "../components/network/router-access.ts";
import { stackFileName } from "../config/load.ts";
import { ConfigError, type Problem } from "../config/problems.ts";
import type { ClusterPlan } from "./plan.ts";

/** A secret value of a stack's configuration that something in the stack cannot do without. */
export interface Expected {
  /** Flat key, without the project. */
  configKey: string;
  /** What the value is, for people. */
  description: string;
  /** Who needs it: `the add-on proxmox-csi`. */
  neededBy: string;
}

/** The secrets that a cluster's stack expects. */
export function expectedSecrets({
  addons,
  downstream,
  config,
}: Pick<ClusterPlan, "addons" | "downstream" | "config">): Expected[] {
  const { network } = config;
  const own = network.mode === "external" ? undefined : network.router;
  const ofDownstream = downstream ? config.downstream?.network.router : undefined;
  const routers = new Set([own, ofDownstream].filter((router) => router !== undefined));
  const key = { configKey: routerKey, description: "private SSH key of the router's user" };
  return [
    ...[...routers].map((router) => ({ ...key, neededBy: `the router ${router}` })),
    ...addons.flatMap(({ name, secrets }) =>
      secrets.map(({ configKey, description }) => ({ configKey, description, neededBy: `the add-on ${name}` })),
    ),
    ...(downstream?.clusters ?? []).flatMap(({ name, secrets }) =>
      secrets.map(({ configKey, description }) => ({
        configKey,
        description,
        neededBy: `the downstream cluster ${name}`,
      })),
    ),
  ];
}

/**
 * Values of secrets, by configuration key. They stand in flat secret keys of the stack file, because Pulumi gives secrets
 * inside an object key away in the clear.
 * @throws ConfigError naming every key that is missing and the command that sets it
 */
export function readSecrets(expected: Expected[], stack: string): Record<string, pulumi.Output<string>> {
  const config = new pulumi.Config("orrery");
  const keys = new Set(expected.map(({ configKey }) => configKey));
  const present = [...keys].filter((key) => config.getSecret(key) !== undefined);
  const problems = missingSecrets(expected, stack, present);
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.fromEntries(present.map((key) => [key, config.requireSecret(key)]));
}

/** One problem for every secret that is expected and not among the keys at hand. */
export function missingSecrets(expected: Expected[], stack: string, present: string[]): Problem[] {
  const missing = new Map<string, { description: string; neededBy: string[] }>();
  for (const { configKey, description, neededBy } of expected) {
    if (present.includes(configKey)) continue;
    const others = missing.get(configKey)?.neededBy ?? [];
    missing.set(configKey, { description, neededBy: [...others, neededBy] });
  }
  return [...missing].map(([configKey, { description, neededBy }]) => ({
    file: stackFileName(stack),
    path: `orrery:${configKey}`,
    message: `is missing, and ${neededBy.join(" and ")} ${neededBy.length > 1 ? "need" : "needs"} it`,
    allowed: description,
    hint: `pulumi config set --secret orrery:${configKey} --stack ${stack}`,
  }));
}
