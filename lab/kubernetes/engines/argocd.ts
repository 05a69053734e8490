/**
 * Argo CD's application controller, for applications whose source is a chart, in its own cluster and in others.
 *
 * Facts: github.com/argoproj/argo-cd, 3.2: pkg/apis/application/v1alpha1/types.go (status), docs/user-guide/app_deletion.md
 * (what is delivered goes only with the finalizer), docs/operator-manual/health.md.
 */
import { parse } from "yaml";
import { isRecord } from "../../protocol/values.ts";
import type { KubernetesObject } from "../../talos/interface.ts";
import { destinationOf } from "../gitops/application.ts";
import { type Engine, type Order, releaseOf } from "./engine.ts";

const finalizer = "resources-finalizer.argocd.argoproj.io";

/** A Deployment that makes no progress for so long is degraded. */
const progressDeadlineSeconds = 600;

export const argocd: Engine = {
  name: "argocd",
  controller: "StatefulSet.apps/argocd/argocd-application-controller",
  resource: "applications.argoproj.io",
  keyPrefix: "Application.argoproj.io/",
  keepsRecords: false,
  givesUp: false,

  orderOf(object: KubernetesObject): Order | undefined {
    return destinationOf(object) === undefined ? orderFor(object) : undefined;
  },

  ownerOf(key) {
    const application = key.split("/").at(-1);
    const annotation = "argocd.argoproj.io/tracking-id";
    return {
      marks: ({ kind, metadata }) => ({
        annotations: { [annotation]: `${application}:apps/${kind}:${metadata.namespace}/${metadata.name}` },
      }),
      owns({ metadata }) {
        const annotations = isRecord(metadata.annotations) ? metadata.annotations : {};
        return String(annotations[annotation]).startsWith(`${application}:`);
      },
    };
  },

  problemOf: (error) =>
    error.message.includes("not found in") || error.message.startsWith("failed to")
      ? { reason: "ComparisonError", message: `Failed to load target state: ${error.message}` }
      : { reason: "SyncError", message: `one or more objects failed to apply, reason: ${error.message}` },

  lateProblem: (order) => ({
    reason: "Degraded",
    message: `Deployment "${releaseOf(order).name}" exceeded its progress deadline`,
  }),

  statusOf(order, { phase, problem }) {
    const { suspended } = order;
    const synced = phase === "waiting" || phase === "ready";
    const compared = problem?.reason !== "ComparisonError";
    const health =
      phase === "ready" ? "Healthy" : problem?.reason === "Degraded" ? "Degraded" : synced ? "Progressing" : "Missing";
    return {
      health: { status: compared ? health : "Unknown" },
      sync: { status: !compared ? "Unknown" : synced ? "Synced" : "OutOfSync", revision: releaseOf(order).version },
      ...(problem && problem.reason !== "Degraded"
        ? { conditions: [{ type: problem.reason, message: problem.message }] }
        : {}),
      ...(suspended || !compared
        ? {}
        : {
            operationState: synced
              ? { phase: "Succeeded", message: "successfully synced (all tasks run)" }
              : problem
                ? { phase: "Failed", message: problem.message }
                : { phase: "Running" },
          }),
    };
  },
};

/** Argo CD for another cluster: its applications are those of its own. */
export function argocdFor(cluster: string): Engine {
  return {
    ...argocd,
    tellsHome: true,
    orderOf: (object) => (destinationOf(object) === cluster ? orderFor(object) : undefined),
  };
}

/** Values as an object or as a text; Argo CD takes the object when there are both. */
function valuesOf(helm: Record<string, unknown>): Record<string, unknown> {
  if (isRecord(helm.valuesObject)) return helm.valuesObject;
  const values: unknown = typeof helm.values === "string" ? parse(helm.values) : {};
  return isRecord(values) ? values : {};
}

/** What an application asks for, wherever it is to be. */
function orderFor({ metadata, spec }: KubernetesObject): Order | undefined {
  const { source, destination, syncPolicy } = (spec ?? {}) as Record<string, Record<string, unknown> | undefined>;
  if (typeof source?.chart !== "string") return undefined;
  const repository = String(source.repoURL);
  // Repositories without scheme are registries.
  const oci = !repository.includes("://");
  const helm = isRecord(source.helm) ? source.helm : {};
  const options = Array.isArray(syncPolicy?.syncOptions) ? syncPolicy.syncOptions : [];
  const managed = isRecord(syncPolicy?.managedNamespaceMetadata) ? syncPolicy.managedNamespaceMetadata : {};
  const finalizers = Array.isArray(metadata.finalizers) ? metadata.finalizers : [];
  return {
    release: {
      name: String(helm.releaseName ?? metadata.name),
      namespace: String(destination?.namespace),
      chart: oci ? `oci://${repository}/${source.chart}` : source.chart,
      version: String(source.targetRevision),
      ...(oci ? {} : { repositoryOpts: { repo: repository } }),
      values: valuesOf(helm),
    },
    timeoutSeconds: progressDeadlineSeconds,
    onDelete: finalizers.includes(finalizer) ? "remove" : "keep",
    suspended: !isRecord(syncPolicy?.automated),
    ...(options.includes("CreateNamespace=true")
      ? { createNamespace: (isRecord(managed.labels) ? managed.labels : {}) as Record<string, string> }
      : {}),
  };
}
