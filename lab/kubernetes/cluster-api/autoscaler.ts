/**
 * Cluster Autoscaler for deployments of machines. It adds machines for pods that do not fit on those that there are, and
 * takes machines away that have had nothing to do for long enough. It writes the deployment's `replicas`, as the real one
 * does through the subresource `scale`.
 *
 * Facts: github.com/kubernetes/autoscaler, cluster-autoscaler-1.32.7: cloudprovider/clusterapi (bounds, annotation of the
 * machine that goes), main.go and config/const.go (both delays are ten minutes); siderolabs/talos, v1.11.5:
 * pkg/machinery/constants (what Talos keeps for itself on a worker).
 */
import { isRecord } from "../../protocol/values.ts";
import type { KubernetesObject } from "../../talos/interface.ts";
import type { ClusterApi } from "../api.ts";
import { mebibytes, millicores } from "../quantity.ts";
import { isReady } from "../workloads.ts";
import { boundsOf } from "./bounds.ts";
import { deleteAnnotation } from "./labels.ts";
import { type Context, inNamespace, isNode, machineSpecOf, machinesOf, specOf, type Wanted } from "./machines.ts";
import type { Group } from "./status.ts";

/** How long a machine has to be idle, and how long ago the last one has to have been added. */
const patienceMs = 600_000;

/** What Talos keeps for itself on a worker. */
const reserved: Load = { millicores: 50, memoryMiB: 384 };

interface Load {
  millicores: number;
  memoryMiB: number;
}

/** Lets the autoscaler of a cluster look at its deployments, if it has one that runs. */
export function autoscale(context: Context, cluster: KubernetesObject, groups: readonly Group[]): void {
  const scaled = groups.filter(({ object }) => boundsOf(object) !== undefined);
  const command = scaled.length > 0 ? commandFor(context, cluster) : undefined;
  if (!command) return;
  const pods = podsOf(context.inside(cluster.metadata.name));
  const keepsMin = command.includes("--enforce-node-group-min-size=true");
  for (const group of scaled) {
    const replicas = decide(context, group, pods, keepsMin);
    if (replicas !== undefined) resize(context, group, replicas);
  }
}

/** Command line of the autoscaler that runs for a cluster in the management cluster; undefined without one. */
function commandFor({ world, api }: Context, { metadata }: KubernetesObject): string[] | undefined {
  const namespace = String(metadata.namespace);
  const flags = [
    "--cloud-provider=clusterapi",
    `--node-group-auto-discovery=clusterapi:clusterName=${metadata.name},namespace=${namespace}`,
    "--clusterapi-cloud-config-authoritative",
  ];
  const running = inNamespace(api, "deployments", namespace).filter((object) => {
    const workload = api.state.workloads[api.keyFor(object)];
    return workload !== undefined && isReady(world, workload);
  });
  return running.map(commandOf).find((command) => flags.every((flag) => command.includes(flag)));
}

/** The number of machines that there should be now; undefined when it is the one that there is. */
function decide(
  context: Context,
  { object, wanted }: Group,
  pods: readonly Load[],
  keepsMin: boolean,
): number | undefined {
  const { world, state } = context;
  const { min, max } = boundsOf(object) ?? { min: 1, max: 1 };
  const room = roomOf(context, wanted);
  // Without a machine that runs nobody knows yet what a node of this deployment is like.
  if (!room || !machinesOf(context, wanted.owner).some(([, machine]) => isNode(context, machine))) return undefined;
  const needed = nodesFor(pods, room);
  const before = state.scaling[wanted.owner] ?? {};
  const now = world.clock.nowMs;
  const larger = Math.min(max, Math.max(keepsMin ? min : 0, needed));
  if (larger > wanted.replicas) {
    state.scaling[wanted.owner] = { grownMs: now };
    return larger;
  }
  // A smaller maximum alone takes no machine away that has work.
  const smaller = Math.max(min, needed);
  const idleSinceMs = smaller < wanted.replicas ? (before.idleSinceMs ?? now) : undefined;
  if (idleSinceMs !== before.idleSinceMs) {
    state.scaling[wanted.owner] = {
      ...(before.grownMs === undefined ? {} : { grownMs: before.grownMs }),
      ...(idleSinceMs === undefined ? {} : { idleSinceMs }),
    };
    world.touch();
  }
  const since = Math.max(idleSinceMs ?? now, before.grownMs ?? 0);
  return idleSinceMs !== undefined && now - since >= patienceMs ? smaller : undefined;
}

