/**
 * Cluster API's controllers with those of Talos and of the infrastructure, as one: they make the machines of every
 * `Cluster` of a management cluster what its objects say.
 *
 * Facts: github.com/kubernetes-sigs/cluster-api, v1.12.10: api/core/v1beta2 (conditions, defaults of the autoscaler's
 * bounds), internal/controllers/machinehealthcheck, internal/controllers/cluster/cluster_controller_phases.go (a `Cluster` is
 * the controller of its infrastructure and its control plane, or does nothing with them), machineset/machineset_preflight.go
 * (no new workers while the control plane is not stable); siderolabs/cluster-api-control-plane-provider-talos, v0.5.12:
 * api/v1alpha3/taloscontrolplane_types.go (status).
 */
import { isRecord } from "../../protocol/values.ts";
import type { KubernetesObject, RunningNode } from "../../talos/interface.ts";
import type { World } from "../../world/world.ts";
import type { ClusterApi } from "../api.ts";
import { takeControl } from "../owners.ts";
import { autoscale } from "./autoscaler.ts";
import type { Hypervisor } from "./hypervisor.ts";
import { controlPlaneLabel, remediateAnnotation } from "./labels.ts";
import {
  advance,
  type Context,
  hasAnnotation,
  infrastructureOf,
  inNamespace,
  isNode,
  machinesOf,
  phaseOf,
  remove,
  scale,
  specOf,
  vmRuns,
  type Wanted,
} from "./machines.ts";
import { installProviders } from "./operator.ts";
import { emptyClusterApi } from "./state.ts";
import { type Group, showCluster, showGroup, showMachines } from "./status.ts";

const group = "cluster.x-k8s.io";

/**
 * Lets Cluster API do what the present time allows.
 * @param inside is the API of a downstream cluster, by its name
 * @returns the clusters that it looks after, with the nodes whose kubelet runs
 */
export function makeClusters(
  world: World,
  api: ClusterApi,
  hypervisors: readonly Hypervisor[],
  inside: (cluster: string) => ClusterApi,
): { cluster: KubernetesObject; nodes: RunningNode[] }[] {
  if (!("operator.cluster.x-k8s.io/v1alpha2/CoreProvider" in api.state.definitions)) return [];
  api.state.clusterApi ??= emptyClusterApi();
  const context: Context = { world, api, state: api.state.clusterApi, hypervisors, inside };
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
      // Machines of Cluster API have names of their own, and are never started again.
      const unknown = { addresses: [], labels: {}, taints: {}, kubeletVersion: "", talosVersion: "" };
      return { name, role, runningSinceMs: 0, ...unknown };
    });
  return nodes.some(({ role }) => role === "controlplane") ? nodes : [];
}

