import { annotated } from "../annotated.ts";
import type { KubernetesObject } from "../facts.ts";

/** How long machines may take to be as wanted, in seconds: installing, starting and, in an upgrade, one after the other. */
const timeoutSeconds = 3600;

/**
 * An object that Pulumi's provider waits for after it has written it. Facts: conditions of Cluster API v1.12.10
 * (api/core/v1beta2/machinedeployment_types.go) and of Talos' control plane provider v0.5.12
 * (api/v1alpha3/taloscontrolplane_types.go: `status.version` is the lowest version of its machines).
 */
export function awaited(object: KubernetesObject): KubernetesObject {
  const conditions = conditionsOf(object);
  if (conditions.length === 0) return object;
  return annotated(object, {
    "pulumi.com/waitFor": JSON.stringify(conditions),
    "pulumi.com/timeoutSeconds": String(timeoutSeconds),
  });
}

function conditionsOf({ kind, spec }: KubernetesObject): string[] {
  if (kind === "TalosControlPlane") {
    return ["jsonpath={.status.ready}=true", `jsonpath={.status.version}=${(spec as { version: string }).version}`];
  }
  if (kind === "MachineDeployment") return ["condition=Available", "condition=RollingOut=False"];
  return [];
}
