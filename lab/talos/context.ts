import type { CheckFailure } from "../protocol/provider.ts";
import type { Properties } from "../protocol/values.ts";
import { checkFunction, checkResource } from "../schema/check.ts";
import { loadSchema } from "../schema/tables.ts";
import type { World } from "../world/world.ts";
import type { TalosApi } from "./api.ts";
import type { Contents } from "./contents.ts";
import type { ClientCredentials } from "./credentials.ts";
import type { ConnectedKubernetes } from "./interface.ts";
import type { TalosPart } from "./state.ts";

/** What the resources and functions of the provider work with. */
export interface TalosContext {
  world: World;
  part: TalosPart;
  api: TalosApi;
  contents: Contents;
  /** Absent until the Kubernetes part is connected. */
  kubernetes(): ConnectedKubernetes | undefined;
  /** URL of the Image Factory, by the provider's configuration. */
  imageFactoryUrl: string;
}

/** Unknown, missing and wrongly typed inputs of a resource. */
export function checkInputs(token: string, inputs: Properties): CheckFailure[] {
  return checkResource(loadSchema("talos"), token, inputs);
}

/** Unknown, missing and wrongly typed arguments of a function. */
export function checkArguments(token: string, args: Properties): CheckFailure[] {
  return checkFunction(loadSchema("talos"), token, args);
}

/** Exactly one of two properties has to be there, as the provider demands it. */
export function exactlyOne(inputs: Properties, first: string, second: string): CheckFailure[] {
  const given = [first, second].filter((name) => inputs[name] !== undefined && inputs[name] !== null);
  if (given.length === 1) return [];
  const reason =
    given.length === 0
      ? `exactly one of "${first}" and "${second}" must be set`
      : `only one of "${first}" and "${second}" can be set, not both`;
  return [{ property: first, reason }];
}

/** The caller's credentials out of the property bag, write-only ones first. */
export function credentialsOf(inputs: Properties): ClientCredentials {
  return (inputs.clientConfigurationWo ?? inputs.clientConfiguration) as ClientCredentials;
}

/** Names of the properties that differ between two bags, of those that are compared. */
export function changedNames(before: Properties, after: Properties, names: string[]): string[] {
  return names.filter((name) => JSON.stringify(before[name] ?? null) !== JSON.stringify(after[name] ?? null));
}