function makeCluster(context: Context, cluster: KubernetesObject): void {
  const { api, state } = context;
  const key = api.keyFor(cluster);
  const namespace = String(cluster.metadata.namespace);
  const planes = inNamespace(api, "taloscontrolplanes.controlplane.cluster.x-k8s.io", namespace).filter((object) =>
    takeControl(object, cluster),
  );
  const deployments = inNamespace(api, `machinedeployments.${group}`, namespace);
  const gone = cluster.metadata.deletionTimestamp !== undefined;
  const infrastructure = infrastructureFor(context, cluster, namespace);
  const groups: Group[] = [
    ...planes.map((object) => ({ object, wanted: planesWanted(api, key, namespace, object) })),
    ...deployments.map((object) => ({ object, wanted: workersWanted(api, key, namespace, object) })),
  ];
  const controlPlaneRuns = () =>
    planes.some((object) =>
      machinesOf(context, api.keyFor(object)).some(([, machine]) => phaseOf(context, machine) === "Running"),
    );
  if (!gone && controlPlaneRuns()) {
    writeKubeconfig(api, cluster);
    autoscale(context, cluster, groups);
  }
  for (const { object, wanted } of groups) {
    const mayStart = infrastructure && (object.kind === "TalosControlPlane" || controlPlaneRuns());
    const mayCreate = object.kind === "TalosControlPlane" || planes.every(isStable);
    if (!gone) scale(context, wanted, mayCreate);
    for (const [name, machine] of machinesOf(context, wanted.owner)) {
      if (gone || asked(context, name, namespace)) remove(context, name);
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
  for (const group of groups) showGroup(context, group);
  showCluster(context, cluster, infrastructure, controlPlaneRuns());
  if (gone && !Object.values(state.machines).some((machine) => machine.cluster === key)) {
    for (const object of belonging(api, cluster)) api.release(object);
    api.release(cluster);
  }
}

/** A control plane that is neither being made nor being upgraded. */
function isStable({ spec, status }: KubernetesObject): boolean {
  return isRecord(spec) && isRecord(status) && status.version === spec.version;
}

/** What a cluster owns: it goes with it. */
function belonging(api: ClusterApi, { metadata }: KubernetesObject): KubernetesObject[] {
  return Object.values(api.state.objects).filter(
    (object) =>
      object.metadata.namespace === metadata.namespace &&
      object.kind !== "Cluster" &&
      (/(^|\.)cluster\.x-k8s\.io\//.test(object.apiVersion) || object.type === "cluster.x-k8s.io/secret") &&
      (object.metadata.labels as Record<string, string> | undefined)?.[`${group}/cluster-name`] === metadata.name,
  );
}

/** The credentials of a cluster, for those who work in it from the management cluster. */
function writeKubeconfig(api: ClusterApi, { metadata }: KubernetesObject): void {
  const name = `${metadata.name}-kubeconfig`;
  if (api.get("v1", "Secret", name, metadata.namespace)) return;
  api.create({
    apiVersion: "v1",
    kind: "Secret",
    type: "cluster.x-k8s.io/secret",
    metadata: { name, namespace: metadata.namespace, labels: { "cluster.x-k8s.io/cluster-name": metadata.name } },
    stringData: { value: `kubeconfig of ${metadata.name}` },
  });
}

/** Whether somebody has deleted the object of a machine. */
function asked({ api }: Context, name: string, namespace: string): boolean {
  const object = api.get("cluster.x-k8s.io/v1beta2", "Machine", name, namespace);
  return object?.metadata.deletionTimestamp !== undefined;
}

/** The infrastructure of a cluster is there when its object and the credentials that it names are. */
function infrastructureFor({ api }: Context, cluster: KubernetesObject, namespace: string): boolean {
  const reference = specOf(cluster).infrastructureRef;
  if (!isRecord(reference)) return false;
  const object = infrastructureOf(api, String(reference.kind), namespace);
  const { credentialsRef, identitySecret } = specOf(object);
  const secret = [credentialsRef, identitySecret].find(isRecord);
  if (!object || !takeControl(object, cluster)) return false;
  return !secret || api.get("v1", "Secret", String(secret.name), namespace) !== undefined;
}

function planesWanted(api: ClusterApi, cluster: string, namespace: string, object: KubernetesObject): Wanted {
  const spec = specOf(object);
  const template = isRecord(spec.infrastructureTemplate) ? spec.infrastructureTemplate : {};
  return {
    owner: api.keyFor(object),
    prefix: object.metadata.name,
    cluster,
    namespace,
    labels: { "cluster.x-k8s.io/cluster-name": cluster.split("/").at(-1) ?? "", [controlPlaneLabel]: "" },
    version: String(spec.version),
    replicas: Number(spec.replicas ?? 1),
    template: templateOf(api, template, namespace),
    templateName: String(template.name),
    configuration: spec.controlPlaneConfig,
  };
}

function workersWanted(api: ClusterApi, cluster: string, namespace: string, object: KubernetesObject): Wanted {
  const spec = specOf(object);
  const template = isRecord(spec.template) && isRecord(spec.template.spec) ? spec.template.spec : {};
  const bootstrap = isRecord(template.bootstrap) ? template.bootstrap : {};
  const metadata = isRecord(spec.template) && isRecord(spec.template.metadata) ? spec.template.metadata : {};
  const machine = isRecord(template.infrastructureRef) ? template.infrastructureRef : {};
  return {
    owner: api.keyFor(object),
    prefix: object.metadata.name,
    cluster,
    namespace,
    labels: (isRecord(metadata.labels) ? metadata.labels : {}) as Record<string, string>,
    version: String(template.version),
    replicas: Number(spec.replicas),
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

/**
 * Deletes machines whose nodes have not been ready for too long, or which somebody has marked, unless too many are ill;
 * their group makes new ones. It is only for machines of deployments: Talos' control planes take no part in it.
 */
function remediate(context: Context, check: KubernetesObject): void {
  const { world, api, state } = context;
  const namespace = String(check.metadata.namespace);
  const { selector, checks, remediation } = specOf(check) as {
    selector?: { matchLabels?: Record<string, string> };
    checks?: { unhealthyNodeConditions?: { timeoutSeconds: number }[] };
    remediation?: { triggerIf?: { unhealthyLessThanOrEqualTo?: number } };
  };
  const deployment = selector?.matchLabels?.["cluster.x-k8s.io/deployment-name"];
  const owner = `MachineDeployment.${group}/${namespace}/${deployment}`;
  const timeoutMs = 1000 * Math.min(...(checks?.unhealthyNodeConditions ?? []).map((each) => each.timeoutSeconds));
  if (!(owner in api.state.objects)) return;
  const staying = machinesOf(context, owner).filter(([, { deletingSinceMs }]) => deletingSinceMs === undefined);
  const marked = ([name]: (typeof staying)[number]) => hasAnnotation(api, name, namespace, remediateAnnotation);
  // Machines that have not started, and those whose time is not over yet, count as ill, too.
  const ill = staying.filter((each) => marked(each) || !isNode(context, each[1]));
  if (ill.length > Number(remediation?.triggerIf?.unhealthyLessThanOrEqualTo ?? ill.length)) return;
  const late = ill.filter((each) => {
    const { unreadySinceMs } = each[1];
    return marked(each) || (unreadySinceMs !== undefined && world.clock.nowMs - unreadySinceMs >= timeoutMs);
  });
  for (const [name] of late) {
    world.record("machine.remediate", name, { cluster: state.machines[name]?.cluster });
    remove(context, name);
  }
}
