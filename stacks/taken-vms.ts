/** Which of a plan's VM ids something else on the Proxmox hosts has already. Pure functions. */
import type { NodePlan } from "../components/facts.ts";
import { planMembers } from "../components/talos-cluster/node-members.ts";
import type { ClusterConfig } from "../config/index.ts";
import type { Problem } from "../config/problems.ts";

/** A VM or a container on a host; both take their ids from the same numbers. */
export interface Guest {
  kind: "VM" | "container";
  vmId: number;
  name: string;
  host: string;
}

/** True when a cluster has nodes that are VMs; Proxmox need not be asked otherwise. */
export function hasVms(config: ClusterConfig | undefined, stack: string): boolean {
  return config !== undefined && planMembers(config, config.name ?? stack).members.some(({ metal }) => !metal);
}

/**
 * VM ids of the plan that something else has. A VM that is called like the node is the node's. Paths are relative to
 * `orrery:cluster`.
 */
export function takenVmProblems(
  nodes: NodePlan[],
  config: ClusterConfig,
  clusterName: string,
  guests: Guest[],
): Problem[] {
  if (guests.length === 0) return [];
  const byId = new Map(guests.map((guest) => [guest.vmId, guest]));
  const { members } = planMembers(config, clusterName);
  const paths = new Map(members.map(({ name, path }) => [name, path]));
  return nodes.flatMap(({ name, vm }): Problem[] => {
    const guest = vm && byId.get(vm.vmId);
    if (!guest || (guest.kind === "VM" && guest.name === name)) return [];
    return [
      {
        path: paths.get(name) ?? "id",
        value: vm.vmId,
        message: `the VM id of ${name} is taken by the ${guest.kind} "${guest.name}" on host ${guest.host}`,
        allowed: "a VM id that nothing else has; it is id * 1000 + suffix",
        hint: `choose another id for the cluster, or suffixes without ${vm.vmId % 1000}, or give the ${guest.kind} another VM id`,
      },
    ];
  });
}
