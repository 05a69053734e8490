/** What the catalogue asks of charts: each chart with all the values that clusters give it. */
import { join } from "node:path";
import { autoscalerChart } from "../components/downstream-clusters/autoscaler.ts";
import type { Addon, AddonPlan, Chart, Delivery, Values } from "../components/platform-addons/addon.ts";
import { catalogue } from "../components/platform-addons/catalogue/index.ts";
import { planAddons } from "../components/platform-addons/plan.ts";
import { checkStackFiles, readStackFiles } from "../config/load.ts";
import { type ClusterPlan, planCluster } from "../stacks/plan.ts";

/** A chart of one entry, as it is used. */
export interface PlannedChart {
  /** The entry's name, which is the release's as well. */
  entry: string;
  chart: Chart;
  namespace: string;
  /** What is rendered, once for all clusters that render the same. */
  uses: { clusters: string[]; kubernetes: string; values: Values }[];
}

/**
 * The clusters of the project and its examples.
 * @param root the project's folder
 */
export function plannedClusters(root: string): ClusterPlan[] {
  const { shared, clusters } = readStackFiles(root);
  const examples = checkStackFiles(join(root, "examples/home")).clusters;
  const site = { shared, clusters: { ...clusters, ...examples } };
  return Object.keys(site.clusters).map((stack) => planCluster(stack, site));
}

/** Entries by their names; all without any. */
export function entriesOf(wanted: readonly string[]): readonly Addon[] {
  return catalogue().filter(({ name }) => wanted.length === 0 || wanted.includes(name));
}

/**
 * An entry as a cluster would have it. One that the cluster has not switched on is taken with its example, so that every
 * value of the catalogue is looked at.
 * @param delivery who applies it; left out, as the cluster says
 */
export function entryIn(
  { config, facts }: ClusterPlan,
  { name, example }: Addon,
  delivery?: Delivery,
): AddonPlan | undefined {
  const said = config.addons[name] || (example ? { settings: example } : {});
  const selection = { ...(said === true ? {} : said), ...(delivery ? { delivery } : {}) };
  // What is wrong with such a selection does not matter: only this entry is looked at.
  const switchedOn = { ...config, addons: { ...config.addons, [name]: selection } } as typeof config;
  return planAddons(switchedOn, facts).addons.find((addon) => addon.name === name);
}

/** The charts of entries for all clusters. */
export function plannedCharts(plans: readonly ClusterPlan[], entries: readonly Addon[]): PlannedChart[] {
  const charts = new Map<string, PlannedChart>();
  for (const entry of entries) {
    for (const cluster of plans) {
      const plan = entryIn(cluster, entry);
      if (plan?.chart) add(charts, entry.name, { ...plan, chart: plan.chart, namespace: plan.namespace.name }, cluster);
    }
  }
  return [...charts.values()];
}

/** The charts that clusters need for the clusters that they make, and that are no entries. */
export function downstreamCharts(plans: readonly ClusterPlan[]): PlannedChart[] {
  const charts = new Map<string, PlannedChart>();
  for (const cluster of plans) {
    for (const { autoscaler } of cluster.downstream?.clusters ?? []) {
      if (autoscaler) add(charts, autoscalerChart.name, { ...autoscaler, chart: autoscalerChart }, cluster);
    }
  }
  return [...charts.values()];
}

function add(
  charts: Map<string, PlannedChart>,
  entry: string,
  { chart, namespace, values }: { chart: Chart; namespace: string; values: Values },
  { facts }: ClusterPlan,
): void {
  const key = `${entry} ${chart.version}`;
  const planned: PlannedChart = charts.get(key) ?? { entry, chart, namespace, uses: [] };
  charts.set(key, planned);
  const kubernetes = facts.release.kubernetes;
  const text = JSON.stringify(values);
  const same = planned.uses.find((use) => use.kubernetes === kubernetes && JSON.stringify(use.values) === text);
  if (same) same.clusters.push(facts.name);
  else planned.uses.push({ clusters: [facts.name], kubernetes, values });
}