function resize({ world, api, state }: Context, { object, wanted }: Group, replicas: number): void {
  const staying = Object.entries(state.machines).filter(
    ([, { owner, deletingSinceMs }]) => owner === wanted.owner && deletingSinceMs === undefined,
  );
  for (const [name] of staying.slice(replicas)) {
    const machine = api.get("cluster.x-k8s.io/v1beta2", "Machine", name, wanted.namespace);
    if (!machine) continue;
    const annotations = isRecord(machine.metadata.annotations) ? machine.metadata.annotations : {};
    const chosen = { ...annotations, [deleteAnnotation]: "" };
    api.apply({ ...machine, metadata: { ...machine.metadata, annotations: chosen } });
  }
  api.apply({ ...object, spec: { ...specOf(object), replicas } });
  world.record(replicas > wanted.replicas ? "autoscaler.up" : "autoscaler.down", object.metadata.name, {
    from: wanted.replicas,
    to: replicas,
  });
  wanted.replicas = replicas;
}

/** What pods find on an empty node of a deployment. */
function roomOf({ hypervisors }: Context, { template }: Wanted): Load | undefined {
  const hypervisor = hypervisors.find(({ templateKind }) => templateKind === template?.kind);
  if (!template || !hypervisor) return undefined;
  const { cores, memoryMiB } = hypervisor.size(machineSpecOf(template));
  return { millicores: 1000 * cores - reserved.millicores, memoryMiB: memoryMiB - reserved.memoryMiB };
}

function commandOf(object: KubernetesObject): string[] {
  const [container] = containersOf(object) as { command?: string[] }[];
  return container?.command ?? [];
}

function containersOf(object: KubernetesObject): unknown[] {
  const { template } = specOf(object);
  const inner = isRecord(template) && isRecord(template.spec) ? template.spec : {};
  return Array.isArray(inner.containers) ? inner.containers : [];
}

/** What the pods of a cluster ask for; those that ask for nothing fit anywhere. */
function podsOf(api: ClusterApi): Load[] {
  return ["deployments", "statefulsets"]
    .flatMap((resource) => api.list(resource) ?? [])
    .flatMap((object) => {
      const { replicas = 1 } = specOf(object);
      const load = { millicores: 0, memoryMiB: 0 };
      for (const { resources } of containersOf(object) as { resources?: { requests?: Record<string, string> } }[]) {
        load.millicores += millicores(String(resources?.requests?.cpu ?? "0"));
        load.memoryMiB += mebibytes(String(resources?.requests?.memory ?? "0"));
      }
      return Array.from({ length: Number(replicas) }, () => load);
    })
    .filter(({ millicores, memoryMiB }) => millicores > 0 || memoryMiB > 0);
}

/** How many nodes pods fill, the largest placed first; those that fit on no node wait in vain, and do not count. */
function nodesFor(pods: readonly Load[], room: Load): number {
  const fits = (pod: Load, left: Load) => pod.millicores <= left.millicores && pod.memoryMiB <= left.memoryMiB;
  const nodes: Load[] = [];
  const share = (pod: Load) => Math.max(pod.millicores / room.millicores, pod.memoryMiB / room.memoryMiB);
  for (const pod of pods.filter((each) => fits(each, room)).sort((a, b) => share(b) - share(a))) {
    let node = nodes.find((left) => fits(pod, left));
    if (!node) {
      node = { ...room };
      nodes.push(node);
    }
    node.millicores -= pod.millicores;
    node.memoryMiB -= pod.memoryMiB;
  }
  return nodes.length;
}
