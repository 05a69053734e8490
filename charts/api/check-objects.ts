/** Holds objects against the API servers of the clusters that they are for. */
import type { Bag } from "../chart-files.ts";
import { definitionsOf } from "./definitions.ts";
import type { OpenApi } from "./openapi.ts";
import { ApiServer, type KnownDefinition } from "./server.ts";

/** Objects that come from one place. */
export interface ObjectSet {
  /** The entry of the catalogue that they are of, or what else they belong to. */
  entry: string;
  /** Where they come from: `the chart`, `delivery by flux`. */
  from: string;
  clusters: string[];
  /** Version of Kubernetes that the clusters run. */
  kubernetes: string;
  objects: readonly Bag[];
}

/** What came of looking at objects. */
export interface CheckedObjects {
  /** What is wrong, by entry, and then by sentence the clusters that it is so for. */
  problems: Map<string, Map<string, string[]>>;
  /** How many were looked at. */
  checked: number;
  /** How many there are of kinds that nobody defines, by `<apiVersion> <Kind>`. */
  undefinedKinds: Map<string, number>;
}

/**
 * Checks objects, each against the version of Kubernetes that its clusters run.
 * @param openApis descriptions by version; objects for other versions are left out
 * @param definitions custom resource definitions besides those among the objects
 */
export function checkObjects(
  sets: readonly ObjectSet[],
  openApis: ReadonlyMap<string, OpenApi>,
  definitions: readonly Bag[],
): CheckedObjects {
  const result: CheckedObjects = { problems: new Map(), checked: 0, undefinedKinds: new Map() };
  for (const [kubernetes, openApi] of openApis) {
    const mine = sets.filter((set) => set.kubernetes === kubernetes);
    const server = new ApiServer(kubernetes, openApi, known(sets, definitions));
    for (const set of mine) {
      for (const object of set.objects) note(result, set, object, server.problems(object, set.entry));
    }
  }
  return result;
}

/** A chart defines the same for every cluster. */
function known(sets: readonly ObjectSet[], beside: readonly Bag[]): KnownDefinition[] {
  const definitions = new Map<string, KnownDefinition>();
  for (const { entry, objects } of sets) {
    for (const definition of objects.flatMap(definitionsOf)) {
      definitions.set(`${entry} ${definition.kind}`, { ...definition, entry });
    }
  }
  return [...definitions.values(), ...beside.flatMap(definitionsOf)];
}

function note(result: CheckedObjects, { entry, from, clusters }: ObjectSet, object: Bag, found?: string[]): void {
  if (!found) {
    const kind = `${object.apiVersion} ${object.kind}`;
    result.undefinedKinds.set(kind, (result.undefinedKinds.get(kind) ?? 0) + 1);
    return;
  }
  result.checked += 1;
  if (found.length === 0) return;
  const told = result.problems.get(entry) ?? new Map<string, string[]>();
  result.problems.set(entry, told);
  for (const problem of found) {
    const sentence = `${from}: ${problem}`;
    told.set(sentence, [...new Set([...(told.get(sentence) ?? []), ...clusters])]);
  }
}
