import type { ClusterConfig } from "../../config/index.ts";
import type { Problem } from "../../config/problems.ts";
import { either, suggestion } from "../../config/suggest.ts";
import type { ClusterFacts, MachineRequirement } from "../facts.ts";
import type { Addon, AddonPlan, AddonTemplate, KubernetesObject, Platform, Values } from "./addon.ts";
import { dependenciesOf } from "./capabilities.ts";
import { catalogue } from "./catalogue/index.ts";
import { selectorOf } from "./delivery/sveltos.ts";
import { templateFacts } from "./delivery/sveltos-templates.ts";
import { absentServices } from "./inside-addresses.ts";
import { mergeValues, withoutUndefined } from "./merge.ts";
import { inOrder, withoutImplied } from "./order.ts";
import { type Selected, selectAddons } from "./selection.ts";
import { otherKinds } from "./value-kinds.ts";

export type { AddonPlan, Delivery, ExpectedSecret } from "./addon.ts";

/**
 * Decides a cluster's add-ons: which, with what values, in which order. A pure function of its arguments.
 *
 * @param entries the catalogue; another one is for tests
 * @param target where the add-ons are going to: for a Git repository the engine may be one that somebody else has brought
 * into the cluster
 * @returns the add-ons in the order they are applied in, and everything that is wrong, with paths below
 * `orrery:cluster`; with problems the add-ons are not to be used
 */
export function planAddons(
  config: ClusterConfig,
  facts: ClusterFacts,
  entries: readonly Addon[] = catalogue(),
  target: "cluster" | "repository" = "cluster",
): { addons: AddonPlan[]; problems: Problem[] } {
  const { selected, unread, hasUnknown, problems } = selectAddons(config, entries);
  const { dependencies, problems: unmet } = dependenciesOf(selected, entries, facts, config.provided, unread);
  if (target === "cluster") unmet.push(...missingEngines(selected, unread, facts));
  unmet.push(...absentServices(selected, entries, config.provided, unread));
  // With a name that is right, others may have what they miss.
  if (!hasUnknown) problems.push(...unmet);
  const said = Object.fromEntries(selected.map(({ addon, settings }) => [addon.name, settings]));
  for (const one of selected) problems.push(...wrongSettings(one, facts, said));
  const order = inOrder(dependencies);
  if ("circle" in order) {
    problems.push({
      path: "addons",
      message: `these wait for each other: ${order.circle.join(" -> ")}`,
      hint: "switch one of them off, or the setting that makes it need the next one",
    });
    return { addons: [], problems };
  }
  const platform = platformOf(selected, config);
  const content = contentFor(selected, facts, platform);
  const templates = selected.some(({ delivery }) => delivery === "sveltos") ? templateFacts(facts) : undefined;
  const anywhere = templates && contentFor(selected, templates, platform);
  const byGit = new Set(selected.filter((one) => isFromGit(one, selected, facts)).map(({ addon }) => addon.name));
  if (problems.length === 0) problems.push(...needsOfGit(selected, byGit, facts));
  const direct = withoutImplied(dependencies);
  const byName = new Map(selected.map((entry) => [entry.addon.name, entry]));
  const addons = order.names.map((name) => {
    const one = byName.get(name) as Selected;
    const own = content(one);
    problems.push(...unknownValues(one.addon, own.catalogueValues));
    problems.push(...otherKinds(own.catalogueValues, one.values, ["addons", name, "values"]));
    const template = one.delivery === "sveltos" && anywhere?.(one);
    return {
      ...planAddon(one, direct.get(name) ?? [], facts, own),
      ...(byGit.has(name) ? { fromGit: true as const } : {}),
      ...(template ? { template: templateOf(one, facts, template) } : {}),
    };
  });
  const defined = definedKinds(selected, unread);
  const rest = entries.filter(({ name }) => !byName.has(name));
  const incomplete = new Set(unmet.map(({ path }) => path));
  for (const addon of addons) {
    // What it needs and does not get would define the kinds.
    if (incomplete.has(`addons.${addon.name}`)) continue;
    const others = definedKinds(
      selected.filter((one) => one.addon.name !== addon.name),
      unread,
    );
    problems.push(
      ...undefinedKinds(addon, addon.objectsBefore, others, rest),
      ...undefinedKinds(addon, addon.objects, defined, rest),
    );
  }
  problems.push(...contradictingSecrets(addons));
  return { addons, problems };
}

