/** Goes on with a value that a schema refused, so that later checks can tell of their problems in the same message. */
import type { z } from "zod";

/** A value is mended this often at most; each time what a schema names is taken out. */
const mostRounds = 4;

/**
 * The value without what the schema refuses: unknown keys and wrong values are left out, as if they had not been said.
 * It is good for finding further problems, never for building anything.
 *
 * @returns undefined when what is left is refused, too
 */
export function mended<S extends z.ZodType>(schema: S, value: unknown): z.output<S> | undefined {
  const left = structuredClone(value);
  for (let round = 0; round < mostRounds; round += 1) {
    const result = schema.safeParse(left);
    if (result.success) return result.data;
    const removed = pathsOf(result.error.issues).filter((path) => remove(left, path));
    if (removed.length === 0) return undefined;
  }
  return undefined;
}

/** Deepest and last first, so that taking one out of a list does not move those that are still to go. */
function pathsOf(issues: readonly z.core.$ZodIssue[]): PropertyKey[][] {
  const paths = issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [[...issue.path]],
  );
  return paths.sort((a, b) => b.length - a.length || Number(b.at(-1)) - Number(a.at(-1)) || 0);
}

/** Takes a value out of what it stands in. Answers false when it is not there or is all there is. */
function remove(root: unknown, path: PropertyKey[]): boolean {
  const last = path.at(-1);
  if (last === undefined) return false;
  const parent = path.slice(0, -1).reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)?.[key], root);
  if (Array.isArray(parent)) return parent.splice(Number(last), 1).length > 0;
  if (typeof parent !== "object" || parent === null || !(last in parent)) return false;
  return Reflect.deleteProperty(parent, last);
}
