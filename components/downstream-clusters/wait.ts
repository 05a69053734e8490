import { annotated } from "../annotated.ts";
import type { KubernetesObject } from "../facts.ts";
import { settledMark } from "./crossplane/tenant-cluster.ts";

/** How long machines may take to be as wanted, in seconds: installing, starting and, in an upgrade, one after the other. */
const timeoutSeconds = 3600;

/**
 * An object that Pulumi's provider waits for after it has written it; it does not take a status for current that is of an
 * earlier generation.
 *
 * Facts: conditions of Cluster API v1.12.10 (api/core/v1beta2/machinedeployment_types.go); Talos' control plane provider
 * v0.5.12: api/v1alpha3/taloscontrolplane_types.go (`status.version` is the lowest version of its machines),
 * controllers/taloscontrolplane_controller.go, upgrade.go and scale.go (`Resized` is false as long as machines are added,
 * taken away or replaced); github.com/pulumi/pulumi-kubernetes: provider/pkg/await/condition (generations);
 * github.com/crossplane/crossplane, v2.3.4: apis/apiextensions/v2/xrd_types.go.
 */
export function awaited(object: KubernetesObject): KubernetesObject {
  const conditions = conditionsOf(object);
  return conditions.length === 0 ? object : waiting(object, conditions);
}

/** A `TenantCluster` that Pulumi's provider waits for; what it said about an earlier specification does not count. */
export function awaitedTenant(tenant: KubernetesObject): KubernetesObject {
  return waiting(tenant, [`jsonpath={.status.settled}=${settledMark(tenant)}`]);
}

function waiting(object: KubernetesObject, conditions: string[]): KubernetesObject {
  return annotated(object, {
    "pulumi.com/waitFor": JSON.stringify(conditions),
    "pulumi.com/timeoutSeconds": String(timeoutSeconds),
  });
}

/**
 * The same as a query in CEL, for who can ask further: about the present generation only, and about every control plane.
 */
export function readinessOf({ kind }: KubernetesObject): string | undefined {
  const present = "has(object.status) && object.status.observedGeneration == object.metadata.generation";
  if (kind === "TalosControlPlane") {
    const same = "object.status.version == object.spec.version && object.status.readyReplicas == object.spec.replicas";
    return `${present} && ${same} && ${asked("Resized", "True")}`;
  }
  if (kind === "MachineDeployment")
    return `${present} && ${asked("Available", "True")} && ${asked("RollingOut", "False")}`;
  return undefined;
}

function asked(type: string, status: string): string {
  return `object.status.conditions.exists(c, c.type == '${type}' && c.status == '${status}')`;
}

function conditionsOf({ kind, spec }: KubernetesObject): string[] {
  if (kind === "TalosControlPlane") {
    const { version, replicas } = spec as { version: string; replicas: number };
    return [
      "condition=Resized",
      `jsonpath={.status.version}=${version}`,
      `jsonpath={.status.readyReplicas}=${replicas}`,
    ];
  }
  if (kind === "MachineDeployment") return ["condition=Available", "condition=RollingOut=False"];
  // Resources of its kind can be made as soon as Crossplane serves it, and not before.
  if (kind === "CompositeResourceDefinition") return ["condition=Established"];
  return [];
}
