import assert from "node:assert/strict";
import { type AddonPlan, planAddons } from "../../../../../components/platform-addons/plan.ts";
import { configOf, factsOf } from "../facts.ts";

export type Cluster = "sol" | "luna" | "terra";
export const clusters: readonly Cluster[] = ["sol", "luna", "terra"];

/** The plan of one add-on in one cluster; whatever is wrong with the selection fails the test. */
export function planned(
  cluster: Cluster,
  name: string,
  said: unknown = true,
  more: Record<string, unknown> = {},
  provided: string[] = [],
): AddonPlan {
  const config = configOf({ addons: { ...more, [name]: said }, provided });
  const { addons, problems } = planAddons(config, factsOf(cluster));
  assert.deepEqual(problems, []);
  return addons.find((addon) => addon.name === name) as AddonPlan;
}

/** What is wrong with a selection, as sentences. */
export function refused(cluster: Cluster, addons: Record<string, unknown>): string[] {
  return planAddons(configOf({ addons }), factsOf(cluster)).problems.map(({ path, message, allowed, hint }) =>
    [`${path}: ${message}`, allowed, hint].filter(Boolean).join("; "),
  );
}

/** Follows keys into plain values. */
export function at(value: unknown, ...keys: (string | number)[]): unknown {
  return keys.reduce<unknown>((below, key) => (below as Record<string | number, unknown> | undefined)?.[key], value);
}
