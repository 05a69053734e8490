/**
 * Sveltos' addon-controller, for profiles that match the management cluster itself.
 *
 * Facts: github.com/projectsveltos/addon-controller, v1.13.0: controllers/handlers_helm.go (what is there at the same
 * version is taken as it is; one profile per release), controllers/clustersummary_controller.go (dependencies, what
 * goes and what stays), lib/clusterops/clustersummary.go (names); github.com/projectsveltos/register-mgmt-cluster, main.go.
 */
import { parse, parseAllDocuments } from "yaml";
import { isRecord } from "../../protocol/values.ts";
import { parseDuration } from "../../talos/duration.ts";
import type { KubernetesObject } from "../../talos/interface.ts";
import type { ClusterApi } from "../api.ts";
import { helmOwner, type ReleaseInputs, refuseForeign } from "../helm.ts";
import { type LabelSelector, selects } from "../label-selector.ts";
import type { DeliveryState } from "../state.ts";
import type { Engine, Order, Problem } from "./engine.ts";
import { instantiate } from "./template.ts";

const configApi = "config.projectsveltos.io/v1beta1";
const libraryApi = "lib.projectsveltos.io/v1beta1";
const keyPrefix = "ClusterProfile.config.projectsveltos.io/";
const management = { name: "mgmt", namespace: "mgmt" };

export const sveltos: Engine = {
  name: "sveltos",
  controller: "Deployment.apps/projectsveltos/addon-controller",
  resource: "clusterprofiles.config.projectsveltos.io",
  keyPrefix,
  keepsRecords: true,
  givesUp: false,

  started(api) {
    if (api.get(libraryApi, "SveltosCluster", management.name, management.namespace)) return;
    api.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: management.namespace } });
    const tokenRequestRenewalOption = { renewTokenRequestInterval: "1h0m0s", tokenDuration: "5h0m0s" };
    api.create({
      apiVersion: libraryApi,
      kind: "SveltosCluster",
      metadata: { ...management },
      spec: { tokenRequestRenewalOption },
      status: { ready: true, connectionStatus: "Healthy" },
    });
  },

  orderOf(object, api): Order | undefined {
    const cluster = api.get(libraryApi, "SveltosCluster", management.name, management.namespace);
    return cluster && orderFor(object, cluster, api);
  },

  placing(api, helm, release, chart) {
    const last = helm.newest(api, release);
    const same = last?.status === "deployed" && last.chart.version === chart.version;
    if (same) return false;
    if (!release.takeOwnership) refuseForeign(api, release, chart);
    helm.note(api, release, chart, (last?.revision ?? 0) + 1, "deployed");
    return true;
  },

  ownerOf: (_key, release) => helmOwner(release),

  problemOf: (error, { release }) => ({
    reason: "Failed",
    message: release
      ? `chart=${release.chart}, releaseNamespace=${release.namespace}, releaseName=${release.name}: ${error.message}`
      : error.message,
  }),

  lateProblem: ({ release }) => ({
    reason: "Failed",
    message: `chart=${release?.chart}, releaseNamespace=${release?.namespace}, releaseName=${release?.name}: context deadline exceeded`,
  }),

  // It names the clusters and does not say how far they are.
  statusOf: () => ({ matchingClusters: [{ apiVersion: libraryApi, kind: "SveltosCluster", ...management }] }),

  reportOf(profile, { release }, state): KubernetesObject {
    const { problem } = state;
    const status = state.phase === "ready" ? "Provisioned" : problem?.reason === "Failed" ? "Failed" : "Provisioning";
    const feature = {
      featureID: release ? "Helm" : "Resources",
      status,
      ...(status === "Failed" ? { failureMessage: problem?.message } : {}),
    };
    const waits = problem?.reason === waiting;
    return {
      apiVersion: configApi,
      kind: "ClusterSummary",
      metadata: { name: summaryName(profile.metadata.name), namespace: management.namespace },
      spec: {
        clusterName: management.name,
        clusterNamespace: management.namespace,
        clusterType: "Sveltos",
        clusterProfileSpec: profile.spec,
      },
      status: {
        dependencies: waits ? problem?.message : "All dependencies deployed",
        featureSummaries: waits ? [] : [feature],
        helmReleaseSummaries: release ? [managed(release, state)] : [],
      },
    };
  },
};

