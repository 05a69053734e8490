import { isDeepStrictEqual } from "node:util";
import { parseAllDocuments } from "yaml";
import { joinPath, pathOf } from "../../../config/problems.ts";

/** The documents of a machine configuration as plain values; the one without kind is the machine configuration itself. */
export function documentsOf(text: string): Record<string, unknown>[] {
  // Pretty errors show the line that they are about, and this one may hold a secret.
  return parseAllDocuments(text, { prettyErrors: false })
    .map((document) => {
      const [error] = "errors" in document ? document.errors : [];
      if (error) throw new Error(error.message);
      return "toJS" in document ? document.toJS() : undefined;
    })
    .filter(isObject);
}

/**
 * Paths of all that differs between two machine configurations, such as `machine.sysctls["vm.max_map_count"]` and
 * `VolumeConfig/EPHEMERAL.provisioning.maxSize`; never values, for these may be secrets.
 *
 * @throws Error when one of them is no YAML
 */
export function changedPathsOf(before: string, after: string): string[] {
  const [old, next] = [documentsByName(before), documentsByName(after)];
  return [...new Set([...old.keys(), ...next.keys()])].flatMap((name) =>
    changedPaths(old.get(name), next.get(name)).map((path) => (name === "" ? path : joinPath(name, path))),
  );
}

/** Paths of all that differs between two values; objects and lists of the same length are looked into. */
export function changedPaths(before: unknown, after: unknown, path: readonly PropertyKey[] = []): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((item, index) => changedPaths(item, after[index], [...path, index]));
  }
  if (!isObject(before) || !isObject(after)) return [pathOf(path)];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => changedPaths(before[key], after[key], [...path, key]));
}

function documentsByName(text: string): Map<string, Record<string, unknown>> {
  return new Map(
    documentsOf(text).map((document) => {
      const { kind, name } = document;
      return [kind === undefined ? "" : [kind, name].filter((part) => part !== undefined).join("/"), document];
    }),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
