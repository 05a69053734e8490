/**
 * What the webhooks of Cluster API and its providers make of an object before it is stored, and what they refuse.
 *
 * Facts: github.com/kubernetes-sigs/cluster-api, v1.12.10: internal/webhooks/machinedeployment.go;
 * siderolabs/cluster-api-control-plane-provider-talos, v0.5.12: api/v1alpha3/taloscontrolplane_webhook.go;
 * siderolabs/cluster-api-bootstrap-provider-talos, v0.6.12: api/v1alpha3/talosconfigtemplate_webhook.go;
 * ionos-cloud/cluster-api-provider-proxmox, v0.8.2: internal/webhook/proxmoxmachinetemplate_webhook.go;
 * tinkerbell/cluster-api-provider-tinkerbell: api/v1beta1/tinkerbellmachinetemplate_webhook.go. Harvester's provider,
 * v0.10.1, has none for its machine templates.
 */
import { isDeepStrictEqual } from "node:util";
import { isRecord } from "../../protocol/values.ts";
import type { KubernetesObject } from "../../talos/interface.ts";
import { ApiError } from "../errors.ts";
import { boundsOf } from "./bounds.ts";

type Webhook = (object: KubernetesObject, before: KubernetesObject | undefined) => KubernetesObject;

const clusterName = "cluster.x-k8s.io/cluster-name";

const webhooks: Record<string, Webhook> = {
  "cluster.x-k8s.io/MachineDeployment": machineDeployment,
  "controlplane.cluster.x-k8s.io/TalosControlPlane": talosControlPlane,
  "infrastructure.cluster.x-k8s.io/ProxmoxMachineTemplate": (object, before) => {
    if (!changed(object, before)) return object;
    const { kind, metadata } = object;
    const what = `${kind}.infrastructure.cluster.x-k8s.io "${metadata.name}" is invalid`;
    throw refused(
      "validation.proxmoxmachinetemplate.infrastructure",
      "Invalid",
      `${what}: spec: Forbidden: ${kind} is immutable`,
    );
  },
  "infrastructure.cluster.x-k8s.io/TinkerbellMachineTemplate": unchangeable(
    "validation.tinkerbellmachinetemplate.infrastructure",
  ),
  "bootstrap.cluster.x-k8s.io/TalosConfigTemplate": unchangeable("vtalosconfigtemplate"),
};

/**
 * Lets the webhooks look at an object of Cluster API.
 * @returns the object with what they fill in
 * @throws ApiError when one of them refuses it
 */
export function admit(object: KubernetesObject, before: KubernetesObject | undefined): KubernetesObject {
  const [group] = object.apiVersion.split("/");
  return webhooks[`${group}/${object.kind}`]?.(object, before) ?? object;
}

/** A number of workers that nobody says is the autoscaler's: the one that is there, within the bounds. */
function machineDeployment(object: KubernetesObject, before: KubernetesObject | undefined): KubernetesObject {
  const spec = isRecord(object.spec) ? object.spec : {};
  const old = before && isRecord(before.spec) ? before.spec : undefined;
  if (old && old.clusterName !== spec.clusterName) {
    const what = `MachineDeployment.cluster.x-k8s.io "${object.metadata.name}" is invalid`;
    throw refused(
      "validation.machinedeployment",
      "Invalid",
      `${what}: spec.clusterName: Forbidden: field is immutable`,
    );
  }
  const { min, max } = boundsOf(object) ?? { min: 1, max: 1 };
  const present = old?.replicas === undefined ? min : Number(old.replicas);
  const replicas = spec.replicas ?? Math.min(max, Math.max(min, present));
  const labels = isRecord(object.metadata.labels) ? object.metadata.labels : {};
  return {
    ...object,
    metadata: { ...object.metadata, labels: { ...labels, [clusterName]: spec.clusterName } },
    spec: { ...spec, replicas },
  };
}

function talosControlPlane(object: KubernetesObject): KubernetesObject {
  const spec = isRecord(object.spec) ? object.spec : {};
  const strategy = isRecord(spec.rolloutStrategy) ? spec.rolloutStrategy : {};
  const { type = "RollingUpdate" } = strategy;
  if (type !== "RollingUpdate" && type !== "OnDelete") {
    const what = `TalosControlPlane.controlplane.cluster.x-k8s.io "${object.metadata.name}" is invalid`;
    const problem = `spec.rolloutStrategy: Invalid value: "${type}": valid values are: ["RollingUpdate" "OnDelete"]`;
    throw refused("validate.taloscontrolplane.controlplane", "Invalid", `${what}: ${problem}`);
  }
  const version = String(spec.version);
  return {
    ...object,
    spec: {
      ...spec,
      replicas: spec.replicas ?? 1,
      version: version.startsWith("v") ? version : `v${version}`,
      rolloutStrategy: { rollingUpdate: { maxSurge: 1 }, ...strategy, type },
    },
  };
}

function unchangeable(webhook: string): Webhook {
  return (object, before) => {
    if (changed(object, before)) throw refused(webhook, "BadRequest", `${object.kind}.Spec is immutable`);
    return object;
  };
}

function changed({ spec }: KubernetesObject, before: KubernetesObject | undefined): boolean {
  return before !== undefined && !isDeepStrictEqual(spec, before.spec);
}

function refused(webhook: string, reason: "Invalid" | "BadRequest", message: string): ApiError {
  return new ApiError(reason, `admission webhook "${webhook}.cluster.x-k8s.io" denied the request: ${message}`);
}
