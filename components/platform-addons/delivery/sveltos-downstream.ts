/**
 * The platform of downstream clusters: profiles of Sveltos that select `Cluster` objects of Cluster API by their labels.
 * One profile serves all clusters that get the same of an add-on as most of them do, and those that others ask for; each of the
 * rest has its own. So a change to one cluster makes no other profile of the others.
 *
 * Facts: github.com/projectsveltos/addon-controller, v1.13.0: api/v1beta1/spec.go (`clusterSelector` is a selector of
 * Kubernetes, `matchExpressions` included).
 */
import type { ClusterFacts } from "../../facts.ts";
import type { AddonPlan, KubernetesObject } from "../addon.ts";
import { sveltosAddons, sveltosProfiles } from "./sveltos.ts";

/** Annotations of a `Cluster` that templates read besides what is in its specification. */
export const downstreamAnnotations = {
  id: "orrery/id",
  loadBalancers: "orrery/load-balancers",
  asn: "orrery/asn",
} as const;

/** Found nowhere else; as long as a cluster's own. */
const standIns = { id: 990_415, asn: 4_199_904_150, loadBalancers: "240.77.16.0/28" };

/** A downstream cluster, as its add-ons see it. */
export interface DownstreamPlatform {
  name: string;
  /** Label that no other cluster has. */
  own: Record<string, string>;
  /** Labels of its `Cluster`. */
  labels: Record<string, string>;
  /** Planned with {@link downstreamFacts}. */
  addons: readonly AddonPlan[];
  facts: ClusterFacts;
}

/** Facts of a downstream cluster with stand-ins for what differs between clusters and is in no `Cluster`'s specification. */
export function downstreamFacts(facts: ClusterFacts): ClusterFacts {
  const { addresses } = facts;
  return {
    ...facts,
    addresses: {
      ...addresses,
      clusterId: standIns.id,
      loadBalancerRanges: [standIns.loadBalancers],
      ...(addresses.bgp ? { bgp: { ...addresses.bgp, ciliumAsn: standIns.asn } } : {}),
    },
  };
}

/** What stands in the annotations of a cluster's `Cluster`. */
export function downstreamValues({ addresses }: ClusterFacts): Record<string, string> {
  return {
    [downstreamAnnotations.id]: String(addresses.clusterId),
    [downstreamAnnotations.loadBalancers]: addresses.loadBalancerRanges.join(","),
    ...(addresses.bgp ? { [downstreamAnnotations.asn]: String(addresses.bgp.ciliumAsn) } : {}),
  };
}

/** The labels by which a cluster gets its add-ons. */
export function selectingLabels(addons: readonly AddonPlan[]): Record<string, string> {
  return Object.assign({}, ...addons.map(({ template }) => template?.selector ?? {}));
}

/** Profiles, and the ConfigMaps that they name, for all clusters together. */
export function downstreamProfiles(clusters: readonly DownstreamPlatform[]): KubernetesObject[] {
  const rendered = clusters.map((cluster) => ({
    cluster,
    profiles: sveltosProfiles(sveltosAddons(cluster.addons), cluster.facts),
    /** What profiles and ConfigMaps that are done already are called in the end. */
    names: new Map<string, string>(),
  }));
  const done = new Map<string, KubernetesObject>();
  // The order of each cluster holds: what an add-on waits for has been named before it.
  for (const addon of [...new Set(clusters.flatMap(({ addons }) => addons.map(({ name }) => name)))].sort(
    inOrder(clusters),
  )) {
    const having = rendered.filter(({ profiles }) => profiles.has(addon));
    const alike = most(having, ({ profiles, names }) => JSON.stringify(named(profiles.get(addon) ?? [], names)));
    const getting = alike.map(({ cluster }) => cluster);
    const shared = commonSelector(addon, getting, clusters);
    for (const { cluster, profiles, names } of having) {
      const objects = profiles.get(addon) ?? [];
      const common = getting.includes(cluster) ? shared : undefined;
      const prefix = common ? "downstream" : cluster.name;
      for (const { metadata } of objects) names.set(metadata.name, `${prefix}-${metadata.name}`);
      for (const object of named(objects, names)) {
        const selected = selecting(object, common ?? { matchLabels: cluster.own });
        done.set(`${selected.kind} ${selected.metadata.name}`, selected);
      }
    }
  }
  return [...done.values()].sort((a, b) => Number(a.kind === "ClusterProfile") - Number(b.kind === "ClusterProfile"));
}

/**
 * The add-ons of all clusters: once as most of those who get them get them, and for each of the others.
 * @param textOf what an add-on comes to for a cluster, as a text that tells whether it is the same
 */
