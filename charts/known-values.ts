/** Whether a chart knows the values that it is given; Helm passes over those that it does not know. */
import { type Bag, type ChartFiles, isBag } from "./chart-files.ts";
import { propertySchema } from "./json-schema.ts";

/** Paths of values that the chart does not know, in the order of the values. */
export function unknownValues(chart: ChartFiles, values: Bag): string[] {
  return below(chart, values, chart.values, [], chart.schema);
}

/**
 * A key is known when the defaults have it, when they are empty there and so leave it open, when the schema names it, when a
 * comment of the values shows it, or when a template reads it.
 */
function below(chart: ChartFiles, values: Bag, defaults: Bag, path: string[], schema: Bag | undefined): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const at = [...path, key];
    if (path.length === 0 && key in chart.dependencies) return inDependency(chart, key, value, defaults[key]);
    const named = propertySchema(schema, chart.schema, key);
    if (!(key in defaults) && !named && !isCommented(chart, at) && !isRead(chart, at)) return [at.join(".")];
    if (!isBag(value) || isOpen(key, defaults, named)) return [];
    const inside = defaults[key];
    return below(chart, value, isBag(inside) ? inside : {}, at, named);
  });
}

/** An empty default takes anything: labels, resources, whole objects of Kubernetes. So does a map that a schema does not describe. */
function isOpen(key: string, defaults: Bag, named: Bag | undefined): boolean {
  if (!(key in defaults)) return named !== undefined && !isBag(named.properties) && !("$ref" in named);
  const inside = defaults[key];
  return !isBag(inside) || Object.keys(inside).length === 0;
}

/** A chart inside takes its own values, those that the outer chart gives it, and `global`. */
function inDependency({ dependencies }: ChartFiles, key: string, value: unknown, given: unknown): string[] {
  const inner = dependencies[key];
  if (!inner || !isBag(value)) return [];
  const defaults = { ...inner.values, ...(isBag(given) ? given : {}), global: {}, enabled: true };
  return below(inner, value, defaults, [], inner.schema).map((path) => `${key}.${path}`);
}

/** `# key:` at the depth of the path, before or behind the mark. */
function isCommented({ valuesText }: ChartFiles, path: string[]): boolean {
  const indent = " ".repeat(2 * (path.length - 1));
  const key = literally(path.at(-1) ?? "");
  return new RegExp(`^(?:${indent}#+ ?|#+ ?${indent})${key}:`, "m").test(valuesText);
}

/** What a line does with a map that it takes as a whole: everything in it is used. */
const takesAll = /\b(toYaml|toJson|toPrettyJson|range|merge|mergeOverwrite|mustMergeOverwrite|omit|pick|deepCopy)\b/;

/** A template reads the path, or takes what it is in as a whole and uses everything in it, or reads the key there. */
function isRead({ templates }: ChartFiles, path: string[]): boolean {
  if (reference(path, "\\b").test(templates)) return true;
  const outer = path.slice(0, -1).map((_, index) => path.slice(0, index + 1));
  return outer.some((words) => {
    const whole = reference(words, "(?![\\w.)-])");
    const lines = templates.split("\n");
    const used = lines.flatMap((line, index) => (whole.test(line) ? lines.slice(index, index + 3) : []));
    if (used.some((line) => takesAll.test(line))) return true;
    const key = new RegExp(`[."]${literally(path.at(-1) ?? "")}\\b`);
    return used.length > 0 && key.test(templates);
  });
}

/** `.Values.a.b`, with the brackets that guard against what is not there: `((.Values).a).b`; or `index .Values "a" "b"`. */
function reference(path: string[], end: string): RegExp {
  const dotted = path.map((word) => `\\.${literally(word)}\\)*`).join("");
  const quoted = path.map((word) => ` "${literally(word)}"`).join("");
  return new RegExp(`\\bValues\\)*(?:${dotted}${end}|${quoted}(?! "))`);
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
