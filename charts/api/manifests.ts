/** Objects out of manifests. */
import { parseAllDocuments } from "yaml";
import { type Bag, isBag } from "../chart-files.ts";

/**
 * Reads manifests as Kubernetes' tools do: YAML 1.1, where `yes` is true and `0644` is octal, but without its times and
 * numbers with colons, which Go's reader takes as texts. Lists are taken apart.
 */
export function readManifests(text: string): { objects: Bag[]; problems: string[] } {
  const objects: Bag[] = [];
  const problems: string[] = [];
  const documents = parseAllDocuments(text, {
    version: "1.1",
    logLevel: "error",
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === "string" || (tag.format !== "TIME" && !tag.tag.endsWith(":timestamp"))),
  });
  for (const document of documents) {
    const [error] = document.errors;
    if (error) problems.push(`a manifest is no YAML: ${error.message.split("\n")[0]}`);
    const content: unknown = error ? undefined : document.toJS();
    if (isBag(content)) objects.push(...itemsOf(content));
  }
  return { objects, problems };
}

function itemsOf(object: Bag): Bag[] {
  const isList = typeof object.kind === "string" && object.kind.endsWith("List") && Array.isArray(object.items);
  return isList ? (object.items as unknown[]).filter(isBag).flatMap(itemsOf) : [object];
}
