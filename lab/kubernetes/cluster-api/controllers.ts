/**
 * Cluster API's controllers with those of Talos and of the infrastructure, as one: they make the machines of every
 * `Cluster` of a management cluster what its objects say.
 *
 * Facts: github.com/kubernetes-sigs/cluster-api, v1.12.10: api/core/v1beta2 (conditions, defaults of the autoscaler's
 * bounds), internal/controllers/machinehealthcheck; siderolabs/cluster-api-control-plane-provider-talos, v0.5.12:
 * api/v1alpha3/taloscontrolplane_types.go (status).
 */
import { isDeepStrictEqual } from "node:util";
import { isRecord } from "../../protocol/values.ts";
import type { KubernetesObject, RunningNode } from "../../talos/interface.ts";
import type { World } from "../../world/world.ts";
import type { ClusterApi } from "../api.ts";
import type { Hypervisor } from "./hypervisor.ts";
import {
  advance,
  type Context,
  infrastructureOf,
  isReady,
  machinesOf,
  phaseOf,
  remove,
  scale,
  specOf,
  vmRuns,
  type Wanted,
} from "./machines.ts";
import { installProviders } from "./operator.ts";
import { emptyClusterApi, type MachineState } from "./state.ts";

const group = "cluster.x-k8s.io";
const minSize = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size";

/**
 * Lets Cluster API do what the present time allows.
 * @param networkRuns whether a downstream cluster has a network, by its name: without one its nodes are not ready
 * @returns the clusters that it looks after, with the nodes whose kubelet runs
 */
export function makeClusters(
  world: World,
  api: ClusterApi,
  hypervisors: readonly Hypervisor[],
  networkRuns: (cluster: string) => boolean,
): { cluster: KubernetesObject; nodes: RunningNode[] }[] {
  if (!("operator.cluster.x-k8s.io/v1alpha2/CoreProvider" in api.state.definitions)) return [];
  api.state.clusterApi ??= emptyClusterApi();
  const context: Context = { world, api, state: api.state.clusterApi, hypervisors, networkRuns };
  installProviders(world, api, context.state);
  const clusters = api.list(`clusters.${group}`) ?? [];
  for (const cluster of clusters) makeCluster(context, cluster);
  return (api.list(`clusters.${group}`) ?? []).map((cluster) => ({ cluster, nodes: nodesOf(context, cluster) }));
}

/** Nodes of a downstream cluster; none before there is a control plane. */
function nodesOf(context: Context, cluster: KubernetesObject): RunningNode[] {
  const key = context.api.keyFor(cluster);
  const nodes = Object.entries(context.state.machines)
    .filter(([, machine]) => machine.cluster === key && phaseOf(context, machine) === "Running")
    .filter(([, machine]) => vmRuns(context, machine))
    .map(([name, { owner }]): RunningNode => {
      const role = owner.startsWith("TalosControlPlane.") ? "controlplane" : "worker";
      return { name, addresses: [], role, labels: {}, taints: {}, kubeletVersion: "", talosVersion: "" };
    });
  return nodes.some(({ role }) => role === "controlplane") ? nodes : [];
}

