import type { KubernetesObject, RunningNode } from "../talos/interface.ts";
import type { World } from "../world/world.ts";
import { type ClusterApi, timestamp } from "./api.ts";

/**
 * Node objects of a cluster. A kubelet that runs registers its node; the object stays when the machine goes, and
 * turns to unknown, until somebody deletes it.
 */
export function nodesOf(
  world: World,
  api: ClusterApi,
  running: RunningNode[],
  networkRuns: boolean,
): KubernetesObject[] {
  const { state } = api;
  for (const node of running) {
    if (state.objects[`Node.//${node.name}`]) continue;
    // A kubelet registers its node when it starts, and not again when somebody deletes that.
    if (node.runningSinceMs <= (state.deletedNodes[node.name] ?? -1)) continue;
    delete state.deletedNodes[node.name];
    api.apply(registered(node));
    world.record("node.register", node.name);
  }
  const byName = new Map(running.map((node) => [node.name, node]));
  return (api.list("nodes") ?? []).map((stored) => {
    const node = byName.get(stored.metadata.name);
    const shown = node
      ? { ...stored, ...registered(node), metadata: { ...stored.metadata, ...registered(node).metadata } }
      : stored;
    const unschedulable = state.unschedulable.includes(stored.metadata.name);
    const { taints } = shown.spec as { taints: unknown[] };
    return {
      ...shown,
      spec: {
        ...(unschedulable ? { unschedulable: true } : {}),
        taints: unschedulable ? [...taints, { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }] : taints,
      },
      status: { ...(shown.status as object), conditions: [readyCondition(world, node, networkRuns)] },
    };
  });
}

function registered(node: RunningNode): KubernetesObject {
  const controlPlane = node.role === "controlplane" ? { "node-role.kubernetes.io/control-plane": "" } : {};
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: node.name,
      labels: {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": node.name,
        "kubernetes.io/os": "linux",
        ...controlPlane,
        ...node.labels,
      },
    },
    spec: { taints: Object.entries(node.taints).map(([key, text]) => taintOf(key, text)) },
    status: {
      addresses: [
        ...node.addresses.map((address) => ({ type: "InternalIP", address })),
        { type: "Hostname", address: node.name },
      ],
      nodeInfo: {
        kubeletVersion: node.kubeletVersion,
        osImage: `Talos (${node.talosVersion})`,
        operatingSystem: "linux",
        architecture: "amd64",
      },
    },
  };
}

/** The machine configuration writes taints as `value:effect`. */
function taintOf(key: string, text: string): { key: string; value?: string; effect: string } {
  const [value = "", effect] = text.includes(":") ? text.split(":") : ["", text];
  return { key, ...(value ? { value } : {}), effect: effect ?? "NoSchedule" };
}

function readyCondition(world: World, node: RunningNode | undefined, networkRuns: boolean) {
  const at = { type: "Ready", lastHeartbeatTime: timestamp(world.clock.nowMs) };
  if (!node)
    return { ...at, status: "Unknown", reason: "NodeStatusUnknown", message: "Kubelet stopped posting node status." };
  if (networkRuns) return { ...at, status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" };
  return {
    ...at,
    status: "False",
    reason: "KubeletNotReady",
    message:
      "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
  };
}
