import { stringify } from "yaml";
import type { KubernetesObject } from "../addon.ts";

/** Keys that come first, as people write manifests; the others follow by name. */
const leading = ["apiVersion", "kind", "metadata", "name", "namespace"];

/** Objects as one YAML file. The same objects always give the same text, so that a diff shows only what changed. */
export function manifestText(objects: readonly KubernetesObject[]): string {
  return objects.map((object) => yamlText(object)).join("---\n");
}

/** A plain value as YAML with sorted keys. */
export function yamlText(value: unknown): string {
  // Kubernetes reads YAML 1.1, where `No` is not a text.
  return stringify(sorted(value), { lineWidth: 0, aliasDuplicateObjects: false, compat: "yaml-1.1" });
}

/** The same value with its keys sorted, at any depth. The order of lists says something and stays. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, sorted(item)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1)));
}

function rank(key: string): number {
  const index = leading.indexOf(key);
  return index < 0 ? leading.length : index;
}
