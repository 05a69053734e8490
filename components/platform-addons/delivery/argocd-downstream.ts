/**
 * The platform of downstream clusters by Argo CD: an ApplicationSet per add-on, which makes an Application for every
 * registered cluster with the labels that select it. Objects of an add-on are a small chart in the Git repository, with an
 * ApplicationSet of its own, because an Application has no room for objects.
 *
 * Facts: github.com/argoproj/argo-cd, v3.2.3: docs/operator-manual/applicationset/Generators-Cluster.md (labels and
 * annotations of the cluster's Secret), GoTemplate.md (Sprig's functions; every text is a template of its own),
 * Application-Deletion.md, docs/user-guide/auto_sync.md (`retry.refresh`; a limit below 0 is none).
 */
import { annotated } from "../../annotated.ts";
import type { ClusterFacts } from "../../facts.ts";
import type { AddonPlan, KubernetesObject } from "../addon.ts";
import { namespacesOf } from "../namespaces.ts";
import { isOci, partOf } from "./delivered.ts";
import { manifestText } from "./manifests.ts";
import { factAnnotations } from "./sveltos-cluster.ts";
import {
  type ClusterSelector,
  type DownstreamPlatform,
  downstreamAnnotations,
  sharedAndOwn,
  withoutStandIns,
} from "./sveltos-downstream.ts";
import { type TemplateWords, textWith } from "./sveltos-templates.ts";

const engineNamespace = "argocd";

/** Where the charts of objects are. */
export interface ObjectRepository {
  url: string;
  revision: string;
  /** Folder that holds them. */
  folder: string;
}

/** What brings the platform of downstream clusters. */
export interface ArgoPlatform {
  /** For the management cluster. */
  objects: KubernetesObject[];
  /** Text of files for the repository, by path. */
  files: Record<string, string>;
}

const annotation = (name: string) => `index .metadata.annotations "${name}"`;

/** In an ApplicationSet: a cluster's Secret says what differs. */
const inSet: TemplateWords = {
  name: "{{ .name }}",
  endpoint: `{{ ${annotation(factAnnotations.endpoint)} }}`,
  pods: (index) => `{{ index (splitList "," (${annotation(factAnnotations.pods)})) ${index} }}`,
};

/** In a chart of objects: its values, which the ApplicationSet fills in. */
const inChart: TemplateWords = {
  name: "{{ .Values.name }}",
  endpoint: "{{ .Values.endpoint }}",
  pods: (index) => `{{ index .Values.pods ${index} }}`,
};

/** ApplicationSets for the management cluster, and charts of objects for the repository. */
export function argoPlatform(clusters: readonly DownstreamPlatform[], repository: ObjectRepository): ArgoPlatform {
  const parts = sharedAndOwn(clusters, (cluster, addon) => {
    const { facts } = cluster;
    return JSON.stringify([
      addon.chart,
      namespaceOf(addon, cluster),
      chartText(addon, facts),
      objectText(addon, facts),
    ]);
  });
  const objects: KubernetesObject[] = [];
  const files: Record<string, string> = {};
  for (const { name, addon, cluster, selector } of parts) {
    const common = { addon, selector, namespace: namespaceOf(addon, cluster) };
    if (addon.chart) {
      const source = chartSource(addon, cluster.facts);
      objects.push(applicationSet(name, { ...common, application: addon.name, source }));
    }
    const text = objectText(addon, cluster.facts);
    if (text === undefined) continue;
    const path = `${repository.folder}/${name}`;
    const source = objectSource(name, cluster.facts, { ...repository, path });
    objects.push(applicationSet(`${name}-objects`, { ...common, application: `${addon.name}-objects`, source }));
    files[`${path}/Chart.yaml`] = manifestText([
      { apiVersion: "v2", name: `${name}-objects`, version: "1.0.0" } as unknown as KubernetesObject,
    ]);
    files[`${path}/templates/objects.yaml`] = text;
  }
  return { objects, files };
}

