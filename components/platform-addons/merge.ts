import type { Values } from "./addon.ts";

/**
 * Lays values over others as Helm does it: maps are merged key by key, everything else is replaced as a whole, and
 * `null` takes a key of the chart's own defaults away.
 */
export function mergeValues(below: Values, above: Values): Values {
  const merged: Values = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = merged[key];
    merged[key] = isMap(under) && isMap(value) ? mergeValues(under, value) : value;
  }
  return merged;
}

/** Leaves out what is undefined, at any depth: such keys would show as differences between plan and state. */
export function withoutUndefined<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutUndefined) as T;
  if (!isMap(value)) return value;
  const kept = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutUndefined(item)])) as T;
}

/** True for what YAML calls a map. */
export function isMap(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
