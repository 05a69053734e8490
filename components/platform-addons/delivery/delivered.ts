import type { AddonPlan, Chart, Delivery, KubernetesObject, Values } from "../addon.ts";
import { namespacesOf } from "../namespaces.ts";

/**
 * What every delivery engine is told about an add-on; each says it in its own words. The Helm release has the same name,
 * namespace and values under all of them, and under Pulumi itself: that is what lets one take over from another.
 */
export interface DeliveredAddon {
  /** Also the name of the Helm release, and of the engine's objects. */
  name: string;
  /** Absent for an add-on that is objects only: no engine makes a release of it then. */
  chart?: Chart;
  namespace: string;
  /** Labels of the namespace; absent when Kubernetes or another add-on brings it. */
  namespaceLabels?: Record<string, string>;
  values: Values;
  /** Objects that are applied before the chart. */
  objectsBefore: KubernetesObject[];
  /** Objects that are applied when the chart is there. */
  objects: KubernetesObject[];
  /** Add-ons of the same delivery that have to be there before, sorted. */
  after: string[];
  /** The same for releases alone: an add-on without a chart is looked through. */
  afterReleases: string[];
  /**
   * How many of the same delivery come one after the other before this one; those of one step go side by side. What nothing
   * waits for comes last.
   */
  step: number;
  /** Whether Git alone says what becomes of it. */
  fromGit: boolean;
  /** Whether the engine waits until it is ready. */
  awaited: boolean;
  timeoutSeconds: number;
}

/** One with a chart, which an engine makes a release of. */
export type DeliveredChart = DeliveredAddon & { chart: Chart };

/** True for an add-on with a chart. */
export function hasChart(addon: DeliveredAddon): addon is DeliveredChart {
  return addon.chart !== undefined;
}

/** Labels that select the same add-on under every engine, on what Orrery makes for it. */
export const partOf = { "app.kubernetes.io/part-of": "orrery-platform" } as const;

/**
 * The add-ons of one delivery, in order. An add-on between two of them that somebody else delivers is looked through:
 * the engine does not know it, but the order that it makes holds.
 *
 * @param addons all add-ons of the cluster, in the order they are applied in
 */
export function deliveredBy(delivery: Delivery, addons: readonly AddonPlan[]): DeliveredAddon[] {
  const labels = new Map(namespacesOf(addons).map((namespace) => [namespace.name, namespace.labels]));
  const before = new Map<string, string[]>();
  const releasesBefore = new Map<string, string[]>();
  const steps = new Map<string, number>();
  const delivered: DeliveredAddon[] = [];
  for (const addon of addons) {
    const mine = addon.delivery === delivery;
    const after = addon.after.flatMap((name) => before.get(name) ?? []);
    const afterReleases = addon.after.flatMap((name) => releasesBefore.get(name) ?? []);
    before.set(addon.name, mine ? [addon.name] : after);
    releasesBefore.set(addon.name, mine && addon.chart ? [addon.name] : afterReleases);
    if (!mine) continue;
    const step = Math.max(-1, ...after.map((name) => steps.get(name) ?? -1)) + 1;
    if (addon.awaited) steps.set(addon.name, step);
    const namespaceLabels = addon.namespace.podSecurity && labels.get(addon.namespace.name);
    delivered.push({
      name: addon.name,
      ...(addon.chart ? { chart: addon.chart } : {}),
      namespace: addon.namespace.name,
      ...(namespaceLabels ? { namespaceLabels } : {}),
      values: addon.values,
      objectsBefore: addon.objectsBefore,
      objects: addon.objects,
      after: [...new Set(after)].sort(),
      afterReleases: [...new Set(afterReleases)].sort(),
      step,
      fromGit: addon.fromGit ?? false,
      awaited: addon.awaited,
      timeoutSeconds: addon.timeoutSeconds,
    });
  }
  const last = Math.max(-1, ...steps.values()) + 1;
  return delivered.map((addon) => (addon.awaited ? addon : { ...addon, step: last }));
}

/** True for charts in an OCI registry. */
export function isOci({ repository }: Chart): boolean {
  return repository.startsWith("oci://");
}
