/**
 * Columns that custom resources ask for.
 *
 * Facts: github.com/kubernetes-sigs/cluster-api, v1.12.10: api/core/v1beta2/machine_types.go, cluster_types.go,
 * machinedeployment_types.go; siderolabs/cluster-api-control-plane-provider-talos, v0.5.12:
 * api/v1alpha3/taloscontrolplane_types.go; argoproj/argo-cd, v3.2.3: pkg/apis/application/v1alpha1/types.go; fluxcd/helm-controller
 * 1.3.0: api/v2/helmrelease_types.go, and kustomize-controller and source-controller of the same release; as far as the lab has
 * values for them.
 */
import { isRecord } from "../../protocol/values.ts";
import type { KubernetesObject } from "../../talos/interface.ts";

/** A column, and where its value stands: a path, `condition <type>`, `message <type>` of a condition, or the age. */
export interface PrintColumn {
  name: string;
  value: string;
}

/** What Flux' resources tell of themselves. */
const readyOfFlux = { AGE: "age", READY: "condition Ready", STATUS: "message Ready" };

/** Columns by kind, in their order. */
export const printColumns: Record<string, PrintColumn[]> = {
  Machine: columns({
    CLUSTER: "spec.clusterName",
    "NODE NAME": "status.nodeRef.name",
    READY: "condition Ready",
    PHASE: "status.phase",
    AGE: "age",
    VERSION: "spec.version",
  }),
  Cluster: columns({ AVAILABLE: "condition Available", PHASE: "status.phase", AGE: "age" }),
  MachineDeployment: columns({
    CLUSTER: "spec.clusterName",
    AVAILABLE: "condition Available",
    DESIRED: "spec.replicas",
    CURRENT: "status.replicas",
    READY: "status.readyReplicas",
    AGE: "age",
    VERSION: "spec.template.spec.version",
  }),
  TalosControlPlane: columns({
    READY: "status.ready",
    INITIALIZED: "status.initialized",
    REPLICAS: "status.replicas",
    "READY REPLICAS": "status.readyReplicas",
  }),
  Application: columns({ "SYNC STATUS": "status.sync.status", "HEALTH STATUS": "status.health.status" }),
  GitRepository: columns({ URL: "spec.url", ...readyOfFlux }),
  HelmRelease: columns(readyOfFlux),
  Kustomization: columns(readyOfFlux),
};

/** What stands at a place of an object; empty when nothing does. */
export function textAt(object: KubernetesObject, place: string): string {
  const [word, type] = place.split(" ");
  if (word === "condition" || word === "message") {
    const conditions = isRecord(object.status) ? object.status.conditions : undefined;
    const found = Array.isArray(conditions)
      ? conditions.find((each) => isRecord(each) && each.type === type)
      : undefined;
    if (!isRecord(found)) return "";
    return String(word === "condition" ? found.status : (found.message ?? ""));
  }
  const value = place.split(".").reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), object);
  return value === undefined ? "" : String(value);
}

function columns(places: Record<string, string>): PrintColumn[] {
  return Object.entries(places).map(([name, value]) => ({ name, value }));
}