/** Engines that add-ons are to be delivered by and that the cluster does not get. */
function missingEngines(selected: readonly Selected[], unread: readonly Addon[], facts: ClusterFacts): Problem[] {
  const provided = selected.flatMap(({ addon, settings }) => addon.provides?.(facts, settings) ?? []);
  const missing = selected.filter(
    ({ delivery }) =>
      delivery !== "direct" &&
      !provided.includes(`delivery:${delivery}`) &&
      // An engine is called like the delivery.
      !unread.some(({ name }) => name === delivery),
  );
  return missing.map(({ addon, delivery }) => ({
    path: `addons.${addon.name}`,
    message: `is to be delivered by ${delivery}, which no chosen add-on brings`,
    hint: `switch on addons.${delivery}, or set the delivery to direct`,
  }));
}

/** Whether Git alone says what becomes of an add-on, because its engine's settings say so. */
function isFromGit({ delivery }: Selected, selected: readonly Selected[], facts: ClusterFacts): boolean {
  return selected.some(({ addon, settings }) => addon.provides?.(facts, settings).includes(`git:${delivery}`));
}

/** Add-ons that Pulumi is to apply and that need one of which it does not know when it is there. */
function needsOfGit(selected: readonly Selected[], byGit: ReadonlySet<string>, facts: ClusterFacts): Problem[] {
  return selected
    .filter(({ addon }) => !byGit.has(addon.name))
    .flatMap(({ addon, settings }) =>
      (addon.needs?.(facts, settings) ?? []).flatMap(({ capability, anytime }): Problem[] => {
        if (anytime) return [];
        const providers = selected.filter((one) => one.addon.provides?.(facts, one.settings).includes(capability));
        const [found] = providers;
        if (!found || providers.some((one) => !byGit.has(one.addon.name))) return [];
        return [
          {
            path: `addons.${addon.name}`,
            message: `is applied by Pulumi and needs ${found.addon.name}, which only Git brings: nothing tells when it is there`,
            hint: `set delivery to ${found.delivery} for both, or to direct`,
          },
        ];
      }),
    );
}

/** Add-ons may read the same Secret, if they expect the same in it. */
function contradictingSecrets(addons: readonly AddonPlan[]): Problem[] {
  const known = new Map<string, { addon: string; content: string }>();
  const problems: Problem[] = [];
  for (const addon of addons) {
    for (const { configKey, name, namespace, keys, labels = {} } of addon.secrets) {
      const content = JSON.stringify([configKey, keys, labels]);
      const before = known.get(`${namespace}/${name}`);
      known.set(`${namespace}/${name}`, before ?? { addon: addon.name, content });
      if (!before || before.content === content) continue;
      const message = `expects something else in the Secret ${namespace}/${name} than ${before.addon} does`;
      problems.push({ path: `addons.${addon.name}`, message, hint: "switch one of them off" });
    }
  }
  return problems;
}

/**
 * What all add-ons together ask of the machine configuration, sorted by their names: in the order of delivery, a move to
 * another delivery would change lists in the configuration and with them every node.
 */
export function machineRequirements(addons: readonly AddonPlan[]): MachineRequirement[] {
  const sorted = [...addons].sort((a, b) => (a.name < b.name ? -1 : 1));
  return sorted.flatMap(({ machine }) => machine);
}

/** What entries themselves find wrong with their settings. */
function wrongSettings({ addon, settings }: Selected, facts: ClusterFacts, said: Values): Problem[] {
  return (addon.check?.(facts, settings, said) ?? []).map((problem) => ({
    ...problem,
    path: ["addons", addon.name, "settings", problem.path].filter(Boolean).join("."),
  }));
}

/** What an add-on brings into a cluster. */
interface Content {
  /** The catalogue's alone, without what the stack file says. */
  catalogueValues: Values;
  values: Values;
  objectsBefore: KubernetesObject[];
  objects: KubernetesObject[];
}

/** Answers what the chosen add-ons bring into a cluster with these facts. */
function contentFor(
  selected: readonly Selected[],
  facts: ClusterFacts,
  platform: Platform,
): (one: Selected) => Content {
  const wanted = valuesForOthers(selected, facts);
  return ({ addon, settings, values }) => {
    const own = [addon.values?.(facts, settings) ?? {}, ...(wanted.get(addon.name) ?? [])];
    const catalogueValues = own.map(withoutUndefined).reduce(mergeValues);
    return {
      catalogueValues,
      values: mergeValues(catalogueValues, values),
      objectsBefore: withoutUndefined(addon.objectsBefore?.(facts, settings) ?? []),
      objects: withoutUndefined(addon.objects?.(facts, settings, platform) ?? []),
    };
  };
}

/** What works for a downstream cluster runs in a namespace of that cluster's name. */
function platformOf(selected: readonly Selected[], { downstream }: ClusterConfig): Platform {
  const own = selected.map(({ addon }) => addon.namespace.name);
  return {
    addons: selected.map(({ addon }) => addon.name).sort(),
    namespaces: [...new Set([...own, ...Object.keys(downstream?.clusters ?? {})])].sort(),
  };
}

