/** Measures the program in the lab and holds the values against their bars: `npm run bench`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { measureFloor } from "./floor.ts";
import { type Measurement, measure } from "./measure.ts";
import { resultText, writePage } from "./page.ts";
import { measureStartUp } from "./startup.ts";

const help = `Measures the program in the lab.

Usage
  npm run bench [-- options]

Options
  --quick               6 nodes and 3 clusters, one run each; writes no page
  --nodes <list>        sizes of one cluster (default 6,30,120)
  --clusters <list>     numbers of clusters (default 1,10,100)
  --cluster-nodes <n>   nodes of each of these clusters (default 6)
  --runs <n>            runs of which the middle one counts (default 3)
  --keep                leaves the folder with stack files, state and worlds
  --no-page             does not write docs/benchmarks.md
  --help                show this text`;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean" },
    nodes: { type: "string", default: "6,30,120" },
    clusters: { type: "string", default: "1,10,100" },
    "cluster-nodes": { type: "string", default: "6" },
    runs: { type: "string", default: "3" },
    keep: { type: "boolean" },
    "no-page": { type: "boolean" },
    help: { type: "boolean", short: "h" },
  },
});

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

if (values.help) {
  console.log(help);
} else {
  await run();
}

async function run(): Promise<void> {
  const quick = values.quick === true;
  const runs = quick ? 1 : number(values.runs);
  const clusterNodes = number(values["cluster-nodes"]);
  const folder = mkdtempSync(join(tmpdir(), "orrery-bench-"));
  const nodes: Measurement[] = [];
  const clusters: Measurement[] = [];
  try {
    tell("start-up of the program");
    const startUp = measureStartUp(quick ? 3 : 15);
    tell("bare engine");
    const floor = measureFloor(folder, 60, quick ? 120 : 240);
    // What was measured counts, whatever becomes of the sizes after it.
    const keep = () => {
      const results = { startUp, floor, nodes, clusters };
      if (!quick && !values["no-page"]) writePage(resolve(import.meta.dirname, "../docs/benchmarks.md"), results);
      return results;
    };
    for (const count of quick ? [6] : list(values.nodes)) {
      nodes.push(await one(folder, { clusters: 1, nodes: count }, runs));
      keep();
    }
    for (const count of quick ? [3] : list(values.clusters)) {
      clusters.push(await one(folder, { clusters: count, nodes: clusterNodes }, runs));
      keep();
    }
    console.log(resultText(keep()));
  } finally {
    if (values.keep) tell(`kept ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

function one(folder: string, size: { clusters: number; nodes: number }, runs: number): Promise<Measurement> {
  const title = `${size.clusters} × ${size.nodes} nodes`;
  const place = join(folder, `${size.clusters}x${size.nodes}`);
  return measure(place, size, runs, (what) => tell(`${title}: ${what}`));
}

function list(text: string): number[] {
  return text.split(",").map(number);
}

function number(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`"${text}" is not a whole number from 1`);
  return value;
}

function tell(what: string): void {
  console.error(`bench: ${what}`);
}
