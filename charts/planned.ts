/** What the catalogue asks of charts: each chart with all the values that clusters give it. */
import { join } from "node:path";
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
import { checkStackFiles, readStackFiles } from "../config/load.ts";
import { type ClusterPlan, planCluster } from "../stacks/plan.ts";
import { addonsForDownstream, otherDownstream, variations } from "./variations.ts";

const examples = join(import.meta.dirname, "../examples");

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
  values: Values;
  workloads?: Workload[];
}

/**
 * The clusters of a folder, and those of the examples.
 * @param folder has the stack files
 */
export function plannedClusters(folder: string): ClusterPlan[] {
  const site = readStackFiles(folder);
  const examples = Object.entries(exampleClusters()).filter(([stack]) => !(stack in site.clusters));
  return [...Object.keys(site.clusters).map((stack) => planCluster(stack, site)), ...examples.map(([, plan]) => plan)];
}

/** Clusters of the examples, planned without those of a folder: they may have the same ids, and other releases. */
function exampleClusters(): Record<string, ClusterPlan> {
  const { shared } = readStackFiles(join(examples, "fleet"));
  const { clusters } = checkStackFiles(join(examples, "home"));
  return Object.fromEntries(Object.keys(clusters).map((stack) => [stack, planCluster(stack, { shared, clusters })]));
}

/**
 * The clusters of a folder that make others, with what their stack files leave out: clusters on Harvester, a Gateway, an
 * interface for tenants.
 * @param folder has the stack files
 */
export function variedDownstream(folder: string): ClusterPlan[] {
  const { shared, clusters } = readStackFiles(folder);
  return Object.entries(clusters).flatMap(([stack, config]) => {
    const downstream = config.downstream && otherDownstream(config.downstream, config.release);
    if (!downstream) return [];
    const addons = { ...config.addons, ...addonsForDownstream } as typeof config.addons;
    return [planCluster(stack, { shared, clusters: { ...clusters, [stack]: { ...config, addons, downstream } } })];
  });
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
}

/** Every entry in every cluster, and once for every Kubernetes version with each of its other settings. */
export function casesOf(plans: readonly ClusterPlan[], entries: readonly Addon[]): Case[] {
  const firsts = plans.filter(
    ({ facts }, index) =>
      plans.findIndex((other) => other.facts.release.kubernetes === facts.release.kubernetes) === index,
  );
  return entries.flatMap((entry) => [
    ...plans.map((cluster) => ({ cluster, entry, title: cluster.facts.name })),
    ...(variations[entry.name] ?? []).flatMap((settings) =>
      firsts.map((cluster) => ({ cluster, entry, title: `${cluster.facts.name} with other settings`, settings })),
    ),
  ]);
}

/**
 * What comes of a case.
 * @param delivery who applies it; left out, as the cluster says
 */
export function planOf({ cluster, entry, settings }: Case, delivery?: Delivery): AddonPlan | undefined {
  const { config, facts } = cluster;
  const { name, example } = entry;
  const said = config.addons[name] || (example ? { settings: example } : {});
  const selection = {
    ...(said === true ? {} : said),
    ...(settings ? { settings } : {}),
    ...(delivery ? { delivery } : {}),
  };
  // What is wrong with such a selection does not matter: only this entry is looked at.
  const switchedOn = { ...config, addons: { ...config.addons, [name]: selection } } as typeof config;
  return planAddons(switchedOn, facts).addons.find((addon) => addon.name === name);
}

/** The charts of entries for all clusters. */
export function plannedCharts(cases: readonly Case[]): PlannedChart[] {
  const charts = new Map<string, PlannedChart>();
  for (const one of cases) {
    const plan = planOf(one);
    if (!plan?.chart) continue;
    const { name: namespace, podSecurity } = plan.namespace;
    const { valueKeys } = one.entry;
    add(charts, { ...plan, chart: plan.chart, namespace, podSecurity, valueKeys }, one.cluster, one.title);
  }
  return [...charts.values()];
}

/** The charts that clusters need for the clusters that they make, and that are no entries. */
export function downstreamCharts(plans: readonly ClusterPlan[]): PlannedChart[] {
  const charts = new Map<string, PlannedChart>();
  for (const cluster of plans) {
    for (const { autoscaler } of cluster.downstream?.clusters ?? []) {
      const used = { name: autoscalerChart.name, chart: autoscalerChart, valueKeys: autoscalerValueKeys };
      if (autoscaler) add(charts, { ...autoscaler, ...used }, cluster, cluster.facts.name);
    }
  }
  return [...charts.values()];
}

function add(
  charts: Map<string, PlannedChart>,
  { name, chart, namespace, podSecurity, valueKeys, values, workloads }: Used,
  { facts }: ClusterPlan,
  title: string,
): void {
  const key = `${name} ${chart.version}`;
  const planned: PlannedChart = charts.get(key) ?? { entry: name, chart, namespace, podSecurity, valueKeys, uses: [] };
  charts.set(key, planned);
  const kubernetes = facts.release.kubernetes;
  const text = JSON.stringify(values);
  const same = planned.uses.find((use) => use.kubernetes === kubernetes && JSON.stringify(use.values) === text);
  if (same) same.clusters.push(title);
  else planned.uses.push({ clusters: [title], kubernetes, values, workloads });
}
