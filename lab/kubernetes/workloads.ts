import type { KubernetesObject, RunningNode } from "../talos/interface.ts";
import type { World } from "../world/world.ts";
import type { ClusterApi } from "./api.ts";
import type { ClusterState, WorkloadState } from "./state.ts";

/** How long pods take from the moment they can start until they are ready: pulling images and starting. */
const startMs = { hostNetwork: 40_000, pod: 25_000 };

/** Pod security levels, least strict first. */
const levels = ["privileged", "baseline", "restricted"];

/** What Talos enforces in namespaces without a level of their own; it exempts kube-system. */
const defaultLevel = "baseline";

/** DaemonSets that are a CNI, in kube-system. */
const networks = ["cilium"];

/** Looks at all pod-making objects: those that can start do, and what comes with one that runs is put in place. */
export function refreshWorkloads(world: World, api: ClusterApi, running: RunningNode[]): void {
  const { state } = api;
  // A network that starts lets others start: look until nothing changes any more.
  for (let changed = true; changed; ) {
    changed = false;
    for (const [key, workload] of Object.entries(state.workloads)) {
      const blocked = blockerOf(world, state, key, running) !== undefined;
      if (!blocked && workload.readyAtMs === undefined) {
        workload.readyAtMs = world.clock.nowMs + (workload.hostNetwork ? startMs.hostNetwork : startMs.pod);
        changed = true;
      }
      if (blocked && workload.readyAtMs !== undefined) {
        workload.readyAtMs = undefined;
        changed = true;
      }
      const definitions = state.pendingDefinitions[key];
      if (definitions && isReady(world, workload)) {
        delete state.pendingDefinitions[key];
        api.define(definitions);
        changed = true;
      }
    }
    if (changed) world.touch();
  }
}

/** True when the pods of an object are ready. */
export function isReady(world: World, workload: WorkloadState): boolean {
  return workload.readyAtMs !== undefined && workload.readyAtMs <= world.clock.nowMs;
}

/** True when the pods of a CNI are. */
export function networkRuns(world: World, state: ClusterState): boolean {
  return networks.some((name) => {
    const workload = state.workloads[`DaemonSet.apps/kube-system/${name}`];
    return workload !== undefined && isReady(world, workload);
  });
}

/** Why pods of an object cannot start, in Kubernetes' words; undefined when nothing keeps them. */
export function blockerOf(world: World, state: ClusterState, key: string, running: RunningNode[]): string | undefined {
  const workload = state.workloads[key] as WorkloadState;
  const [, namespace = ""] = key.split("/");
  const level = levelOf(state, namespace);
  if (levels.indexOf(level) > levels.indexOf(workload.needsLevel)) {
    return `pods are forbidden: violates PodSecurity "${level}:latest"`;
  }
  const missing = workload.needsSecrets.find((name) => !state.objects[`Secret./${namespace}/${name}`]);
  if (missing) return `MountVolume.SetUp failed for volume: secret "${missing}" not found`;
  if (running.length === 0) return "0/0 nodes are available";
  if (!workload.hostNetwork && !networkRuns(world, state)) {
    return `0/${running.length} nodes are available: ${running.length} node(s) had untolerated taint {node.kubernetes.io/not-ready: }`;
  }
  return undefined;
}

function levelOf(state: ClusterState, namespace: string): string {
  if (namespace === "kube-system") return "privileged";
  const object: KubernetesObject | undefined = state.objects[`Namespace.//${namespace}`];
  const labels = object?.metadata.labels as Record<string, string> | undefined;
  return labels?.["pod-security.kubernetes.io/enforce"] ?? defaultLevel;
}
