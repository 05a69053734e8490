import { annotated } from "../../annotated.ts";
/**
 * Delivery `argocd`: an `Application` per add-on.
 *
 * Facts: github.com/argoproj/argo-cd, 3.6: docs/user-guide/helm.md (chart sources, `valuesObject`, OCI repositories are
 * written without scheme), docs/user-guide/sync-options.md (`CreateNamespace`, `managedNamespaceMetadata`,
 * `SkipDryRunOnMissingResource`), docs/user-guide/sync-waves.md, docs/operator-manual/health.md. The same fields are in
 * 3.2, which the catalogue pins.
 */
import type { KubernetesObject } from "../addon.ts";
import { type DeliveredAddon, type DeliveredChart, isOci, partOf } from "./delivered.ts";

const engineNamespace = "argocd";

/**
 * Leaving the repository is not leaving the cluster while Pulumi applies the same: the add-on may have another delivery now,
 * and `up` takes away. When Git takes over, it has to say the contrary: what Pulumi had written would stay otherwise.
 */
const prune = ({ fromGit }: DeliveredAddon) => `Prune=${fromGit}`;

/** With it an Application that is deleted takes along what it delivered. */
const cascade = "resources-finalizer.argocd.argoproj.io";

/**
 * The `Application` of an add-on.
 *
 * While Pulumi applies it, too, it has no finalizer: an Application that is deleted leaves what it delivered, so that
 * another delivery can take over. The consequence: an add-on that is switched off is not removed by that alone. When Git
 * alone says what becomes of it, leaving the repository is all that removes it.
 */
export function argoApplication(addon: DeliveredChart): KubernetesObject {
  const { chart, namespaceLabels, fromGit } = addon;
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Application",
    metadata: {
      name: addon.name,
      namespace: engineNamespace,
      labels: { ...partOf },
      ...(fromGit ? { finalizers: [cascade] } : {}),
      annotations: {
        "argocd.argoproj.io/sync-options": prune(addon),
        "argocd.argoproj.io/sync-wave": String(waveOf(addon)),
      },
    },
    spec: {
      project: "default",
      source: {
        repoURL: isOci(chart) ? chart.repository.slice("oci://".length) : chart.repository,
        chart: chart.name,
        targetRevision: chart.version,
        helm: { releaseName: addon.name, valuesObject: addon.values },
      },
      destination: { server: "https://kubernetes.default.svc", namespace: addon.namespace },
      syncPolicy: {
        automated: { prune: true, selfHeal: true },
        ...(namespaceLabels ? { managedNamespaceMetadata: { labels: namespaceLabels } } : {}),
        // Definitions of custom resources are larger than the annotation that client-side apply needs.
        syncOptions: [...(namespaceLabels ? ["CreateNamespace=true"] : []), "ServerSideApply=true"],
        retry: { limit: 10, backoff: { duration: "15s", factor: 2, maxDuration: "5m" } },
      },
    },
  };
}

/**
 * The objects that belong to an add-on, for the application of applications: in the waves around their chart, and without
 * a dry run that would fail as long as charts have not brought their definitions.
 */
export function argoObjects(addon: DeliveredAddon): KubernetesObject[] {
  const wave = waveOf(addon);
  return [
    ...addon.objectsBefore.map((object) => inWave(addon, object, wave - 1)),
    // A chart that nobody waits for is not ready before somebody has done something to it.
    ...addon.objects.map((object) => inWave(addon, object, addon.awaited ? wave + 1 : wave)),
  ];
}

function inWave(addon: DeliveredAddon, object: KubernetesObject, wave: number): KubernetesObject {
  return annotated(object, {
    "argocd.argoproj.io/sync-options": `${prune(addon)},SkipDryRunOnMissingResource=true`,
    "argocd.argoproj.io/sync-wave": String(wave),
  });
}

/**
 * Every step has two waves: one for the charts, one for the objects that need what the charts bring. Objects that come
 * before the charts of a step are in the last wave of the step before: all that they need is there by then.
 */
function waveOf({ step }: DeliveredAddon): number {
  return step * 2;
}
