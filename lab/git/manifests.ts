import { parseAllDocuments } from "yaml";
import { isRecord } from "../protocol/values.ts";
import type { KubernetesObject } from "../talos/interface.ts";

/** A file that does not hold what it should; the message names the file. */
export class ManifestError extends Error {}

/** Objects by the text that they stand in: the same text is read once. */
const read = new Map<string, readonly KubernetesObject[]>();

/**
 * The objects in files with manifests, in the order of the files; files with other endings are passed over.
 * @throws ManifestError for one that does not parse, or that holds something else
 */
export function manifestsIn(files: ReadonlyMap<string, string>): KubernetesObject[] {
  return [...files]
    .filter(([path]) => /\.(yaml|yml|json)$/.test(path))
    .flatMap(([path, text]) => objectsIn(path, text));
}

function objectsIn(path: string, text: string): readonly KubernetesObject[] {
  const before = read.get(text);
  if (before) return before;
  const objects: KubernetesObject[] = [];
  for (const document of parseAllDocuments(text)) {
    const [error] = document.errors;
    if (error) throw new ManifestError(`${path}: ${error.message.split("\n")[0]}`);
    const value: unknown = document.toJSON();
    if (value === null || value === undefined) continue;
    const named = isRecord(value) && isRecord(value.metadata) && typeof value.metadata.name === "string";
    if (!named || typeof value.apiVersion !== "string" || typeof value.kind !== "string") {
      throw new ManifestError(`${path}: Object 'Kind' is missing`);
    }
    objects.push(value as KubernetesObject);
  }
  read.set(text, objects);
  return objects;
}