/**
 * What a profile asks for in a cluster: the management cluster itself, or one that Cluster API has made.
 * @param home where profiles and ConfigMaps are
 */
function orderFor(object: KubernetesObject, cluster: KubernetesObject, home: ClusterApi): Order | undefined {
  const spec = isRecord(object.spec) ? object.spec : {};
  if (!matches(spec, cluster)) return undefined;
  const charts = recordsIn(spec.helmCharts);
  if (charts.length > 1) throw new Error(`the lab's Sveltos deploys one chart per profile: ${object.metadata.name}`);
  const chart = charts[0];
  const { values = {}, problem } = chart ? valuesOf(chart, cluster, home) : {};
  const release = chart && releaseOf(chart, values);
  return {
    ...(release ? { release } : {}),
    ...(chart && optionsOf(chart).createNamespace ? { createNamespace: {} } : {}),
    objects: () => recordsIn(spec.policyRefs).flatMap((reference) => objectsOf(reference, cluster, home)),
    timeoutSeconds: release?.timeout ?? 300,
    onDelete: spec.stopMatchingBehavior === "LeavePolicies" ? "keep" : "remove",
    blocked: (api) => unmet(spec, api) ?? problem ?? taken(object, release, api),
  };
}

/**
 * Sveltos for a downstream cluster: profiles and ConfigMaps are the management cluster's. A `Profile` is for clusters of its
 * own namespace.
 */
export function sveltosFor(cluster: KubernetesObject, home: ClusterApi): Engine[] {
  const { started: _, reportOf: __, ...engine } = sveltos;
  return [
    { ...engine, orderOf: (object) => orderFor(object, cluster, home) },
    {
      ...engine,
      resource: "profiles.config.projectsveltos.io",
      keyPrefix: "Profile.config.projectsveltos.io/",
      orderOf: (object) =>
        object.metadata.namespace === cluster.metadata.namespace ? orderFor(object, cluster, home) : undefined,
    },
  ];
}

/** Why it does not begin: a profile that it depends on is not deployed. */
const waiting = "Dependencies";

function managed({ name, namespace }: ReleaseInputs, { problem }: DeliveryState): Record<string, unknown> {
  const conflict = problem?.message.startsWith("cannot manage chart") ?? false;
  return {
    releaseName: name,
    releaseNamespace: namespace,
    status: conflict ? "Conflict" : "Managing",
    ...(conflict ? { conflictMessage: problem?.message } : {}),
  };
}

function summaryName(profile: string): string {
  return `${profile}-sveltos-${management.name}`;
}

function matches(spec: Record<string, unknown>, { metadata }: KubernetesObject): boolean {
  const named = recordsIn(spec.clusterRefs).some(
    ({ kind, name, namespace }) =>
      kind === "SveltosCluster" && name === metadata.name && namespace === metadata.namespace,
  );
  if (named) return true;
  const selector = (isRecord(spec.clusterSelector) ? spec.clusterSelector : {}) as LabelSelector;
  if (Object.keys(selector.matchLabels ?? {}).length === 0) return false;
  return selects(selector, (metadata.labels ?? {}) as Record<string, string>);
}

function optionsOf(chart: Record<string, unknown>) {
  const options = isRecord(chart.options) ? chart.options : {};
  const install = isRecord(options.installOptions) ? options.installOptions : {};
  const upgrade = isRecord(options.upgradeOptions) ? options.upgradeOptions : {};
  return {
    createNamespace: install.createNamespace !== false,
    takeOwnership: install.takeOwnership === true,
    maxHistory: typeof upgrade.maxHistory === "number" ? upgrade.maxHistory : 2,
    skipAwait: options.wait !== true,
    timeout: (parseDuration(String(options.timeout ?? "5m")) ?? 300_000) / 1000,
  };
}

function releaseOf(chart: Record<string, unknown>, values: Record<string, unknown>): ReleaseInputs {
  const { createNamespace: _, ...options } = optionsOf(chart);
  const url = String(chart.repositoryURL);
  const name = String(chart.chartName).replace(`${chart.repositoryName}/`, "");
  const oci = url.startsWith("oci://");
  return {
    name: String(chart.releaseName),
    namespace: String(chart.releaseNamespace),
    chart: oci ? `${url}/${name}` : name,
    version: String(chart.chartVersion),
    ...(oci ? {} : { repositoryOpts: { repo: url } }),
    values,
    ...options,
  };
}

