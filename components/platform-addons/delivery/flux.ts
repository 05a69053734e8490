/**
 * Delivery `flux`: a `HelmRelease` with its source per add-on.
 *
 * Facts, of Flux 2.6.4: github.com/fluxcd/helm-controller 1.3.0, docs/spec/v2/helmreleases.md and internal/reconcile/state.go
 * (a release that somebody else has made is upgraded, and objects of others are taken over); source-controller 1.6.2,
 * docs/spec/v1/helmrepositories.md and ocirepositories.md; kustomize-controller 1.6.1, docs/spec/v1/kustomizations.md.
 */
import type { KubernetesObject } from "../addon.ts";
import { type DeliveredAddon, type DeliveredChart, isOci, partOf } from "./delivered.ts";

/** Where Flux runs and where its objects are; a `dependsOn` needs no namespace that way. */
export const fluxNamespaceName = "flux-system";

/** The resource type of releases, in full. */
export const helmReleases = "helmreleases.helm.toolkit.fluxcd.io";

const sourceApi = "source.toolkit.fluxcd.io/v1";

/** How often Flux looks whether the cluster still has what it should have. */
const interval = "30m";

const prune = "kustomize.toolkit.fluxcd.io/prune";

/** Leaving the repository is not leaving the cluster: Pulumi has it, too, or alone. */
const keptByGit = { [prune]: "disabled" };

/** Says that it is, where Pulumi has said the contrary before: what Git does not mention would stay. */
const ownedByGit = { [prune]: "enabled" };

/** Source and release of an add-on. */
export function fluxRelease(addon: DeliveredChart): KubernetesObject[] {
  const { name, chart, namespace, timeoutSeconds } = addon;
  const waiting = addon.awaited ? {} : { disableWait: true };
  const oci = isOci(chart);
  const helmRelease = {
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: { ...metadataOf(name), annotations: { ...(addon.fromGit ? ownedByGit : keptByGit) } },
    spec: {
      interval,
      timeout: `${timeoutSeconds}s`,
      // All three are said, because Flux derives names of its own otherwise and would not find an existing release.
      releaseName: name,
      targetNamespace: namespace,
      storageNamespace: namespace,
      maxHistory: 3,
      ...(oci
        ? { chartRef: { kind: "OCIRepository", name } }
        : {
            chart: {
              spec: {
                chart: chart.name,
                version: chart.version,
                sourceRef: { kind: "HelmRepository", name },
                interval,
              },
            },
          }),
      ...(addon.afterReleases.length > 0 ? { dependsOn: addon.afterReleases.map((other) => ({ name: other })) } : {}),
      // Helm itself never touches definitions again once they are there. A failed installation is not tried again,
      // because Flux uninstalls in between, and what was adopted would go with it.
      install: { ...waiting, crds: "CreateReplace" },
      upgrade: { ...waiting, crds: "CreateReplace", remediation: { retries: 3 } },
      driftDetection: { mode: "enabled" },
      values: addon.values,
    },
  };
  return [oci ? ociRepository(addon) : helmRepository(addon), helmRelease];
}

/**
 * The add-on's namespace; undefined when somebody else brings it. It stays when the add-on leaves the repository: with
 * it everything in it would go.
 */
export function fluxNamespace({ namespace, namespaceLabels }: DeliveredAddon): KubernetesObject | undefined {
  return (
    namespaceLabels && {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: namespace,
        labels: namespaceLabels,
        annotations: { ...keptByGit },
      },
    }
  );
}

/**
 * What applies objects of an add-on out of a folder of the repository. Their kinds come with the chart, and Flux
 * applies a folder as a whole or not at all: in the folder of the charts they would hold everything up. A Kustomization
 * cannot wait for a HelmRelease, nor the other way round; both try again until what they need is there.
 * @param which objects: those before the chart have a Kustomization and a folder of their own
 */
export function fluxObjects(
  { name, fromGit }: DeliveredAddon,
  path: string,
  which: "objects" | "before" = "objects",
): KubernetesObject {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: metadataOf(`${name}-${which}`),
    spec: {
      interval,
      retryInterval: "1m",
      path: `./${path}`,
      // While Pulumi applies them, too, it takes them away.
      prune: fromGit,
      sourceRef: { kind: "GitRepository", name: fluxNamespaceName },
    },
  };
}

function helmRepository({ name, chart }: DeliveredChart): KubernetesObject {
  return {
    apiVersion: sourceApi,
    kind: "HelmRepository",
    metadata: metadataOf(name),
    spec: { interval: "12h", url: chart.repository },
  };
}

function ociRepository({ name, chart }: DeliveredChart): KubernetesObject {
  return {
    apiVersion: sourceApi,
    kind: "OCIRepository",
    metadata: metadataOf(name),
    spec: {
      interval: "12h",
      url: `${chart.repository}/${chart.name}`,
      ref: { tag: chart.version },
      layerSelector: { mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip", operation: "copy" },
    },
  };
}

function metadataOf(name: string): KubernetesObject["metadata"] {
  return { name, namespace: fluxNamespaceName, labels: { ...partOf } };
}