export function sharedAndOwn<T extends DownstreamPlatform>(
  clusters: readonly T[],
  textOf: (cluster: T, addon: AddonPlan) => string,
): { name: string; addon: AddonPlan; cluster: T; selector: ClusterSelector }[] {
  const names = [...new Set(clusters.flatMap(({ addons }) => addons.map(({ name }) => name)))];
  return names.sort(inOrder(clusters)).flatMap((name) => {
    const having = clusters.flatMap((cluster) => {
      const addon = cluster.addons.find((each) => each.name === name);
      return addon ? [{ cluster, addon }] : [];
    });
    const alike = most(having, ({ cluster, addon }) => textOf(cluster, addon));
    const common = commonSelector(
      name,
      alike.map(({ cluster }) => cluster),
      clusters,
    );
    const [first] = alike;
    const rest = common ? having.filter((each) => !alike.includes(each)) : having;
    return [
      ...(common && first ? [{ name: `downstream-${name}`, ...first, selector: common }] : []),
      ...rest.map((each) => ({
        name: `${each.cluster.name}-${name}`,
        ...each,
        selector: { matchLabels: each.cluster.own },
      })),
    ];
  });
}

/** The largest group of those with the same text; of groups of one size the one that comes first. */
function most<T>(all: readonly T[], textOf: (one: T) => string): T[] {
  const groups = [...Map.groupBy(all, textOf).values()];
  return groups.reduce<T[]>((largest, group) => (group.length > largest.length ? group : largest), []);
}

/** Which clusters an engine brings an add-on into. */
export interface ClusterSelector {
  matchLabels: Record<string, string>;
  matchExpressions?: { key: string; operator: "NotIn"; values: string[] }[];
}

/**
 * What selects the clusters that get an add-on by its labels, and nobody else: not those that have the labels for another
 * add-on, or switch this one off. Undefined where one of them has not all of its labels.
 */
function commonSelector(
  name: string,
  getting: readonly DownstreamPlatform[],
  clusters: readonly DownstreamPlatform[],
): ClusterSelector | undefined {
  const matchLabels = getting[0]?.addons.find((addon) => addon.name === name)?.template?.selector ?? {};
  const isFound = ({ labels }: DownstreamPlatform) =>
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  if (!getting.every(isFound)) return undefined;
  const others = clusters.filter((cluster) => isFound(cluster) && !getting.includes(cluster));
  const [key] = others.flatMap(({ own }) => Object.keys(own));
  if (key === undefined) return { matchLabels };
  const values = others.map(({ own }) => own[key] ?? "").sort();
  return { matchLabels, matchExpressions: [{ key, operator: "NotIn", values }] };
}

/** Sorts names of add-ons so that in every cluster each comes after those it waits for. */
function inOrder(clusters: readonly DownstreamPlatform[]): (one: string, other: string) => number {
  const after = new Map<string, Set<string>>();
  for (const { addons } of clusters) {
    for (const addon of addons) {
      const before = after.get(addon.name) ?? new Set<string>();
      for (const name of addon.after) for (const each of [name, ...(after.get(name) ?? [])]) before.add(each);
      after.set(addon.name, before);
    }
  }
  const depth = (name: string) => after.get(name)?.size ?? 0;
  return (one, other) => depth(one) - depth(other) || (one < other ? -1 : 1);
}

/** Objects with the names that they and others have in the end, with templates for this file's stand-ins, for downstream clusters only. */
function named(objects: readonly KubernetesObject[], names: ReadonlyMap<string, string>): KubernetesObject[] {
  const nameOf = (name: string) => names.get(name) ?? name;
  return objects.map((object) => {
    const metadata = { ...object.metadata, name: nameOf(object.metadata.name) };
    if (object.kind !== "ClusterProfile") return { ...object, metadata, data: templated(object.data) };
    // The management cluster has its own delivery.
    const { clusterRefs: _, ...spec } = object.spec as ProfileSpec;
    return {
      ...object,
      metadata,
      spec: {
        ...spec,
        ...(spec.dependsOn ? { dependsOn: spec.dependsOn.map(nameOf) } : {}),
        ...(spec.policyRefs
          ? { policyRefs: spec.policyRefs.map((each) => ({ ...each, name: nameOf(each.name) })) }
          : {}),
        ...(spec.helmCharts
          ? {
              helmCharts: spec.helmCharts.map((chart) => ({
                ...chart,
                valuesFrom: chart.valuesFrom.map((each) => ({ ...each, name: nameOf(each.name) })),
              })),
            }
          : {}),
      },
    };
  });
}

interface ProfileSpec {
  clusterRefs?: unknown;
  dependsOn?: string[];
  policyRefs?: { name: string }[];
  helmCharts?: { valuesFrom: { name: string }[] }[];
}

function templated(data: unknown): Record<string, string> {
  const annotation = (name: keyof typeof downstreamAnnotations) =>
    `{{ index .Cluster.metadata.annotations "${downstreamAnnotations[name]}" }}`;
  const entries = Object.entries(data as Record<string, string>).map(([key, text]) => [
    key,
    withoutStandIns(text, annotation),
  ]);
  return Object.fromEntries(entries);
}

/** A text with an engine's own words in place of this file's stand-ins. */
export function withoutStandIns(text: string, word: (name: keyof typeof downstreamAnnotations) => string): string {
  return text
    .replaceAll(standIns.loadBalancers, word("loadBalancers"))
    .replaceAll(String(standIns.asn), word("asn"))
    .replaceAll(String(standIns.id), word("id"));
}

function selecting(object: KubernetesObject, clusterSelector: ClusterSelector): KubernetesObject {
  if (object.kind !== "ClusterProfile") return object;
  return { ...object, spec: { ...(object.spec as ProfileSpec), clusterSelector } };
}
