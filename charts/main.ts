/** Holds the catalogue against the charts that it names: `npm run charts`. */
import { existsSync, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { catalogue } from "../components/platform-addons/catalogue/index.ts";
import { checkChart } from "./check.ts";
import { plannedCharts } from "./planned.ts";
import { ChartFolder, fetchChart, NoChart } from "./sources.ts";

const help = `Holds the values of the catalogue against the charts that it names.

Usage
  npm run charts [-- entries...] [options]

Every chart is fetched at its pinned version. A value that the chart does not know, that its schema refuses, or a Kubernetes version
that it is not for fails. With helm on the PATH each chart is rendered as well, for every cluster of the project.

Options
  --from <folder>   takes charts that are there already, unpacked or as archives, and fetches nothing
  --help            show this text

Exit code: 0 when all is well, 1 when a check failed, 2 when a chart could not be had`;

const root = resolve(import.meta.dirname, "..");

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
  const folder = values.from === undefined ? undefined : new ChartFolder(resolve(values.from));
  const helm = onPath("helm");
  if (!helm) console.log("helm is not on the PATH: charts are not rendered\n");
  const counts = { well: 0, wrong: 0, absent: 0 };
  for (const planned of plannedCharts(root, positionals)) {
    const { entry, chart } = planned;
    const title = `${entry}: ${chart.name} ${chart.version}`;
    try {
      const files = folder ? folder.take(chart) : await fetchChart(chart, join(root, ".orrery/charts"));
      const { problems, notes, rendered } = checkChart(planned, files, helm);
      const how = [rendered ? "rendered" : "", ...notes].filter(Boolean).join("; ");
      console.log(`${problems.length > 0 ? "wrong" : "well "}  ${title}${how ? ` (${how})` : ""}`);
      for (const problem of problems) console.log(`         ${problem.replaceAll("\n", "\n           ")}`);
      counts[problems.length > 0 ? "wrong" : "well"] += 1;
    } catch (error) {
      if (!(error instanceof NoChart)) throw error;
      console.log(`-      ${title}\n         ${error.message}`);
      counts.absent += 1;
    }
  }
  console.log(`\n${counts.well} well, ${counts.wrong} wrong, ${counts.absent} not to be had`);
  return counts.wrong > 0 ? 1 : counts.absent > 0 ? 2 : 0;
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