/** What add-ons want in the values of others, by the others' names. */
function valuesForOthers(selected: readonly Selected[], facts: ClusterFacts): Map<string, Values[]> {
  const wanted = new Map<string, Values[]>();
  for (const { addon, settings } of selected) {
    for (const [name, values] of Object.entries(addon.valuesOfOthers?.(facts, settings) ?? {})) {
      wanted.set(name, [...(wanted.get(name) ?? []), values]);
    }
  }
  return wanted;
}

function planAddon(
  { addon, settings, delivery, existingSecrets }: Selected,
  after: string[],
  facts: ClusterFacts,
  { values, objectsBefore, objects }: Content,
): AddonPlan {
  const chart = addon.chart && { ...addon.chart, version: chartVersion(addon.chart.version, facts) };
  return {
    name: addon.name,
    description: addon.description,
    version: chart?.version ?? "",
    delivery,
    ...(chart ? { chart } : {}),
    namespace: addon.namespace,
    values,
    objectsBefore,
    objects,
    secrets: existingSecrets ? [] : (addon.secrets?.(facts, settings) ?? []),
    after,
    provides: addon.provides?.(facts, settings) ?? [],
    machine: addon.machine?.(facts, settings) ?? [],
    workloads: addon.workloads?.(values) ?? [],
    awaited: addon.awaited ?? true,
    timeoutSeconds: addon.timeoutSeconds ?? 600,
  };
}

function templateOf({ addon }: Selected, { labels }: ClusterFacts, content: Content): AddonTemplate {
  const { values, objectsBefore, objects } = content;
  return { selector: selectorOf(addon, labels), values, objectsBefore, objects };
}

function chartVersion(version: string | ((facts: ClusterFacts) => string), facts: ClusterFacts): string {
  return typeof version === "string" ? version : version(facts);
}

/** The entry's own values have to fit its chart, too: a slip there would be ignored silently by Helm. */
function unknownValues(addon: Addon, values: Record<string, unknown>): Problem[] {
  const known = addon.valueKeys;
  if (!known) return [];
  return Object.keys(values)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      path: `addons.${addon.name}`,
      message: `the catalogue sets the chart value ${key}, which the chart does not have`,
      hint: suggestion(key, known) ?? `known are ${either(known)}`,
    }));
}

/** Groups whose kinds every API server knows. */
const builtInGroups = new Set(
  `admissionregistration.k8s.io apiextensions.k8s.io apiregistration.k8s.io apps autoscaling batch certificates.k8s.io
  coordination.k8s.io discovery.k8s.io flowcontrol.apiserver.k8s.io networking.k8s.io node.k8s.io policy
  rbac.authorization.k8s.io scheduling.k8s.io storage.k8s.io`.split(/\s+/),
);

/** Custom kinds that the chosen add-ons bring, as `<apiVersion> <Kind>`. */
function definedKinds(selected: readonly Selected[], unread: readonly Addon[]): Set<string> {
  return kindsOf([...selected.map(({ addon }) => addon), ...unread]);
}

function kindsOf(addons: readonly Addon[]): Set<string> {
  const definitions = addons.flatMap(({ definitions = [] }) => definitions);
  return new Set(
    definitions.flatMap(({ group, version, namespaced = [], clusterWide = [] }) =>
      [...namespaced, ...clusterWide].map((kind) => `${group}/${version} ${kind}`),
    ),
  );
}

function undefinedKinds(
  addon: AddonPlan,
  objects: readonly KubernetesObject[],
  defined: ReadonlySet<string>,
  rest: readonly Addon[],
): Problem[] {
  return objects
    .filter(({ apiVersion }) => apiVersion.includes("/") && !builtInGroups.has(apiVersion.split("/")[0] as string))
    .filter(({ apiVersion, kind }) => !defined.has(`${apiVersion} ${kind}`))
    .map(({ apiVersion, kind, metadata }) => ({
      path: `addons.${addon.name}`,
      message: `applies ${kind} ${metadata.name} of ${apiVersion}, a kind that no chosen add-on defines`,
      ...definersOf(`${apiVersion} ${kind}`, rest),
    }));
}

/** Where a kind could come from. */
function definersOf(kind: string, entries: readonly Addon[]): Pick<Problem, "hint"> {
  const names = entries.filter((addon) => kindsOf([addon]).has(kind)).map(({ name }) => `addons.${name}`);
  return names.length > 0 ? { hint: `switch on ${either(names)}` } : {};
}
