/** Holds the values of one entry against its chart. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { mergeValues } from "../components/platform-addons/merge.ts";
import type { ObjectSet } from "./api/check-objects.ts";
import { readManifests } from "./api/manifests.ts";
import { type Bag, type ChartFiles, isSwitchedOn } from "./chart-files.ts";
import { schemaProblems } from "./json-schema.ts";
import { unknownValues } from "./known-values.ts";
import type { PlannedChart } from "./planned.ts";
import { podProblems } from "./pods.ts";
import { inRange } from "./version-range.ts";

/** What was found out about the chart of one entry. */
export interface Checked {
  problems: string[];
  /** What could not be looked at. */
  notes: string[];
  /** What it was rendered to, once for all clusters that render the same; none without `helm`. */
  rendered: ObjectSet[];
}

/**
 * Checks values, schema and Kubernetes version, renders it with `helm`, and looks at what it runs.
 * @param helm the program; undefined where there is none
 */
export function checkChart(planned: PlannedChart, chart: ChartFiles, helm: string | undefined): Checked {
  const missing = Object.keys(chart.dependencies).filter((key) => !chart.dependencies[key]);
  const wanted = missing.filter((key) =>
    planned.uses.some(({ values }) => isSwitchedOn(chart, key, mergeValues(chart.values, values))),
  );
  const notes = wanted.length > 0 ? [`without the charts inside it: ${wanted.join(", ")}`] : [];
  const keys = listedKeys(chart, planned);
  const problems = new Map<string, string[]>();
  const rendered: ObjectSet[] = [];
  for (const { clusters, kubernetes, values, workloads = [] } of planned.uses) {
    const found = unknownValues(chart, values).map((path) => `the chart has no value ${path}`);
    if (chart.schema) {
      const whole = mergeValues(chart.values, values);
      found.push(...schemaProblems(whole, chart.schema).map((problem) => `by its schema, ${problem}`));
    }
    if (chart.kubeVersion && !inRange(kubernetes, chart.kubeVersion)) {
      found.push(`it is for Kubernetes ${chart.kubeVersion}, and the release has ${kubernetes}`);
    }
    if (helm) {
      const { objects, problems: failed } = render(planned, chart, helm, kubernetes, values, missing);
      found.push(...failed);
      // Some of what is told of may be in a chart that was not brought along.
      const told = wanted.length > 0 || failed.length > 0 ? [] : workloads;
      found.push(...podProblems(objects, { ...planned, workloads: told }));
      rendered.push({ entry: planned.entry, from: "the chart", clusters, kubernetes, objects });
    }
    for (const problem of found) problems.set(problem, [...(problems.get(problem) ?? []), ...clusters]);
  }
  const told = [...problems].map(([problem, clusters]) => `${problem} (${[...new Set(clusters)].join(", ")})`);
  return { problems: [...keys, ...told], notes, rendered };
}

/** Stack files may set what the entry lists, and nothing else. */
function listedKeys(chart: ChartFiles, { valueKeys, followsRelease }: PlannedChart): string[] {
  if (!valueKeys) return [];
  const strange = followsRelease ? [] : valueKeys.flatMap((key) => unknownValues(chart, { [key]: null }));
  const missing = Object.keys(chart.values).filter((key) => !valueKeys.includes(key));
  return [
    ...strange.map((key) => `the entry lists the value ${key}, which the chart does not have`),
    ...missing.map((key) => `the entry does not list the value ${key}, which the chart has`),
  ];
}

function render(
  planned: PlannedChart,
  chart: ChartFiles,
  helm: string,
  kubernetes: string,
  values: Bag,
  missing: string[],
): { objects: Bag[]; problems: string[] } {
  const folder = mkdtempSync(join(tmpdir(), "orrery-charts-"));
  try {
    const file = join(folder, "values.yaml");
    writeFileSync(file, stringify(values));
    const source = missing.length > 0 ? without(chart, missing, join(folder, "chart")) : chart.folder;
    const place = ["--namespace", planned.namespace, "--kube-version", kubernetes];
    const args = ["template", planned.entry, source, ...place, "--include-crds", "--values", file];
    const run = (more: string[]) =>
      spawnSync(helm, [...args, ...more], { encoding: "utf8", maxBuffer: 256 * 1024 * 1024 });
    let { status, stdout, stderr } = run([]);
    // A schema may refer to others on the Internet; its own part has been looked at already.
    if (status !== 0 && stderr?.includes("failing loading"))
      ({ status, stdout, stderr } = run(["--skip-schema-validation"]));
    if (status !== 0) return { objects: [], problems: [`helm does not render it: ${(stderr ?? "").trim()}`] };
    return readManifests(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A copy that does not name charts which were not brought along; Helm would not render it otherwise. */
function without(chart: ChartFiles, missing: string[], target: string): string {
  cpSync(chart.folder, target, { recursive: true });
  const file = join(target, "Chart.yaml");
  const about = parse(readFileSync(file, "utf8")) as { dependencies?: { name: string; alias?: string }[] };
  about.dependencies = about.dependencies?.filter(({ name, alias }) => !missing.includes(alias ?? name));
  writeFileSync(file, stringify(about));
  rmSync(join(target, "Chart.lock"), { force: true });
  return target;
}
