import { isRecord } from "../protocol/values.ts";
import type { KubernetesObject } from "../talos/interface.ts";

/**
 * What an object is after somebody has applied their wish to it: fields that others have written stay, and those that
 * the same somebody wished for earlier and does no more are gone. Lists are one field as a whole.
 *
 * Fact: kubernetes.io/docs/reference/using-api/server-side-apply: fields belong to those who applied them.
 */
export function serverSideApplied(
  live: KubernetesObject | undefined,
  before: unknown,
  wish: KubernetesObject,
): KubernetesObject {
  // The data of Secrets is kept as digests, which nobody can apply a second time.
  if (!live || wish.kind === "Secret") return wish;
  const { status: _, ...rest } = live;
  return fieldsAfter(rest, before, wish) as KubernetesObject;
}

function fieldsAfter(live: unknown, before: unknown, wish: unknown): unknown {
  if (!isRecord(live) || !isRecord(wish)) return wish;
  const fields: Record<string, unknown> = { ...live };
  for (const [key, value] of Object.entries(isRecord(before) ? before : {})) {
    if (key in wish) continue;
    const left = isRecord(value) && isRecord(live[key]) ? fieldsAfter(live[key], value, {}) : undefined;
    if (isRecord(left) && Object.keys(left).length > 0) fields[key] = left;
    else delete fields[key];
  }
  const earlier = isRecord(before) ? before : {};
  for (const [key, value] of Object.entries(wish)) fields[key] = fieldsAfter(live[key], earlier[key], value);
  return fields;
}
