import { createHash } from "node:crypto";
import type { KubernetesObject, RunningNode } from "../talos/interface.ts";
import type { World } from "../world/world.ts";
import type { ClusterApi } from "./api.ts";
import { blockerOf, isReady } from "./workloads.ts";

const staticPods = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];

/**
 * Pods of a cluster, as its workloads and control planes make them, and those that somebody else has put into it; sorted by
 * namespace and name.
 */
export function podsOf(world: World, api: ClusterApi, running: RunningNode[]): KubernetesObject[] {
  const controlPlanes = running.filter(({ role }) => role === "controlplane");
  const pods = [
    ...(api.list("pods") ?? []),
    ...controlPlanes.flatMap((node) =>
      staticPods.map((name) => pod(`${name}-${node.name}`, "kube-system", node.name, undefined, "Node")),
    ),
  ];
  for (const [key, workload] of Object.entries(api.state.workloads)) {
    const [kind = "", namespace = "", name = ""] = key.split("/");
    const owner = kind.split(".")[0] ?? "";
    const blocker = isReady(world, workload)
      ? undefined
      : (blockerOf(world, api.state, key, running) ?? "ContainerCreating");
    const nodes = owner === "DaemonSet" ? running : running.slice(-1);
    for (const node of nodes) {
      const suffix = createHash("sha256").update(`${key}@${node.name}`).digest("hex").slice(0, 5);
      const podName = owner === "StatefulSet" ? `${name}-0` : `${name}-${suffix}`;
      const created = api.state.objects[key]?.metadata.creationTimestamp;
      const controller = owner === "Deployment" ? "ReplicaSet" : owner;
      pods.push(pod(podName, namespace, node.name, blocker, controller, created));
    }
  }
  const place = ({ metadata }: KubernetesObject) => `${metadata.namespace}/${metadata.name}`;
  return pods.sort((a, b) => (place(a) < place(b) ? -1 : 1));
}

function pod(
  name: string,
  namespace: string,
  node: string,
  blocker: string | undefined,
  owner: string,
  created?: unknown,
): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace,
      ...(created === undefined ? {} : { creationTimestamp: created }),
      ownerReferences: [{ kind: owner, controller: true }],
    },
    spec: blocker ? {} : { nodeName: node },
    status: {
      phase: blocker ? "Pending" : "Running",
      conditions: [{ type: "Ready", status: blocker ? "False" : "True", ...(blocker ? { message: blocker } : {}) }],
    },
  };
}