interface SetArgs {
  addon: AddonPlan;
  /** Name of its Applications, after that of the cluster. */
  application: string;
  selector: ClusterSelector;
  /** Labels of its namespace, where Argo CD makes it. */
  namespace: Record<string, string> | undefined;
  source: Record<string, unknown>;
}

function applicationSet(name: string, { addon, application, selector, namespace, source }: SetArgs): KubernetesObject {
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "ApplicationSet",
    metadata: { name, namespace: engineNamespace, labels: { ...partOf } },
    spec: {
      goTemplate: true,
      goTemplateOptions: ["missingkey=error"],
      generators: [{ clusters: { selector } }],
      // A cluster that loses a label keeps what it has; of one that is going nothing could be taken away.
      syncPolicy: { preserveResourcesOnDeletion: true },
      template: {
        metadata: { name: `{{ .name }}-${application}` },
        spec: {
          project: "default",
          source,
          destination: { name: "{{ .name }}", namespace: addon.namespace.name },
          syncPolicy: {
            automated: { prune: true, selfHeal: true },
            ...(namespace ? { managedNamespaceMetadata: { labels: namespace } } : {}),
            syncOptions: [...(namespace ? ["CreateNamespace=true"] : []), "ServerSideApply=true"],
            // What it needs of other add-ons comes in its own time.
            retry: { limit: -1, refresh: true, backoff: { duration: "15s", factor: 2, maxDuration: "2m" } },
          },
        },
      },
    },
  };
}

function namespaceOf({ namespace }: AddonPlan, { addons }: DownstreamPlatform): Record<string, string> | undefined {
  return namespace.podSecurity && namespacesOf(addons).find(({ name }) => name === namespace.name)?.labels;
}

function chartSource(addon: AddonPlan, facts: ClusterFacts): Record<string, unknown> {
  const { chart, name } = addon;
  if (!chart) throw new Error(`the add-on ${name} has no chart`);
  return {
    repoURL: isOci(chart) ? chart.repository.slice("oci://".length) : chart.repository,
    chart: chart.name,
    targetRevision: chart.version,
    helm: { releaseName: name, values: chartText(addon, facts) },
  };
}

function objectSource(
  name: string,
  { addresses }: ClusterFacts,
  { url, revision, path }: ObjectRepository & { path: string },
): Record<string, unknown> {
  const values = {
    name: inSet.name,
    endpoint: inSet.endpoint,
    pods: addresses.podSubnets.map((_, index) => inSet.pods(index)),
    ...Object.fromEntries(
      Object.entries(downstreamAnnotations).map(([key, value]) => [key, `{{ ${annotation(value)} }}`]),
    ),
  };
  return {
    repoURL: url,
    targetRevision: revision,
    path,
    helm: { releaseName: `${name}-objects`, valuesObject: values },
  };
}

/** Values of the chart as a text, because numbers are filled in, too. */
function chartText({ template }: AddonPlan, facts: ClusterFacts): string {
  const text = textWith(inSet, [template?.values ?? {}], facts);
  return withoutStandIns(text, (name) => `{{ ${annotation(downstreamAnnotations[name])} }}`);
}

/** Objects as the template of a chart; undefined without any. */
function objectText({ template }: AddonPlan, facts: ClusterFacts): string | undefined {
  const { objectsBefore = [], objects = [] } = template ?? {};
  const all = [...objectsBefore.map((object) => inWave(object, -1)), ...objects.map((object) => inWave(object, 1))];
  if (all.length === 0) return undefined;
  return withoutStandIns(textWith(inChart, all, facts), (name) => `{{ .Values.${name} }}`);
}

/** Before the others of the add-on, or after them and when their kinds are there. */
function inWave(object: KubernetesObject, wave: number): KubernetesObject {
  return annotated(object, {
    "argocd.argoproj.io/sync-options": "SkipDryRunOnMissingResource=true",
    "argocd.argoproj.io/sync-wave": String(wave),
  });
}
