/** Holds the catalogue against the charts that it names: `npm run charts`. */
import { existsSync, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { catalogue } from "../components/platform-addons/catalogue/index.ts";
import { checkObjects, type ObjectSet } from "./api/check-objects.ts";
import { definitionUrls } from "./api/definition-sources.ts";
import type { OpenApi } from "./api/openapi.ts";
import { fetchDefinitions, fetchOpenApi, readDefinitions, readOpenApi } from "./api/sources.ts";
import type { Bag } from "./chart-files.ts";
import { checkChart } from "./check.ts";
import { named, otherClusters, plannedClusters, variedDownstream } from "./clusters.ts";
import { downstreamObjects, entryObjects } from "./own-objects.ts";
import { casesOf, entriesOf, type PlannedChart, plannedCharts } from "./planned.ts";
import { absentText, type Counts, chartText, objectsText } from "./report.ts";
import { ChartFolder, fetchChart, NotFound } from "./sources.ts";

const help = `Holds the values of the catalogue against the charts that it names, and all objects against Kubernetes.

Usage
  npm run charts [-- entries...] [options]

Every chart is fetched at its pinned version. A value that the chart does not know, that its schema refuses, or a Kubernetes version
that it is not for fails. helm, which has to be on the PATH, renders each chart for every cluster of the project. What charts
render and what the project writes itself has to be what the clusters' Kubernetes versions take, to the last field.

Options
  --from <folder>   takes charts and descriptions of Kubernetes that are there already, and fetches nothing
  --help            show this text

Exit code: 0 when all is well, 1 when a check failed, 2 when something could not be had`;

const root = resolve(import.meta.dirname, "..");
const cache = join(root, ".orrery/charts");

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { from: { type: "string" }, help: { type: "boolean" } },
    allowPositionals: true,
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const known = catalogue().map(({ name }) => name);
  const stranger = positionals.find((name) => !known.includes(name));
  if (stranger) throw new Error(`there is no entry "${stranger}"; known are ${known.join(", ")}`);
  const folder = values.from === undefined ? undefined : resolve(values.from);
  if (folder !== undefined && !existsSync(folder)) throw new Error(`there is no folder ${folder}`);
  const plans = plannedClusters(root);
  const cases = casesOf(plans, entriesOf(positionals), otherClusters(root));
  const whole = positionals.length === 0;
  const makers = whole ? [...named(plans), ...variedDownstream(root)] : [];
  const charts = plannedCharts(cases, makers);
  const counts: Counts = { well: 0, wrong: 0, absent: 0 };
  const rendered = await checkCharts(charts, folder, counts);
  const own = [...entryObjects(cases), ...downstreamObjects(makers)];
  await checkAll([...rendered, ...own], charts, folder, counts);
  console.log(`\n${counts.well} well, ${counts.wrong} wrong, ${counts.absent} not to be had`);
  return counts.wrong > 0 ? 1 : counts.absent > 0 ? 2 : 0;
}

/** @returns what was rendered */
async function checkCharts(charts: PlannedChart[], folder: string | undefined, counts: Counts): Promise<ObjectSet[]> {
  const present = folder === undefined ? undefined : new ChartFolder(folder);
  const helm = onPath("helm");
  if (!helm) console.log(absentText("helm", "is not on the PATH: charts are not rendered", counts));
  const rendered: ObjectSet[] = [];
  for (const planned of charts) {
    const checked = await unlessAbsent(async () => {
      const files = present ? present.take(planned.chart) : await fetchChart(planned.chart, cache);
      return checkChart(planned, files, helm);
    });
    if (typeof checked !== "string") rendered.push(...checked.rendered);
    console.log(chartText(planned, checked, counts));
  }
  return rendered;
}

async function checkAll(
  sets: ObjectSet[],
  charts: PlannedChart[],
  folder: string | undefined,
  counts: Counts,
): Promise<void> {
  const openApis = new Map<string, OpenApi>();
  for (const version of [...new Set(sets.map(({ kubernetes }) => kubernetes))].sort()) {
    const openApi = await unlessAbsent(() => (folder ? readOpenApi(folder, version) : fetchOpenApi(cache, version)));
    if (typeof openApi !== "string") openApis.set(version, openApi);
    else console.log(absentText(`Kubernetes ${version}`, openApi, counts));
  }
  const definitions = folder ? readDefinitions(folder) : await fetchedDefinitions(sets, charts, counts);
  if (openApis.size === 0) return;
  console.log(`\n${objectsText(checkObjects(sets, openApis, definitions), [...openApis.keys()], counts)}`);
}

/** What no chart renders, from where it is published. */
async function fetchedDefinitions(sets: ObjectSet[], charts: PlannedChart[], counts: Counts): Promise<Bag[]> {
  const found: Bag[] = [];
  for (const url of definitionUrls(sets, charts)) {
    const objects = await unlessAbsent(() => fetchDefinitions(cache, url));
    if (typeof objects !== "string") found.push(...objects);
    else console.log(absentText("definitions of custom resources", objects, counts));
  }
  return found;
}

/** What was done, or why something could not be had. */
async function unlessAbsent<T>(work: () => T | Promise<T>): Promise<T | string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NotFound) return error.message;
    throw error;
  }
}

function onPath(program: string): string | undefined {
  const places = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, program));
  return places.find((place) => existsSync(place) && statSync(place).isFile());
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
