/**
 * The machines of a downstream cluster as the management cluster's `kubectl` shows them.
 *
 * Facts: github.com/kubernetes-sigs/cluster-api, v1.12.10: api/core/v1beta2/machine_types.go (phases; the condition Ready
 * sums up the others), common_types.go (label of control planes).
 */
import type { Kubectl } from "../../kubectl.ts";
import { clusterLabel } from "../names.ts";

/** Resource types in full, because other groups have machines and clusters, too. */
export const resourceTypes = {
  cluster: "clusters.cluster.x-k8s.io",
  machine: "machines.cluster.x-k8s.io",
  controlPlane: "taloscontrolplanes.controlplane.cluster.x-k8s.io",
  deployment: "machinedeployments.cluster.x-k8s.io",
} as const;

/** A machine of a downstream cluster. */
export interface Machine {
  name: string;
  cluster: string;
  controlPlane: boolean;
  /** Its node is ready, and nobody is deleting it. */
  ready: boolean;
  deleting: boolean;
  phase: string;
  /** What Cluster API says about it; empty when it says nothing. */
  message: string;
}

interface MachineObject {
  metadata: { name: string; labels?: Record<string, string>; deletionTimestamp?: string };
  spec: { clusterName: string };
  status?: { phase?: string; conditions?: { type: string; status: string; message?: string }[] };
}

/** The machines of a cluster. */
export async function machinesOf(kubectl: Kubectl, cluster: string): Promise<Machine[]> {
  const selector = `${clusterLabel}=${cluster}`;
  const text = await kubectl(
    "get",
    resourceTypes.machine,
    ...["--namespace", cluster, "--selector", selector, "--output", "json"],
  );
  return parseMachines(text);
}

/** Reads a list of `Machine` objects in JSON. */
export function parseMachines(text: string): Machine[] {
  const { items = [] } = JSON.parse(text) as { items?: MachineObject[] };
  return items.map(machineOf);
}

function machineOf({ metadata, spec, status }: MachineObject): Machine {
  const condition = (type: string) => status?.conditions?.find((each) => each.type === type);
  const deleting = metadata.deletionTimestamp !== undefined;
  const told = condition(deleting ? "Deleting" : "Ready") ?? condition("Ready");
  return {
    name: metadata.name,
    cluster: spec.clusterName,
    controlPlane: "cluster.x-k8s.io/control-plane" in (metadata.labels ?? {}),
    ready: !deleting && condition("Ready")?.status === "True",
    deleting,
    phase: status?.phase ?? "Pending",
    message: told?.message ?? "",
  };
}

/** Machines in words: `media-workers-x7k2p (Deleting: waiting for its volumes)`. */
export function inWords(machines: readonly Machine[]): string {
  return machines.map(({ name, phase, message }) => `${name} (${phase}${message ? `: ${message}` : ""})`).join(", ");
}
