/**
 * Flux' helm-controller.
 *
 * Facts: github.com/fluxcd/helm-controller 1.3.0: docs/spec/v2/helmreleases.md, api/v2/condition_types.go,
 * internal/controller/helmrelease_controller.go (deleting uninstalls, unless the object is suspended).
 */
import { isRecord } from "../../protocol/values.ts";
import { parseDuration } from "../../talos/duration.ts";
import type { KubernetesObject } from "../../talos/interface.ts";
import { type ClusterApi, timestamp } from "../api.ts";
import { helmOwner } from "../helm.ts";
import { type Engine, type Order, type Problem, releaseOf } from "./engine.ts";

const sourceApi = "source.toolkit.fluxcd.io/v1";
const releaseApi = "helm.toolkit.fluxcd.io/v2";

export const flux: Engine = {
  name: "flux",
  controller: "Deployment.apps/flux-system/helm-controller",
  resource: "helmreleases.helm.toolkit.fluxcd.io",
  keyPrefix: "HelmRelease.helm.toolkit.fluxcd.io/",
  keepsRecords: true,
  givesUp: true,

  orderOf(object, api): Order | undefined {
    const { metadata, spec } = object;
    if (!isRecord(spec)) return undefined;
    const own = metadata.namespace ?? "default";
    const target = typeof spec.targetNamespace === "string" ? spec.targetNamespace : undefined;
    const chart = chartOf(spec, own, api);
    const install = isRecord(spec.install) ? spec.install : {};
    const timeoutMs = parseDuration(String(spec.timeout ?? "5m")) ?? 300_000;
    return {
      release: {
        name: String(spec.releaseName ?? (target ? `${target}-${metadata.name}` : metadata.name)),
        namespace: target ?? own,
        ...chart.release,
        values: isRecord(spec.values) ? spec.values : {},
        maxHistory: typeof spec.maxHistory === "number" ? spec.maxHistory : 5,
      },
      timeoutSeconds: timeoutMs / 1000,
      onDelete: spec.suspend === true ? "keep" : "remove",
      suspended: spec.suspend === true,
      ...(install.createNamespace === true ? { createNamespace: {} } : {}),
      blocked: () => chart.problem ?? unmet(spec, own, api),
    };
  },

  // A release that somebody else has made is upgraded, and objects of somebody else are taken over.
  placing(api, helm, release, chart) {
    helm.note(api, release, chart, (helm.newest(api, release)?.revision ?? 0) + 1, "deployed");
    return true;
  },

  ownerOf: (_key, release) => helmOwner(release),

  problemOf: (error, order) => ({ reason: "InstallFailed", message: `${failed(order)}: ${error.message}` }),

  lateProblem: (order) => ({ reason: "InstallFailed", message: `${failed(order)}: context deadline exceeded` }),

  statusOf(order, { phase, problem, sinceMs }) {
    if (order.suspended) return { observedGeneration: 1 };
    const condition = problem
      ? { status: "False", ...problem }
      : phase === "ready"
        ? {
            status: "True",
            reason: "InstallSucceeded",
            message: `Helm install succeeded for release ${chartOfRelease(order)}`,
          }
        : { status: "Unknown", reason: "Progressing", message: "Running 'install' action with timeout" };
    return {
      observedGeneration: 1,
      conditions: [{ type: "Ready", ...condition, lastTransitionTime: timestamp(sinceMs) }],
    };
  },
};

function failed(order: Order): string {
  return `Helm install failed for release ${chartOfRelease(order)}`;
}

function chartOfRelease(order: Order): string {
  const { namespace, name, chart, version } = releaseOf(order);
  return `${namespace}/${name} with chart ${chart}@${version}`;
}

/** The chart that a HelmRelease names, by itself or by a source of its own. */
function chartOf(
  spec: Record<string, unknown>,
  own: string,
  api: ClusterApi,
): { release: { chart: string; version?: string; repositoryOpts?: { repo: string } }; problem?: Problem } {
  if (isRecord(spec.chartRef)) {
    const { name } = spec.chartRef;
    const source = specOf(api.get(sourceApi, "OCIRepository", String(name), own));
    if (!source) return { release: { chart: "" }, problem: missing("OCIRepository", own, name) };
    const ref = isRecord(source.ref) ? source.ref : {};
    return { release: { chart: String(source.url), version: String(ref.tag) } };
  }
  const template = isRecord(spec.chart) && isRecord(spec.chart.spec) ? spec.chart.spec : {};
  const name = isRecord(template.sourceRef) ? template.sourceRef.name : undefined;
  const source = specOf(api.get(sourceApi, "HelmRepository", String(name), own));
  const chart = String(template.chart);
  if (!source) return { release: { chart }, problem: missing("HelmRepository", own, name) };
  return {
    release: { chart, version: String(template.version), repositoryOpts: { repo: String(source.url) } },
  };
}

function specOf(object: KubernetesObject | undefined): Record<string, unknown> | undefined {
  return isRecord(object?.spec) ? object.spec : undefined;
}

function missing(kind: string, namespace: string, name: unknown): Problem {
  return {
    reason: "SourceNotReady",
    message: `Could not get Source object: ${kind.toLowerCase()}.source.toolkit.fluxcd.io "${namespace}/${name}" not found`,
  };
}

/** A release waits for those it depends on. */
function unmet(spec: Record<string, unknown>, own: string, api: ClusterApi): Problem | undefined {
  const list = Array.isArray(spec.dependsOn) ? spec.dependsOn.filter(isRecord) : [];
  for (const { name, namespace } of list) {
    const place = typeof namespace === "string" ? namespace : own;
    const other = api.get(releaseApi, "HelmRelease", String(name), place);
    const key = other && api.keyFor(other);
    if (key && api.state.deliveries?.[key]?.phase === "ready") continue;
    return { reason: "DependencyNotReady", message: `dependency '${place}/${name}' is not ready` };
  }
  return undefined;
}
