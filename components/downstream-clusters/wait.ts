import { annotated } from "../annotated.ts";
import type { KubernetesObject } from "../facts.ts";

/** How long machines may take to be as wanted, in seconds: installing, starting and, in an upgrade, one after the other. */
const timeoutSeconds = 3600;

/**
 * An object that Pulumi's provider waits for after it has written it; it does not take a status for current that is of an
 * earlier generation.
 *
 * Facts: conditions of Cluster API v1.12.10 (api/core/v1beta2/machinedeployment_types.go); Talos' control plane provider
 * v0.5.12: api/v1alpha3/taloscontrolplane_types.go (`status.version` is the lowest version of its machines),
 * controllers/taloscontrolplane_controller.go, upgrade.go and scale.go (`Resized` is false as long as machines are added,
 * taken away or replaced); github.com/pulumi/pulumi-kubernetes: provider/pkg/await/condition (generations).
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
    const { version, replicas } = spec as { version: string; replicas: number };
    return [
      "condition=Resized",
      `jsonpath={.status.version}=${version}`,
      `jsonpath={.status.readyReplicas}=${replicas}`,
    ];
  }
  if (kind === "MachineDeployment") return ["condition=Available", "condition=RollingOut=False"];
  return [];
}
