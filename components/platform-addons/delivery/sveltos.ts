/**
 * Delivery `sveltos`: a `ClusterProfile` per add-on on the management cluster.
 *
 * Facts: github.com/projectsveltos/addon-controller, v1.14.0: api/v1beta1/spec.go (`helmCharts`, `policyRefs`, `dependsOn`,
 * `clusterSelector`), examples/; projectsveltos.github.io/sveltos/template/template/ (annotation
 * `projectsveltos.io/template` on a ConfigMap whose content is a template).
 */
import type { ClusterFacts } from "../../facts.ts";
import type { Addon, Chart, KubernetesObject } from "../addon.ts";
import { type DeliveredAddon, partOf } from "./delivered.ts";
import { templateText } from "./sveltos-templates.ts";

const engineNamespace = "projectsveltos";

/**
 * Labels of the clusters that get an add-on: the set of the entry that this cluster has, else its first one.
 * An entry without any is selected by a label of its own name.
 */
export function selectorOf(addon: Addon, labels: Readonly<Record<string, string>>): Record<string, string> {
  const sets = addon.selectedBy ?? [];
  const own = sets.find((set) => Object.entries(set).every(([key, value]) => labels[key] === value));
  return { ...(own ?? sets[0] ?? { [addon.name]: "true" }) };
}

/** What {@link sveltosProfiles} needs to know besides the add-on. */
export interface SveltosOptions {
  /** Labels of the clusters that get the add-on. */
  selector: Record<string, string>;
  /** The cluster's own facts, not those with stand-ins. */
  facts: ClusterFacts;
  /** All add-ons that Sveltos delivers. */
  delivered: readonly DeliveredAddon[];
}

/**
 * What Sveltos needs for an add-on. Namespace, chart and objects are profiles of their own, because within a profile the
 * order of charts and objects is Sveltos' to decide.
 *
 * @param addon planned with the facts of `templateFacts`
 */
export function sveltosProfiles(addon: DeliveredAddon, options: SveltosOptions): KubernetesObject[] {
  const { name, chart, namespace, namespaceLabels } = addon;
  const namespaceObject = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace, labels: namespaceLabels },
  };
  const own = namespaceLabels ? policyProfile(`${name}-namespace`, [namespaceObject], [], options) : [];
  const others = [
    ...(namespaceLabels ? [`${name}-namespace`] : []),
    ...addon.after.map((other) => last(other, options)),
  ];
  const early = addon.objectsBefore.length > 0;
  if (early) own.push(...policyProfile(`${name}-before`, addon.objectsBefore, others, options));
  const before = early ? [...others, `${name}-before`] : others;
  if (chart) own.push(chartProfile(addon, chart, before, options));
  if (addon.objects.length === 0) return own;
  return [...own, ...policyProfile(`${name}-objects`, addon.objects, chart ? [name] : before, options)];
}

function chartProfile(
  { name, namespace, values, awaited, timeoutSeconds }: DeliveredAddon,
  chart: Chart,
  before: string[],
  { selector, facts }: SveltosOptions,
): KubernetesObject {
  return profile(name, selector, before, {
    helmCharts: [
      {
        repositoryName: name,
        repositoryURL: chart.repository,
        chartName: `${name}/${chart.name}`,
        chartVersion: chart.version,
        releaseName: name,
        releaseNamespace: namespace,
        helmChartAction: "Install",
        options: {
          wait: awaited,
          timeout: `${timeoutSeconds}s`,
          installOptions: { createNamespace: false },
          upgradeOptions: { maxHistory: 3, upgradeCRDs: true },
        },
        values: templateText(values, facts),
      },
    ],
  });
}

/** The profile after which an add-on is there as a whole. */
function last(name: string, { delivered }: SveltosOptions): string {
  const addon = delivered.find((one) => one.name === name);
  return addon && addon.objects.length > 0 ? `${name}-objects` : name;
}

function policyProfile(
  name: string,
  objects: readonly unknown[],
  dependsOn: string[],
  { selector, facts }: SveltosOptions,
): KubernetesObject[] {
  const configMap = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name,
      namespace: engineNamespace,
      labels: { ...partOf },
      annotations: { "projectsveltos.io/template": "ok" },
    },
    data: { "objects.yaml": objects.map((object) => templateText(object, facts)).join("---\n") },
  };
  const policyRefs = [{ kind: "ConfigMap", name, namespace: engineNamespace }];
  return [configMap, profile(name, selector, dependsOn, { policyRefs })];
}

function profile(
  name: string,
  selector: Record<string, string>,
  dependsOn: string[],
  content: Record<string, unknown>,
): KubernetesObject {
  return {
    apiVersion: "config.projectsveltos.io/v1beta1",
    kind: "ClusterProfile",
    metadata: { name, labels: { ...partOf } },
    spec: {
      clusterSelector: { matchLabels: selector },
      syncMode: "Continuous",
      // A cluster that loses its label keeps what it has, so that another delivery can take over.
      stopMatchingBehavior: "LeavePolicies",
      ...(dependsOn.length > 0 ? { dependsOn } : {}),
      ...content,
    },
  };
}
