import { type Problem, pathOf } from "../../config/problems.ts";
import { isMap } from "./merge.ts";

/**
 * Chart values of a stack file that are of another kind than the catalogue's own in the same place, as a number where it has a
 * map. Helm would take them, and the chart would do something else than was meant, or nothing.
 *
 * @param own values of the catalogue
 * @param said values of the stack file; null takes a value away and fits everywhere
 * @param path of both, below `orrery:cluster`
 */
export function otherKinds(own: unknown, said: unknown, path: readonly PropertyKey[]): Problem[] {
  if (said === null || said === undefined || own === null || own === undefined) return [];
  if (isMap(own) && isMap(said)) {
    return Object.entries(said).flatMap(([key, value]) => otherKinds(own[key], value, [...path, key]));
  }
  const [allowed, found] = [kindOf(own), kindOf(said)];
  if (allowed === found || isNumberAsText(own, said)) return [];
  const hint = allowed === "text" && !isMap(said) && !Array.isArray(said) ? { hint: "put it in quotes" } : {};
  return [{ path: pathOf(path), value: said, message: "is not what this value of the chart is", allowed, ...hint }];
}

/** Charts take numbers of replicas as text, too, and some things as a number or a share: `25%`. */
function isNumberAsText(own: unknown, said: unknown): boolean {
  return [own, said].every(
    (value) => typeof value === "number" || (typeof value === "string" && /^\d+(\.\d+)?%?$/.test(value)),
  );
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (isMap(value)) return "a map";
  if (typeof value === "number") return "a number";
  return typeof value === "boolean" ? "true or false" : "text";
}
