/**
 * What Cluster API's controllers tell of their objects.
 *
 * Facts: github.com/kubernetes-sigs/cluster-api, v1.12.10: api/core/v1beta2 (phases and conditions);
 * siderolabs/cluster-api-control-plane-provider-talos, v0.5.12: api/v1alpha3/taloscontrolplane_types.go,
 * controllers/etcd.go (the first control plane whose etcd is not well is named), scale.go (`Resized`).
 */
import { isDeepStrictEqual } from "node:util";
import type { KubernetesObject } from "../../talos/interface.ts";
import { controlPlaneLabel } from "./labels.ts";
import { type Context, inNamespace, isNode, machinesOf, phaseOf, revisionOf, specOf, type Wanted } from "./machines.ts";
import type { MachineState } from "./state.ts";

/** A control plane or a deployment, and what it is to be. */
export interface Group {
  object: KubernetesObject;
  wanted: Wanted;
}

/** The `Machine` objects, for everybody who looks. */
export function showMachines(context: Context, cluster: string, namespace: string, groups: readonly Group[]): void {
  const { api, state } = context;
  const wantedBy = new Map(groups.map(({ wanted }) => [wanted.owner, wanted]));
  const mine = Object.entries(state.machines).filter(([, machine]) => machine.cluster === cluster);
  for (const object of inNamespace(api, "machines.cluster.x-k8s.io", namespace)) {
    if (!mine.some(([name]) => name === object.metadata.name)) api.release(object);
  }
  for (const [name, machine] of mine) {
    const wanted = wantedBy.get(machine.owner);
    const known = api.get("cluster.x-k8s.io/v1beta2", "Machine", name, namespace);
    const object =
      known ??
      api.create({
        apiVersion: "cluster.x-k8s.io/v1beta2",
        kind: "Machine",
        metadata: { name, namespace, labels: wanted?.labels ?? {} },
        spec: { clusterName: namespace, version: wanted?.version, infrastructureRef: { name } },
      });
    show(context, object, machineStatus(context, name, machine));
  }
}

function machineStatus(context: Context, name: string, machine: MachineState): Record<string, unknown> {
  const phase = phaseOf(context, machine);
  return {
    phase,
    ...(phase === "Running" ? { nodeRef: { name } } : {}),
    conditions: [
      { ...condition("Ready", isNode(context, machine)), message: machine.problem ?? "" },
      ...(phase === "Deleting" ? [{ ...condition("Deleting", true), message: machine.problem ?? "" }] : []),
    ],
  };
}

/** How far a control plane or a deployment is. */
export function showGroup(context: Context, { object, wanted }: Group): void {
  const { api } = context;
  const machines = machinesOf(context, wanted.owner);
  const staying = machines.filter(([, { deletingSinceMs }]) => deletingSinceMs === undefined);
  const ready = staying.filter(([, machine]) => isNode(context, machine));
  const outdated = machines.some(([, { revision }]) => revision !== revisionOf(wanted));
  const settled = machines.length === wanted.replicas && staying.length === machines.length && !outdated;
  const observedGeneration = object.metadata.generation;
  if (controlPlaneLabel in wanted.labels) {
    const ill = machines.find(([, machine]) => !isNode(context, machine));
    show(context, object, {
      observedGeneration,
      ready: ready.length > 0,
      initialized: ready.length > 0,
      bootstrapped: ready.length > 0,
      replicas: machines.length,
      readyReplicas: ready.length,
      ...lowestVersion(
        machines.map(([name]) => api.get("cluster.x-k8s.io/v1beta2", "Machine", name, wanted.namespace)),
      ),
      conditions: [
        condition("Resized", settled),
        ill
          ? {
              ...condition("EtcdClusterHealthyCondition", false),
              message: `error checking etcd health on machine "${ill[0]}": etcd does not answer`,
            }
          : condition("EtcdClusterHealthyCondition", true),
      ],
    });
    return;
  }
  const complete = settled && ready.length === wanted.replicas;
  show(context, object, {
    observedGeneration,
    replicas: staying.length,
    readyReplicas: ready.length,
    availableReplicas: ready.length,
    conditions: [condition("Available", ready.length >= wanted.replicas), condition("RollingOut", !complete)],
  });
}

/** How far a cluster is. */
export function showCluster(context: Context, cluster: KubernetesObject, infrastructure: boolean, runs: boolean): void {
  const gone = cluster.metadata.deletionTimestamp !== undefined;
  show(context, cluster, {
    phase: gone ? "Deleting" : infrastructure ? "Provisioned" : "Provisioning",
    initialization: { infrastructureProvisioned: infrastructure, controlPlaneInitialized: runs },
    conditions: [condition("Available", runs && !gone)],
  });
}

/** The lowest version among machines, which is what a control plane calls its own. */
function lowestVersion(machines: readonly (KubernetesObject | undefined)[]): { version?: string } {
  const versions = machines.flatMap((machine) => (machine ? [String(specOf(machine).version)] : []));
  const [version] = versions.sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  return version === undefined ? {} : { version };
}

function condition(type: string, holds: boolean): { type: string; status: string } {
  return { type, status: holds ? "True" : "False" };
}

function show({ world }: Context, object: KubernetesObject, status: Record<string, unknown>): void {
  if (isDeepStrictEqual(object.status, status)) return;
  object.status = status;
  world.touch();
}
