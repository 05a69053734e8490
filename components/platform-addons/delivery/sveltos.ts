/**
 * Delivery `sveltos`: a `ClusterProfile` per add-on on the management cluster.
 *
 * Facts: github.com/projectsveltos/addon-controller, v1.13.0: api/v1beta1/spec.go (`helmCharts`, `policyRefs`, `dependsOn`,
 * `clusterSelector`, `clusterRefs`), controllers/handlers_helm.go (a release that is there at the same version and with
 * the same values is taken as it is), examples/; projectsveltos.github.io/sveltos/template/template/ (annotation
 * `projectsveltos.io/template` on a ConfigMap whose content is a template).
 */
import { createHash } from "node:crypto";
import type { ClusterFacts } from "../../facts.ts";
import type { Addon, AddonPlan, KubernetesObject } from "../addon.ts";
import { type DeliveredAddon, type DeliveredChart, deliveredBy, hasChart, partOf } from "./delivered.ts";
import { managementReference } from "./sveltos-cluster.ts";
import { templateText } from "./sveltos-templates.ts";

const engineNamespace = "projectsveltos";

/** The resource type of profiles, in full. */
export const clusterProfiles = "clusterprofiles.config.projectsveltos.io";

/**
 * Labels of the clusters that get an add-on: the set of the entry that this cluster has, else its first one.
 * An entry without any is selected by a label of its own name.
 */
export function selectorOf(addon: Addon, labels: Readonly<Record<string, string>>): Record<string, string> {
  const sets = addon.selectedBy ?? [];
  const own = sets.find((set) => Object.entries(set).every(([key, value]) => labels[key] === value));
  return { ...(own ?? sets[0] ?? { [addon.name]: "true" }) };
}

/** An add-on that Sveltos delivers to every cluster with its labels. */
export type SveltosAddon = DeliveredAddon & { selector: Record<string, string> };

/** The add-ons that Sveltos delivers, in order, with values and objects that have stand-ins in them. */
export function sveltosAddons(addons: readonly AddonPlan[]): SveltosAddon[] {
  const templates = new Map(addons.map(({ name, template }) => [name, template]));
  return deliveredBy("sveltos", addons).map((addon) => ({ selector: {}, ...addon, ...templates.get(addon.name) }));
}

/**
 * All that Sveltos needs for the add-ons of a cluster. Namespace, chart and objects are profiles of their own, because
 * within a profile the order of charts and objects is Sveltos' to decide.
 * @param facts the cluster's own, not those with stand-ins
 */
export function sveltosProfiles(addons: readonly SveltosAddon[], facts: ClusterFacts): Map<string, KubernetesObject[]> {
  const last = new Map(addons.map(({ name, objects }) => [name, objects.length > 0 ? `${name}-objects` : name]));
  return new Map(addons.map((addon) => [addon.name, profilesOf(addon, last, facts)]));
}

function profilesOf(addon: SveltosAddon, last: ReadonlyMap<string, string>, facts: ClusterFacts): KubernetesObject[] {
  const { name, namespace, namespaceLabels, selector, objectsBefore, objects } = addon;
  const profiles: KubernetesObject[] = [];
  const before = addon.after.map((other) => last.get(other) ?? other);
  const add = (part: string, content: readonly unknown[], dependsOn: readonly string[]) => {
    profiles.push(...policyProfile(`${name}-${part}`, { content, dependsOn, selector, facts }));
    return `${name}-${part}`;
  };
  if (namespaceLabels) {
    const metadata = { name: namespace, labels: namespaceLabels };
    before.unshift(add("namespace", [{ apiVersion: "v1", kind: "Namespace", metadata }], []));
  }
  if (objectsBefore.length > 0) before.push(add("before", objectsBefore, before));
  if (hasChart(addon)) profiles.push(...sveltosChart(addon, before, facts));
  if (objects.length > 0) add("objects", objects, addon.chart ? [name] : before);
  return profiles;
}

/**
 * The chart of an add-on: its values in a ConfigMap, where Sveltos instantiates a template once, and the profile.
 * @param dependsOn names of the profiles that have to be deployed before
 */
export function sveltosChart(
  addon: DeliveredChart & SveltosAddon,
  dependsOn: readonly string[],
  facts: ClusterFacts,
): [values: KubernetesObject, profile: KubernetesObject] {
  const { name, chart, namespace, selector, awaited, timeoutSeconds } = addon;
  const values = templateMap(`${name}-values`, "values.yaml", templateText([addon.values], facts));
  const takeOwnership = true;
  const helmChart = {
    repositoryName: name,
    repositoryURL: chart.repository,
    chartName: `${name}/${chart.name}`,
    chartVersion: chart.version,
    releaseName: name,
    releaseNamespace: namespace,
    helmChartAction: "Install",
    options: {
      // Shows in the history of the release, and tells Sveltos' report about these values from one about others.
      description: `values ${createHash("sha256").update(JSON.stringify(values)).digest("hex").slice(0, 12)}`,
      wait: awaited,
      timeout: `${timeoutSeconds}s`,
      installOptions: { createNamespace: false, takeOwnership },
      upgradeOptions: { maxHistory: 3, upgradeCRDs: true, takeOwnership },
    },
    valuesFrom: [referenceTo(values)],
  };
  return [values, profile(name, selector, dependsOn, { helmCharts: [helmChart] })];
}

function policyProfile(
  name: string,
  {
    content,
    dependsOn,
    selector,
    facts,
  }: {
    content: readonly unknown[];
    dependsOn: readonly string[];
    selector: Record<string, string>;
    facts: ClusterFacts;
  },
): KubernetesObject[] {
  const configMap = templateMap(name, "objects.yaml", templateText(content, facts));
  return [configMap, profile(name, selector, dependsOn, { policyRefs: [referenceTo(configMap)] })];
}

function templateMap(name: string, key: string, text: string): KubernetesObject {
  const annotations = { "projectsveltos.io/template": "ok" };
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: engineNamespace, labels: { ...partOf }, annotations },
    data: { [key]: text },
  };
}

function referenceTo({ kind, metadata }: KubernetesObject): Record<string, unknown> {
  return { kind, name: metadata.name, namespace: metadata.namespace };
}

function profile(
  name: string,
  selector: Record<string, string>,
  dependsOn: readonly string[],
  content: Record<string, unknown>,
): KubernetesObject {
  return {
    apiVersion: "config.projectsveltos.io/v1beta1",
    kind: "ClusterProfile",
    metadata: { name, labels: { ...partOf } },
    spec: {
      clusterSelector: { matchLabels: selector },
      // The cluster whose stack file asks for the add-on gets it, whatever its labels.
      clusterRefs: [{ ...managementReference }],
      syncMode: "Continuous",
      // A cluster that loses its label keeps what it has, so that another delivery can take over.
      stopMatchingBehavior: "LeavePolicies",
      ...(dependsOn.length > 0 ? { dependsOn: [...dependsOn] } : {}),
      ...content,
    },
  };
}
