/** What is said about the add-ons of one downstream cluster, and where: for all clusters together, or for it alone. */
import type { Addon, Values } from "../components/platform-addons/addon.ts";
import { mergeValues } from "../components/platform-addons/merge.ts";
import { isChosen } from "../components/platform-addons/selection.ts";
import { type DownstreamClusterConfig, type DownstreamConfig, pathOf } from "../config/index.ts";
import type { Problem } from "../config/problems.ts";

type Said = DownstreamConfig["addons"];

/** What is said for all downstream clusters, with what is said for one laid over it. */
export function addonsOf(common: Said, own: Said): Said {
  const laid = Object.entries(own).map(([name, above]) => [name, laidOver(common[name], above)] as const);
  return { ...common, ...Object.fromEntries(laid) };
}

function laidOver(below: Said[string] | undefined, above: Said[string]): Said[string] {
  if (typeof below !== "object" || above === false) return above;
  if (above === true) return below;
  const merged = { ...below, ...above };
  for (const key of ["settings", "values"] as const) {
    if (below[key] && above[key]) merged[key] = mergeValues(below[key], above[key]);
  }
  return merged;
}

/** Answers where it is said what becomes of an add-on in a cluster. */
export type Places = (cluster: string) => {
  /** A problem of the planner of add-ons, with its path and hint below `downstream`. */
  moved: (problem: Problem) => Problem;
  /** Where an add-on is to be named, for this cluster alone or for all of them: `downstream.addons.minio`. */
  placeOf: (addon: string) => string;
  /** Whether the cluster's own entry names it. */
  namesItself: (addon: string) => boolean;
};

/** Finds the places. What only some clusters get is named for each of them: elsewhere it would come to all. */
export function placesOf({ clusters, addons: common }: DownstreamConfig, entries: readonly Addon[]): Places {
  const configOf = ({ labels, addons }: DownstreamClusterConfig) => ({ labels, addons: addonsOf(common, addons) });
  const all = Object.values(clusters).map(configOf);
  const forAll = (name: string) => {
    if (name in common) return true;
    const entry = entries.find((addon) => addon.name === name);
    if (!entry) return true;
    return entry.byDefault === true || (all.length > 1 && all.every((config) => isChosen(entry, config)));
  };
  return (cluster) => {
    const config = clusters[cluster];
    const own = config?.addons ?? {};
    const alone = pathOf(["downstream", "clusters", cluster, "addons"]);
    const prefixOf = (name: string) => (name in own || !forAll(name) ? alone : "downstream.addons");
    const pathBelow = (path: string) => {
      const keys = keysOf(path);
      const [name = ""] = keys;
      if (name === "") return "downstream.addons";
      // Settings of both are one in the end: a mistake is where its value is.
      const said = isSaid(own, keys) || !isSaid(common, keys) ? prefixOf(name) : "downstream.addons";
      return `${said}${path}`;
    };
    return {
      placeOf: (name) => `${prefixOf(name)}.${name}`,
      namesItself: (name) => name in own,
      moved: ({ path, hint, ...problem }) => {
        const below = path.startsWith("addons") ? path.slice("addons".length) : undefined;
        const [concerned = ""] = below === undefined ? [] : keysOf(below);
        const prefixIn = (name: string) => {
          const entry = entries.find((addon) => addon.name === name);
          const isThere = name in own || name in common || (entry && config && isChosen(entry, configOf(config)));
          // What is not there yet comes to those that miss it.
          return prefixOf(isThere || concerned === "" ? name : concerned);
        };
        const text = hint
          ?.replace(/\baddons\.([a-z0-9-]+)/g, (_, name: string) => `${prefixIn(name)}.${name}`)
          .replace(/(?<=to )provided\b/g, "downstream.provided");
        return {
          ...problem,
          path: below === undefined ? path : pathBelow(below),
          ...(text === undefined ? {} : { hint: text }),
        };
      },
    };
  };
}

/** `.minio.settings.users[0]` as its keys. */
function keysOf(path: string): string[] {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|[^.[\]]+/g)].map(([key, quoted]) => quoted ?? key);
}

function isSaid(said: Said, keys: readonly string[]): boolean {
  let value: unknown = said;
  for (const key of keys) {
    if (typeof value !== "object" || value === null || !(key in value)) return false;
    value = (value as Values)[key];
  }
  return true;
}