function makeCluster(context: Context, cluster: KubernetesObject): void {
  const { api, state } = context;
  const key = api.keyFor(cluster);
  const namespace = String(cluster.metadata.namespace);
  const planes = inNamespace(api, "taloscontrolplanes.controlplane.cluster.x-k8s.io", namespace);
  const deployments = inNamespace(api, `machinedeployments.${group}`, namespace);
  const gone = cluster.metadata.deletionTimestamp !== undefined;
  const infrastructure = infrastructureFor(context, cluster, namespace);
  const groups = [
    ...planes.map((object) => ({ object, wanted: planesWanted(api, key, namespace, object) })),
    ...deployments.map((object) => ({ object, wanted: workersWanted(context, key, namespace, object) })),
  ];
  const controlPlaneRuns = () =>
    planes.some((object) =>
      machinesOf(context, api.keyFor(object)).some(([, machine]) => phaseOf(context, machine) === "Running"),
    );
  for (const { object, wanted } of groups) {
    const mayStart = infrastructure && (object.kind === "TalosControlPlane" || controlPlaneRuns());
    if (!gone) scale(context, wanted);
    for (const [name, machine] of machinesOf(context, wanted.owner)) {
      if (gone) remove(context, name);
      advance(context, name, machine, wanted, mayStart);
    }
  }
  // What belongs to an object that is gone goes, too.
  const owners = new Set(groups.map(({ wanted }) => wanted.owner));
  for (const [name, machine] of Object.entries(state.machines)) {
    if (machine.cluster !== key || owners.has(machine.owner)) continue;
    remove(context, name);
    advance(context, name, machine, { namespace } as Wanted, false);
  }
  if (!gone) for (const check of inNamespace(api, `machinehealthchecks.${group}`, namespace)) remediate(context, check);
  showMachines(context, key, namespace, groups);
  for (const { object, wanted } of groups) showGroup(context, object, wanted);
  showCluster(context, cluster, infrastructure, controlPlaneRuns());
  if (gone && !Object.values(state.machines).some((machine) => machine.cluster === key)) api.release(cluster);
}

/** The infrastructure of a cluster is there when its object and the credentials that it names are. */
function infrastructureFor({ api }: Context, cluster: KubernetesObject, namespace: string): boolean {
  const reference = specOf(cluster).infrastructureRef;
  if (!isRecord(reference)) return false;
  const object = infrastructureOf(api, String(reference.kind), namespace);
  const { credentialsRef, identitySecret } = specOf(object);
  const secret = [credentialsRef, identitySecret].find(isRecord);
  return object !== undefined && (!secret || api.get("v1", "Secret", String(secret.name), namespace) !== undefined);
}

function planesWanted(api: ClusterApi, cluster: string, namespace: string, object: KubernetesObject): Wanted {
  const spec = specOf(object);
  const template = isRecord(spec.infrastructureTemplate) ? spec.infrastructureTemplate : {};
  return {
    owner: api.keyFor(object),
    prefix: object.metadata.name,
    cluster,
    namespace,
    labels: { "cluster.x-k8s.io/control-plane": "" },
    version: String(spec.version),
    replicas: Number(spec.replicas ?? 1),
    template: templateOf(api, template, namespace),
    templateName: String(template.name),
    configuration: spec.controlPlaneConfig,
  };
}

function workersWanted({ api, state }: Context, cluster: string, namespace: string, object: KubernetesObject): Wanted {
  const spec = specOf(object);
  const template = isRecord(spec.template) && isRecord(spec.template.spec) ? spec.template.spec : {};
  const bootstrap = isRecord(template.bootstrap) ? template.bootstrap : {};
  const metadata = isRecord(spec.template) && isRecord(spec.template.metadata) ? spec.template.metadata : {};
  const machine = isRecord(template.infrastructureRef) ? template.infrastructureRef : {};
  const owner = api.keyFor(object);
  const annotations = isRecord(object.metadata.annotations) ? object.metadata.annotations : {};
  return {
    owner,
    prefix: object.metadata.name,
    cluster,
    namespace,
    labels: (isRecord(metadata.labels) ? metadata.labels : {}) as Record<string, string>,
    version: String(template.version),
    // A number that nobody writes is the autoscaler's, and the smallest one before it has spoken.
    replicas: Number(spec.replicas ?? state.scale[owner] ?? annotations[minSize] ?? 1),
    template: templateOf(api, machine, namespace),
    templateName: String(machine.name),
    configuration: bootstrap.configRef,
  };
}

function templateOf(api: ClusterApi, { kind, name }: Record<string, unknown>, namespace: string) {
  return inNamespace(api, `${kind}s.infrastructure.cluster.x-k8s.io`, namespace).find(
    ({ metadata }) => metadata.name === name,
  );
}