/** The values of a chart, out of the profile itself and the ConfigMaps that it names. */
function valuesOf(
  chart: Record<string, unknown>,
  cluster: KubernetesObject,
  api: ClusterApi,
): { values?: Record<string, unknown>; problem?: Problem } {
  try {
    const own = chart.values === undefined ? [] : [parse(instantiate(String(chart.values), { Cluster: cluster }))];
    const documents = recordsIn(chart.valuesFrom).flatMap((reference) => objectsOf(reference, cluster, api));
    return { values: Object.assign({}, ...documents, ...own) };
  } catch (error) {
    return { problem: { reason: "Failed", message: (error as Error).message } };
  }
}

/**
 * What stands in a ConfigMap that a profile names, or that an event fills in.
 * @throws Error when it is missing or its template is wrong
 */
export function objectsOf(
  { kind, name, namespace }: Record<string, unknown>,
  cluster: KubernetesObject,
  api: ClusterApi,
  data: { Resource?: KubernetesObject } = {},
): KubernetesObject[] {
  const found = api.get("v1", String(kind), String(name), String(namespace));
  if (!found) throw new Error(`Referenced resource: ${kind} ${namespace}/${name} does not exist`);
  // Every write makes another object, so that what came of one holds for it.
  const ofCluster = instantiated.get(found) ?? new WeakMap<KubernetesObject, WeakMap<object, KubernetesObject[]>>();
  instantiated.set(found, ofCluster);
  const known = ofCluster.get(cluster) ?? new WeakMap<object, KubernetesObject[]>();
  ofCluster.set(cluster, known);
  const subject = data.Resource ?? cluster;
  const before = known.get(subject);
  if (before) return before;
  const annotations = isRecord(found.metadata.annotations) ? found.metadata.annotations : {};
  const isTemplate = `projectsveltos.io/${data.Resource ? "instantiate" : "template"}` in annotations;
  const objects = Object.values(isRecord(found.data) ? found.data : {}).flatMap((text) => {
    const content = isTemplate ? instantiate(String(text), { Cluster: cluster, ...data }) : String(text);
    return parseAllDocuments(content)
      .map((document) => document.toJSON())
      .filter((value) => value !== null);
  });
  known.set(subject, objects);
  return objects;
}

/** What came of ConfigMaps, by the cluster and the resource that they were instantiated for. */
const instantiated = new WeakMap<KubernetesObject, WeakMap<KubernetesObject, WeakMap<object, KubernetesObject[]>>>();

/** Profiles wait until those that they depend on are deployed. */
function unmet(spec: Record<string, unknown>, api: ClusterApi): Problem | undefined {
  for (const name of Array.isArray(spec.dependsOn) ? spec.dependsOn : []) {
    const state = api.state.deliveries?.[`${keyPrefix}/${name}`];
    if (state?.phase === "ready") continue;
    const why = state
      ? "and it is not fully deployed yet"
      : ". The ClusterSummary instance for this profile/cluster was not found";
    const message = `ClusterProfile ${name} is a dependency${state ? " " : ""}${why}`;
    return { reason: waiting, message };
  }
  return undefined;
}

/** Another profile that has the same release keeps it. */
function taken(object: KubernetesObject, release: ReleaseInputs | undefined, api: ClusterApi): Problem | undefined {
  if (!release) return undefined;
  const other = Object.entries(api.state.deliveries ?? {}).find(
    ([key, state]) =>
      key.startsWith(keyPrefix) &&
      key !== `${keyPrefix}/${object.metadata.name}` &&
      state.phase !== "fetching" &&
      state.release?.name === release.name &&
      state.release.namespace === release.namespace,
  );
  if (!other) return undefined;
  const manager = summaryName(other[0].slice(keyPrefix.length + 1));
  const message = `cannot manage chart ${release.namespace}/${release.name}. ClusterSummary ${manager} managing it.`;
  return { reason: "Failed", message };
}

function recordsIn(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
