/** Whether a cluster can do without one node, and whether a node is back. Answers are reasons in words; none means yes. */
import type { Kubectl, KubernetesNode } from "./kubectl.ts";
import type { MachineStatus, NodeAddress, Talosctl } from "./talosctl.ts";

/** A node of the plan, as the gate knows it. */
export interface GateNode extends NodeAddress {
  role: "controlplane" | "worker";
  /** The address it was installed through, when it is not the one that it has now. */
  maintenanceAddress?: string;
}

/** A control plane and whether its etcd member is healthy. */
export interface EtcdHealth {
  node: GateNode;
  /** False as well when it could not be asked. */
  healthy: boolean;
}

/** Asks every control plane for its etcd member. */
export function askEtcd(nodes: GateNode[], talosctl: Talosctl): Promise<EtcdHealth[]> {
  const controlPlanes = nodes.filter(({ role }) => role === "controlplane");
  return Promise.all(
    controlPlanes.map(async (node) => ({ node, healthy: await talosctl.etcdHealthy(node).catch(() => false) })),
  );
}

/** Reasons why etcd would lose its quorum without a node; a single control plane has none to lose. */
export async function quorumReasons(etcd: EtcdHealth[], leaving: GateNode, talosctl: Talosctl): Promise<string[]> {
  const witnesses = etcd.filter(({ healthy }) => healthy).map(({ node }) => node);
  const witness = witnesses.find(({ name }) => name !== leaving.name) ?? witnesses[0];
  if (!witness) return ["no control plane has a healthy etcd member"];
  const members = (await talosctl.etcdMembers(witness)).filter(({ learner }) => !learner);
  const needed = Math.floor(members.length / 2) + 1;
  const left = witnesses.filter(({ name }) => name !== leaving.name).length;
  const remaining = leaving.role === "controlplane" ? left : witnesses.length;
  if (members.length === 1 || remaining >= needed) return [];
  const unhealthy = etcd.filter(({ healthy }) => !healthy).map(({ node }) => node.name);
  return [
    `etcd has ${members.length} members and needs ${needed}; without ${leaving.name} only ${remaining} would be healthy` +
      (unhealthy.length > 0 ? ` (not healthy: ${unhealthy.join(", ")})` : ""),
  ];
}

/** Other nodes of the plan that are not ready; those in `excused` may be away. */
export function readinessReasons(nodes: GateNode[], seen: KubernetesNode[], excused: ReadonlySet<string>): string[] {
  return seen
    .filter((node) => nodes.some(({ name }) => name === node.name))
    .filter((node) => !excused.has(node.name) && !node.ready && !waitsForNetwork(node))
    .map(({ name, message }) => `${name} is not ready${message ? `: ${message}` : ""}`);
}

/** Before the platform is there no node is ready, and nothing runs on them that could be disturbed. */
export function waitsForNetwork({ message }: KubernetesNode): boolean {
  return /cni plugin not initialized|cni config uninitialized|network plugin is not ready/i.test(message);
}

/** What a node lacks to be healthy after a change. */
export async function nodeReasons(
  node: GateNode,
  before: MachineStatus | undefined,
  rebooting: boolean,
  talosctl: Talosctl,
  kubectl: Kubectl,
): Promise<string[]> {
  const status = await talosctl.machineStatus(node);
  if (rebooting && before && status.bootedAt === before.bootedAt) return [`${node.name} has not rebooted yet`];
  if (status.stage !== "running") return [`${node.name} is ${status.stage}`];
  if (node.role === "controlplane" && !(await talosctl.etcdHealthy(node)))
    return [`etcd on ${node.name} is not healthy`];
  const seen = (await kubectl.nodes()).find(({ name }) => name === node.name);
  if (!seen) return [`Kubernetes does not know ${node.name}`];
  if (waitsForNetwork(seen)) return [];
  if (!seen.ready) return [`Kubernetes says that ${node.name} is not ready${seen.message ? `: ${seen.message}` : ""}`];
  return status.ready ? [] : [`${node.name} waits for ${status.unmetConditions.join(", ") || "its conditions"}`];
}
