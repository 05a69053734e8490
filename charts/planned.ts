/** What the catalogue asks of charts: each chart with all the values that clusters give it. */
import { autoscalerChart, autoscalerValueKeys } from "../components/downstream-clusters/autoscaler.ts";
import type {
  Addon,
  AddonPlan,
  Chart,
  Delivery,
  PodSecurity,
  Values,
  Workload,
} from "../components/platform-addons/addon.ts";
import { catalogue } from "../components/platform-addons/catalogue/index.ts";
import { planAddons } from "../components/platform-addons/plan.ts";
import type { Release } from "../config/index.ts";
import type { ClusterPlan } from "../stacks/plan.ts";
import { firstsOf, type NamedCluster } from "./clusters.ts";
import { variations } from "./variations.ts";

/** A chart of one entry, as it is used. */
export interface PlannedChart {
  /** The entry's name, which is the release's as well. */
  entry: string;
  chart: Chart;
  namespace: string;
  /** Level that the namespace enforces. @default not the entry's to say */
  podSecurity?: PodSecurity | undefined;
  /** The chart's top-level keys, as the entry lists them. @default they are not listed */
  valueKeys?: readonly string[] | undefined;
  /** The release decides the version, and the list has the keys of all versions. @default false */
  followsRelease?: boolean | undefined;
  /** What is rendered, once for all clusters that render the same, and what the entry says that it runs. */
  uses: { clusters: string[]; kubernetes: string; values: Values; workloads?: Workload[] | undefined }[];
}

/** A chart as one cluster uses it. */
interface Used {
  name: string;
  chart: Chart;
  namespace: string;
  podSecurity?: PodSecurity | undefined;
  valueKeys?: readonly string[] | undefined;
  followsRelease?: boolean | undefined;
  values: Values;
  workloads?: Workload[];
}

/** Entries by their names; all without any. */
export function entriesOf(wanted: readonly string[]): readonly Addon[] {
  return catalogue().filter(({ name }) => wanted.length === 0 || wanted.includes(name));
}

/** An entry in a cluster, with certain settings. */
export interface Case {
  cluster: ClusterPlan;
  entry: Addon;
  /** How the cluster is called where something is wrong. */
  title: string;
  /** @default what the cluster says, and the entry's example where it is not switched on */
  settings?: unknown;
  /** Another entry that is switched on as well. @default what the cluster says */
  beside?: Addon;
}

/**
 * Every entry in every cluster, and once for every Kubernetes version with each of its other settings, and beside each entry
 * that has a say in its values.
 * @param others clusters that no stack file is for
 */
export function casesOf(
  plans: readonly ClusterPlan[],
  entries: readonly Addon[],
  others: readonly NamedCluster[] = [],
): Case[] {
  const firsts = firstsOf(plans);
  return entries.flatMap((entry) => [
    ...plans.map((cluster) => ({ cluster, entry, title: cluster.facts.name })),
    ...others.map((other) => ({ ...other, entry })),
    ...(variations[entry.name] ?? []).flatMap((settings) =>
      firsts.map((cluster) => ({ cluster, entry, title: `${cluster.facts.name} with other settings`, settings })),
    ),
    ...firsts.flatMap((cluster) =>
      advisersOf(entry, cluster).map((beside) => ({
        cluster,
        entry,
        title: `${cluster.facts.name} with ${beside.name}`,
        beside,
      })),
    ),
  ]);
}

/** Entries that want something in the values of another. */
function advisersOf({ name }: Addon, { facts }: ClusterPlan): Addon[] {
  return catalogue().filter(({ valuesOfOthers, settings, example }) => {
    if (!valuesOfOthers) return false;
    return name in valuesOfOthers(facts, settings.parse(example ?? {}));
  });
}

/**
 * What comes of a case.
 * @param delivery who applies it; left out, as the cluster says
 */
export function planOf({ cluster, entry, settings, beside }: Case, delivery?: Delivery): AddonPlan | undefined {
  const { config, facts } = cluster;
  const selection = {
    ...saidOf(entry, cluster),
    ...(settings ? { settings } : {}),
    ...(delivery ? { delivery } : {}),
  };
  // What is wrong with such a selection does not matter: only this entry is looked at.
  const addons = {
    ...config.addons,
    ...(beside ? { [beside.name]: saidOf(beside, cluster) } : {}),
    [entry.name]: selection,
  };
  return planAddons({ ...config, addons } as typeof config, facts).addons.find(({ name }) => name === entry.name);
}

/** What a cluster says of an entry, and the entry's example where it is not switched on. */
function saidOf({ name, example }: Addon, { config }: ClusterPlan): object {
  const said = config.addons[name] || (example ? { settings: example } : {});
  return said === true ? {} : said;
}

/**
 * The charts of entries for all clusters.
 * @param makers clusters that make others: with what those consist of, and what they need beside the entries
 */
export function plannedCharts(cases: readonly Case[], makers: readonly NamedCluster[] = []): PlannedChart[] {
  const charts = new Map<string, PlannedChart>();
  for (const one of cases) {
    const plan = planOf(one);
    if (plan) add(charts, usedBy(plan), one.cluster.facts.release, one.title);
  }
  for (const { cluster, title } of makers) {
    const { facts, config, shared, downstream } = cluster;
    for (const { autoscaler } of downstream?.clusters ?? []) {
      if (autoscaler) add(charts, [{ ...autoscaler, ...scaler }], facts.release, title);
    }
    for (const [name, addons] of Object.entries(downstream?.addons ?? {})) {
      const said = config.downstream?.clusters[name]?.release;
      const release = (said && shared.releases[said]) || facts.release;
      add(charts, addons.flatMap(usedBy), release, `${title}, cluster ${name}`);
    }
  }
  return [...charts.values()];
}

/** It runs in the cluster that makes others. */
const scaler = { name: autoscalerChart.name, chart: autoscalerChart, valueKeys: autoscalerValueKeys };

/** The chart of an add-on; nothing without one. */
function usedBy(plan: AddonPlan): Used[] {
  if (!plan.chart) return [];
  const { name: namespace, podSecurity } = plan.namespace;
  const { valueKeys, chart } = catalogue().find(({ name }) => name === plan.name) ?? {};
  const followsRelease = typeof chart?.version === "function";
  return [{ ...plan, chart: plan.chart, namespace, podSecurity, valueKeys, followsRelease }];
}

function add(charts: Map<string, PlannedChart>, all: readonly Used[], { kubernetes }: Release, title: string): void {
  for (const { name, values, workloads, ...used } of all) {
    const { chart, namespace, podSecurity, valueKeys, followsRelease } = used;
    const key = `${name} ${chart.version}`;
    const about = { entry: name, chart, namespace, podSecurity, valueKeys, followsRelease };
    const planned: PlannedChart = charts.get(key) ?? { ...about, uses: [] };
    charts.set(key, planned);
    const text = JSON.stringify(values);
    const same = planned.uses.find((use) => use.kubernetes === kubernetes && JSON.stringify(use.values) === text);
    if (same) same.clusters.push(title);
    else planned.uses.push({ clusters: [title], kubernetes, values, workloads });
  }
}
