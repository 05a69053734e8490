/** What the catalogue asks of charts: each chart with all the values that clusters give it. */
import { join } from "node:path";
import type { Chart, Values } from "../components/platform-addons/addon.ts";
import { catalogue } from "../components/platform-addons/catalogue/index.ts";
import { planAddons } from "../components/platform-addons/plan.ts";
import { checkStackFiles, readStackFiles } from "../config/load.ts";
import { planCluster } from "../stacks/plan.ts";

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
 * The charts of all entries for the clusters of the project and its examples. Entries that a cluster has not switched on are
 * taken with their example, so that every value of the catalogue is looked at.
 *
 * @param root the project's folder
 * @param wanted names of entries; empty for all
 */
export function plannedCharts(root: string, wanted: string[]): PlannedChart[] {
  const { shared, clusters } = readStackFiles(root);
  const examples = checkStackFiles(join(root, "examples/home")).clusters;
  const site = { shared, clusters: { ...clusters, ...examples } };
  const plans = Object.keys(site.clusters).map((stack) => planCluster(stack, site));
  const charts = new Map<string, PlannedChart>();
  for (const { name: entry, example } of catalogue()) {
    if (wanted.length > 0 && !wanted.includes(entry)) continue;
    for (const { config, facts } of plans) {
      const said = config.addons[entry] || (example ? { settings: example } : true);
      // What is wrong with such a selection does not matter: only this entry's values are looked at.
      const switchedOn = { ...config, addons: { ...config.addons, [entry]: said } } as typeof config;
      const plan = planAddons(switchedOn, facts).addons.find(({ name }) => name === entry);
      if (!plan?.chart) continue;
      const key = `${entry} ${plan.chart.version}`;
      const planned = charts.get(key) ?? { entry, chart: plan.chart, namespace: plan.namespace.name, uses: [] };
      charts.set(key, planned);
      const kubernetes = facts.release.kubernetes;
      const text = JSON.stringify(plan.values);
      const same = planned.uses.find((use) => use.kubernetes === kubernetes && JSON.stringify(use.values) === text);
      if (same) same.clusters.push(facts.name);
      else planned.uses.push({ clusters: [facts.name], kubernetes, values: plan.values });
    }
  }
  return [...charts.values()];
}