/** Deletes machines whose nodes have not been ready for too long, unless too many are; their group makes new ones. */
function remediate(context: Context, check: KubernetesObject): void {
  const { world, api, state } = context;
  const { selector, checks, remediation } = specOf(check) as {
    selector?: { matchLabels?: Record<string, string> };
    checks?: { unhealthyNodeConditions?: { timeoutSeconds: number }[] };
    remediation?: { triggerIf?: { unhealthyLessThanOrEqualTo?: number } };
  };
  const deployment = selector?.matchLabels?.["cluster.x-k8s.io/deployment-name"];
  const owner = `MachineDeployment.${group}/${check.metadata.namespace}/${deployment}`;
  const timeoutMs = 1000 * Math.min(...(checks?.unhealthyNodeConditions ?? []).map((each) => each.timeoutSeconds));
  if (!(owner in api.state.objects)) return;
  const unready = machinesOf(context, owner).filter(([, { unreadySinceMs }]) => unreadySinceMs !== undefined);
  const late = unready.filter(([, { unreadySinceMs = 0 }]) => world.clock.nowMs - unreadySinceMs >= timeoutMs);
  if (unready.length > Number(remediation?.triggerIf?.unhealthyLessThanOrEqualTo ?? unready.length)) return;
  for (const [name] of late) {
    if (state.machines[name]?.deletingSinceMs !== undefined) continue;
    world.record("machine.remediate", name, { cluster: state.machines[name]?.cluster });
    remove(context, name);
  }
}

/** The `Machine` objects, for everybody who looks. */
function showMachines(context: Context, cluster: string, namespace: string, groups: { wanted: Wanted }[]): void {
  const { api, state } = context;
  const wantedBy = new Map(groups.map(({ wanted }) => [wanted.owner, wanted]));
  const mine = Object.entries(state.machines).filter(([, machine]) => machine.cluster === cluster);
  for (const object of inNamespace(api, `machines.${group}`, namespace)) {
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
    conditions: [{ type: "Ready", status: phase === "Running" && isReady(context, machine) ? "True" : "False" }],
    ...(machine.problem ? { problem: machine.problem } : {}),
  };
}

function showGroup(context: Context, object: KubernetesObject, wanted: Wanted): void {
  const machines = machinesOf(context, wanted.owner);
  const staying = machines.filter(([, { deletingSinceMs }]) => deletingSinceMs === undefined);
  const ready = staying.filter(([, machine]) => phaseOf(context, machine) === "Running" && isReady(context, machine));
  const revisions = new Set(staying.map(([, { revision }]) => revision));
  const settled = staying.length === wanted.replicas && machines.length === staying.length && revisions.size <= 1;
  const complete = settled && ready.length === wanted.replicas;
  if (object.kind === "TalosControlPlane") {
    show(context, object, {
      ready: ready.length > 0,
      initialized: ready.length > 0,
      bootstrapped: ready.length > 0,
      replicas: staying.length,
      readyReplicas: ready.length,
      ...(complete ? { version: wanted.version } : {}),
    });
    return;
  }
  const condition = (type: string, holds: boolean) => ({ type, status: holds ? "True" : "False" });
  show(context, object, {
    replicas: staying.length,
    readyReplicas: ready.length,
    availableReplicas: ready.length,
    conditions: [condition("Available", ready.length >= wanted.replicas), condition("RollingOut", !complete)],
  });
}

function showCluster(context: Context, cluster: KubernetesObject, infrastructure: boolean, runs: boolean): void {
  const gone = cluster.metadata.deletionTimestamp !== undefined;
  show(context, cluster, {
    phase: gone ? "Deleting" : infrastructure ? "Provisioned" : "Provisioning",
    initialization: { infrastructureProvisioned: infrastructure, controlPlaneInitialized: runs },
    conditions: [{ type: "Available", status: runs && !gone ? "True" : "False" }],
  });
}

function show({ world }: Context, object: KubernetesObject, status: Record<string, unknown>): void {
  if (isDeepStrictEqual(object.status, status)) return;
  object.status = status;
  world.touch();
}

function inNamespace(api: ClusterApi, resource: string, namespace: string): KubernetesObject[] {
  return (api.list(resource) ?? []).filter(({ metadata }) => metadata.namespace === namespace);
}
