import { stringify } from "yaml";
import type { ClusterConfig } from "../../config/index.ts";
import { problemsOf } from "../../config/issues.ts";
import type { Problem } from "../../config/problems.ts";
import { either, suggestion } from "../../config/suggest.ts";
import type { Addon, Delivery, Values } from "./addon.ts";

/** An add-on of the catalogue that the cluster gets, with what the stack file says about it. */
export interface Selected {
  addon: Addon;
  delivery: Delivery;
  /** What the entry's schema made of the settings. */
  settings: unknown;
  /** Chart values of the stack file. */
  values: Values;
  /** Something else makes the Secrets that it expects. @default false */
  existingSecrets?: true;
}

/** What the stack file and the catalogue come to. */
export interface Selection {
  selected: Selected[];
  /** Chosen as well, but their settings are wrong, so that nobody knows what they bring. */
  unread: Addon[];
  /** Whether names are given that the catalogue does not have: each may be a slip for one that would be chosen. */
  hasUnknown: boolean;
  problems: Problem[];
}

/** Chooses by name, by labels and by default, and checks what the stack file says about each. */
export function selectAddons(config: ClusterConfig, catalogue: readonly Addon[]): Selection {
  const names = catalogue.map(({ name }) => name);
  const unknown = Object.keys(config.addons).filter((name) => !names.includes(name));
  const problems: Problem[] = unknown.map((name) => {
    const hint = suggestion(name, names);
    // The whole list would hide the one name that is meant.
    const help = hint === undefined ? { allowed: either(names) } : { hint };
    return { path: `addons.${name}`, message: "no such add-on in the catalogue", ...help };
  });
  const unread: Addon[] = [];
  const chosen = catalogue.filter((addon) => isChosen(addon, config));
  problems.push(...deliveryProblems(config, chosen));
  const selected = chosen.flatMap((addon) => {
    const said = detailsOf(config, addon.name);
    problems.push(...valueProblems(addon, said.values ?? {}));
    const settings = addon.settings.safeParse(said.settings ?? {});
    if (!settings.success) {
      unread.push(addon);
      problems.push(
        ...problemsOf(settings.error.issues, addon.settings, said.settings ?? {}).map((problem) => ({
          ...exampleFor(addon, problem),
          ...problem,
          path: ["addons", addon.name, "settings", problem.path].filter(Boolean).join("."),
        })),
      );
      return [];
    }
    return [
      {
        addon,
        delivery: deliveryOf(addon, config),
        settings: settings.data,
        values: said.values ?? {},
        ...(said.existingSecrets ? { existingSecrets: true as const } : {}),
      },
    ];
  });
  return { selected, unread, hasUnknown: unknown.length > 0, problems };
}

/** Whether a cluster gets an add-on: by name, by default, or by its labels. */
export function isChosen(addon: Addon, config: Pick<ClusterConfig, "addons" | "labels">): boolean {
  const said = config.addons[addon.name];
  if (said !== undefined) return said !== false;
  if (addon.byDefault) return true;
  return (addon.selectedBy ?? []).some((labels) =>
    Object.entries(labels).every(([key, value]) => config.labels[key] === value),
  );
}

/** What the entry's example has in the place of something that is missing. */
function exampleFor({ example }: Addon, { path, message }: Problem): Pick<Problem, "hint"> {
  if (message !== "is missing") return {};
  const value = path.split(".").reduce<unknown>((below, key) => (below as Values | undefined)?.[key], example);
  return value === undefined
    ? {}
    : { hint: `for example ${stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trim()}` };
}

function detailsOf(config: ClusterConfig, name: string): Exclude<ClusterConfig["addons"][string], boolean> {
  const said = config.addons[name];
  return typeof said === "object" ? said : {};
}

function deliveryOf(addon: Addon, config: ClusterConfig): Delivery {
  return addon.directOnly ? "direct" : (detailsOf(config, addon.name).delivery ?? config.delivery);
}

function deliveryProblems(config: ClusterConfig, chosen: readonly Addon[]): Problem[] {
  return chosen.flatMap(({ name, directOnly }): Problem[] => {
    const { delivery } = detailsOf(config, name);
    if (!directOnly || delivery === undefined || delivery === "direct") return [];
    const path = `addons.${name}.delivery`;
    return [{ path, value: delivery, message: "is applied by Pulumi itself", allowed: "direct", hint: directOnly }];
  });
}

function valueProblems(addon: Addon, values: Values): Problem[] {
  const known = addon.valueKeys;
  if (!known) return [];
  return Object.keys(values)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      path: `addons.${addon.name}.values.${key}`,
      message: "the chart has no such value",
      hint: suggestion(key, known),
    }));
}
