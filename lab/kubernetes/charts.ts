import { distance } from "fastest-levenshtein";
import type { Addon, Values, Workload } from "../../components/platform-addons/addon.ts";
import { catalogue } from "../../components/platform-addons/catalogue/index.ts";
import { isRecord } from "../protocol/values.ts";
import { autoscaler } from "./autoscaler-chart.ts";

/** A chart as the lab's Helm knows it: what the catalogue says about it. */
export interface LabChart {
  name: string;
  version: string;
  /** Pod security level that its namespace is meant to have; absent for namespaces that are there already. */
  level?: string;
  workloads(values: Values): Workload[];
  /** `<group>/<version>/<Kind>` to whether the kind lives in namespaces. */
  definitions: Record<string, boolean>;
  /** Workload that brings the definitions; the chart itself does when absent. */
  definitionsFrom?: string;
  /** Command line of its pods, for what the lab looks at. */
  command?(values: Values): string[];
}

/** What the lab's Helm has to know of a chart. */
export type ChartSource = Pick<
  Addon,
  "chart" | "namespace" | "workloads" | "definitions" | "definitionsFrom" | "valueKeys"
> &
  Pick<LabChart, "command">;

/** The one chart that is not the catalogue's: every downstream cluster may have a release of it. */
const charts = () => [...catalogue(), autoscaler];

/**
 * Finds a chart in its repository.
 * @throws Error in Helm's words when there is no such chart or version
 */
export function findChart(chart: string, version: string | undefined, repository: string | undefined): LabChart {
  const oci = chart.startsWith("oci://");
  const [from, name] = oci ? splitReference(chart) : [repository ?? "", chart];
  const addon: ChartSource | undefined = charts().find(
    (entry) => entry.chart && sameUrl(entry.chart.repository, from) && entry.chart.name === name,
  );
  if (!addon?.chart) {
    if (oci) throw new Error(`failed to perform "FetchReference" on source: ${chart.slice(6)}:${version}: not found`);
    if (from === "") throw new Error(`failed to download "${name}"`);
    throw new Error(`chart "${name}" version "${version}" not found in ${from} repository`);
  }
  const known = addon.chart.version;
  // Where the release decides the version, the lab cannot know which ones exist; it has to look like one.
  const exists = typeof known === "string" ? version === known : /^v?\d+\.\d+\.\d+$/.test(version ?? "");
  if (!exists) throw new Error(`chart "${name}" version "${version}" not found in ${from} repository`);
  const level = levelOf(addon);
  return {
    name,
    version: version as string,
    ...(level ? { level } : {}),
    workloads: (values) => addon.workloads?.(values) ?? [],
    definitions: definitionsOf(addon),
    ...(addon.definitionsFrom ? { definitionsFrom: addon.definitionsFrom } : {}),
    ...(addon.command ? { command: addon.command } : {}),
  };
}

/** Top-level values that a chart does not know; Helm would ignore them silently, and the add-on would not do what it says. */
export function unknownValues(chart: string, values: Values): string[] {
  const name = chart.startsWith("oci://") ? splitReference(chart)[1] : chart;
  const known = charts().find((entry) => entry.chart?.name === name)?.valueKeys;
  if (!known) return [];
  return Object.keys(values)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const near = [...known].sort((a, b) => distance(key, a) - distance(key, b))[0];
      return `chart ${name} has no value "${key}"${near && distance(key, near) <= 2 ? `; did you mean "${near}"?` : ""}`;
    });
}

/** Names of Secrets that values name as existing already: `existingSecret`, `clusterAPIKubeconfigSecret`, at any depth. */
export function expectedSecrets(values: unknown): string[] {
  if (Array.isArray(values)) return values.flatMap(expectedSecrets);
  if (!isRecord(values)) return [];
  return Object.entries(values).flatMap(([key, value]) =>
    /^(existing\w*|clusterAPIKubeconfig)Secret$/.test(key) && typeof value === "string" && value !== ""
      ? [value]
      : expectedSecrets(value),
  );
}

/** The level of the namespace, which another entry may bring. */
function levelOf({ namespace: { name, podSecurity } }: Pick<Addon, "namespace">): string | undefined {
  return (
    podSecurity ??
    catalogue().find((entry) => entry.namespace.name === name && entry.namespace.podSecurity)?.namespace.podSecurity
  );
}

function definitionsOf({ definitions = [] }: Pick<Addon, "definitions">): Record<string, boolean> {
  return Object.fromEntries(
    definitions.flatMap(({ group, version, namespaced = [], clusterWide = [] }) => [
      ...namespaced.map((kind) => [`${group}/${version}/${kind}`, true] as const),
      ...clusterWide.map((kind) => [`${group}/${version}/${kind}`, false] as const),
    ]),
  );
}

function splitReference(reference: string): [string, string] {
  const cut = reference.lastIndexOf("/");
  return [reference.slice(0, cut), reference.slice(cut + 1)];
}

function sameUrl(a: string, b: string): boolean {
  return a.replace(/\/$/, "") === b.replace(/\/$/, "");
}
