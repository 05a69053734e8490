/** A chart on disk: its description, its values, its schema and the charts inside it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { withUnpacked } from "./archive.ts";

/** Plain structure of YAML and JSON. */
export type Bag = Record<string, unknown>;

/** A chart as it lies on disk. */
export interface ChartFiles {
  folder: string;
  name: string;
  version: string;
  /** Kubernetes versions that it is for, as it says. */
  kubeVersion?: string;
  /** Defaults. */
  values: Bag;
  /** The same as text, for keys that only a comment names. */
  valuesText: string;
  /** `values.schema.json`. */
  schema?: Bag;
  /** All templates as one text. */
  templates: string;
  /** Charts inside it, by the key of their values; undefined for those that were not brought along. */
  dependencies: Record<string, ChartFiles | undefined>;
  /** Paths of values of which the first that is set switches a chart inside on or off, by the same keys. */
  conditions: Record<string, string[]>;
}

/**
 * Reads a chart out of its folder.
 * @throws Error when it is none
 */
export function readChart(folder: string): ChartFiles {
  const about = readBag(join(folder, "Chart.yaml"));
  if (typeof about?.name !== "string") throw new Error(`${folder} holds no chart`);
  const file = join(folder, "values.yaml");
  const schema = readBag(join(folder, "values.schema.json"));
  const said = about.dependencies ?? readBag(join(folder, "requirements.yaml"))?.dependencies;
  const named = Array.isArray(said) ? said.filter(isBag) : [];
  return {
    folder,
    name: about.name,
    version: String(about.version ?? ""),
    ...(typeof about.kubeVersion === "string" ? { kubeVersion: about.kubeVersion } : {}),
    values: lifted(readBag(file) ?? {}),
    valuesText: existsSync(file) ? readFileSync(file, "utf8") : "",
    ...(schema ? { schema } : {}),
    templates: textsBelow(join(folder, "templates")).join("\n"),
    dependencies: dependenciesOf(folder, named),
    conditions: Object.fromEntries(
      named.flatMap(({ name, alias, condition }) =>
        typeof condition === "string" ? [[String(alias ?? name), condition.split(",").map((path) => path.trim())]] : [],
      ),
    ),
  };
}

/** True for what can have keys of its own. */
export function isBag(value: unknown): value is Bag {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a chart inside is there with these values, the defaults among them. */
export function isSwitchedOn({ conditions }: ChartFiles, key: string, values: Bag): boolean {
  const found = (conditions[key] ?? []).map((path) =>
    path.split(".").reduce<unknown>((at, word) => (isBag(at) ? at[word] : undefined), values),
  );
  // Helm takes the first that is true or false, and brings the chart where none is.
  return found.find((value) => typeof value === "boolean") !== false;
}

/**
 * Charts of Istio's have their defaults below a key of its own, and lay them under all values when they are rendered.
 * Source: github.com/istio/istio, 1.29.6: manifests/charts/ztunnel/values.yaml, templates/zzz_profile.yaml.
 */
function lifted({ _internal_defaults_do_not_set: defaults, ...values }: Bag): Bag {
  return isBag(defaults) ? { ...defaults, ...values } : values;
}

function dependenciesOf(folder: string, named: readonly Bag[]): ChartFiles["dependencies"] {
  const inside = join(folder, "charts");
  const paths = existsSync(inside) ? readdirSync(inside).map((name) => join(inside, name)) : [];
  const charts = paths.flatMap((path) => {
    if (path.endsWith(".tgz")) return [withUnpacked(path, readChart)];
    return existsSync(join(path, "Chart.yaml")) ? [readChart(path)] : [];
  });
  const listed = named.map(({ name, alias }) => [
    String(alias ?? name),
    charts.find((chart) => chart.name === String(name)),
  ]);
  // A chart that lies inside without being listed is a dependency as well.
  const unlisted = charts
    .filter(({ name }) => !named.some((entry) => entry.name === name))
    .map((chart) => [chart.name, chart]);
  return Object.fromEntries([...listed, ...unlisted]);
}

function textsBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return textsBelow(path);
    return /\.(ya?ml|tpl|txt|json)$/.test(entry.name) ? [readFileSync(path, "utf8")] : [];
  });
}

function readBag(file: string): Bag | undefined {
  if (!existsSync(file)) return undefined;
  const content: unknown = parse(readFileSync(file, "utf8"), { uniqueKeys: false, logLevel: "error" });
  return isBag(content) ? content : undefined;
}
