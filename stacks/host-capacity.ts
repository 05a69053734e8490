/** Whether the hosts can carry the VMs that all stack files plan on them. Pure functions. */
import type { NodePlan } from "../components/facts.ts";
import { planNodes } from "../components/talos-cluster/node-plan.ts";
import { type ClusterConfig, pathOf, type SharedConfig, sharedKey, stackFileName } from "../config/index.ts";
import type { Problem } from "../config/problems.ts";
import { addressesOf, type Site } from "./collisions.ts";
import { sharedStack } from "./names.ts";

/** Hosts of a stack's VMs whose memory is said and less than the VMs of all stacks together need. */
export function memoryProblems(stack: string, site: Site): Problem[] {
  const { hosts } = site.shared.proxmox;
  const told = Object.keys(hosts).filter((host) => hosts[host]?.memoryMiB !== undefined);
  const used = new Set(told.length > 0 ? vmsOf(stack, site).map(({ vm }) => vm.host) : []);
  return told.flatMap((host): Problem[] => {
    const memoryMiB = hosts[host]?.memoryMiB ?? 0;
    if (!used.has(host)) return [];
    const needs = Object.keys(site.clusters)
      .map((name) => ({ name, needed: memoryOn(host, vmsOf(name, site)) }))
      .filter(({ needed }) => needed > 0);
    const total = needs.reduce((sum, { needed }) => sum + needed, 0);
    if (total <= memoryMiB) return [];
    const shares = needs.map(({ name, needed }) => `${name} ${needed}`).join(", ");
    return [
      {
        file: stackFileName(sharedStack),
        path: `${sharedKey}.${pathOf(["proxmox", "hosts", host, "memoryMiB"])}`,
        value: memoryMiB,
        message: `the VMs planned on ${host} need ${total} MiB together (${shares})`,
        allowed: `${total} or more`,
        hint: "or move nodes to other hosts (hosts of a pool, host of an override), or give them less memory",
      },
    ];
  });
}

/** VMs of a stack with more cores than their host has threads, where the host says how many; in whole sentences. */
export function threadWarnings(nodes: NodePlan[], shared: SharedConfig): string[] {
  return nodes.flatMap(({ name, vm }) => {
    if (!vm) return [];
    const { threads } = shared.proxmox.hosts[vm.host] ?? {};
    if (threads === undefined || vm.cores <= threads) return [];
    return [`${name} has ${vm.cores} cores, and its host ${vm.host} has ${threads} threads`];
  });
}

type VirtualNode = NodePlan & { vm: NonNullable<NodePlan["vm"]> };

function memoryOn(host: string, nodes: VirtualNode[]): number {
  return nodes.filter(({ vm }) => vm.host === host).reduce((sum, { vm }) => sum + vm.memoryMiB, 0);
}

// In a fleet every stack looks at the VMs of all others; each stack's are worked out once.
const known = new WeakMap<SharedConfig, WeakMap<ClusterConfig, VirtualNode[]>>();

function vmsOf(stack: string, { shared, clusters }: Site): VirtualNode[] {
  const config = clusters[stack];
  if (!config) return [];
  const plans = known.get(shared) ?? new WeakMap<ClusterConfig, VirtualNode[]>();
  known.set(shared, plans);
  const found =
    plans.get(config) ??
    planNodes(config, shared, addressesOf(stack, config, shared)).nodes.filter(
      (node): node is VirtualNode => node.vm !== undefined,
    );
  plans.set(config, found);
  return found;
}
