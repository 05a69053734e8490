/** Machines of Cluster API: VMs that become nodes, and go when they are not wanted any more. */
import { createHash } from "node:crypto";
import { isRecord } from "../../protocol/values.ts";
import type { KubernetesObject } from "../../talos/interface.ts";
import type { World } from "../../world/world.ts";
import type { ClusterApi } from "../api.ts";
import { networkRuns } from "../workloads.ts";
import type { Hypervisor } from "./hypervisor.ts";
import { controlPlaneLabel, deleteAnnotation } from "./labels.ts";
import type { ClusterApiState, MachineState } from "./state.ts";

/** How long things take, in virtual time. */
const takesMs = { clone: 40_000, start: 90_000, remove: 20_000 };

/** What a group of machines is to be: the machines of a control plane, or of a deployment. */
export interface Wanted {
  /** Key of the object that says so. */
  owner: string;
  /** Beginning of the machines' names. */
  prefix: string;
  /** The downstream cluster's key. */
  cluster: string;
  namespace: string;
  labels: Record<string, string>;
  version: string;
  replicas: number;
  /** The machine template, and its name: an object may name one that is not there yet. */
  template: KubernetesObject | undefined;
  templateName: string;
  /** What else makes a machine another machine: its configuration. */
  configuration: unknown;
}

/** What Cluster API's controllers work with. */
export interface Context {
  world: World;
  api: ClusterApi;
  state: ClusterApiState;
  hypervisors: readonly Hypervisor[];
  /** The API of a downstream cluster, by its name. */
  inside: (cluster: string) => ClusterApi;
}

/** Where a machine is: `Running` ones are nodes. */
export type Phase = "Pending" | "Provisioning" | "Provisioned" | "Running" | "Deleting";

/** The machines of a group, oldest first. */
export function machinesOf({ state }: Context, owner: string): [string, MachineState][] {
  return Object.entries(state.machines).filter(([, machine]) => machine.owner === owner);
}

/**
 * Makes a group of machines what is wanted: as many, and of the wanted revision. Others are replaced one after the other:
 * first the new one, and when it is a node, the old one goes. Machines count until they are gone.
 * @param mayCreate whether it is time for new machines
 */
export function scale(context: Context, wanted: Wanted, mayCreate: boolean): void {
  const revision = revisionOf(wanted);
  const machines = machinesOf(context, wanted.owner);
  const present = machines.filter(([, { deletingSinceMs }]) => deletingSinceMs === undefined);
  const current = present.filter(([, machine]) => machine.revision === revision);
  const old = present.filter(([, machine]) => machine.revision !== revision);
  const surge = old.length > 0 ? 1 : 0;
  if (machines.length < wanted.replicas + surge && current.length < wanted.replicas) {
    if (mayCreate) create(context, wanted, revision);
    return;
  }
  if (present.length <= wanted.replicas) return;
  // Machines of an old revision go first, and only when the new ones carry what they carried.
  const mustRun = isControlPlane(wanted) ? machines : old.length > 0 ? current : [];
  if (!mustRun.every(([, machine]) => isNode(context, machine))) return;
  const doomed = marked(context, wanted, old) ?? marked(context, wanted, present) ?? old[0] ?? current.at(-1);
  if (doomed) remove(context, doomed[0]);
}

/** Etcd has to be well on all control planes before one of them leaves. */
function isControlPlane({ labels }: Wanted): boolean {
  return controlPlaneLabel in labels;
}

/** The machine that somebody has chosen to go first. */
function marked({ api }: Context, { namespace }: Wanted, machines: [string, MachineState][]) {
  return machines.find(([name]) => hasAnnotation(api, name, namespace, deleteAnnotation));
}

/** Whether the object of a machine carries an annotation. */
export function hasAnnotation(api: ClusterApi, name: string, namespace: string, annotation: string): boolean {
  const annotations = api.get("cluster.x-k8s.io/v1beta2", "Machine", name, namespace)?.metadata.annotations;
  return isRecord(annotations) && annotation in annotations;
}

function create({ world, state }: Context, { owner, prefix, cluster }: Wanted, revision: string): void {
  state.made += 1;
  const suffix = createHash("sha256").update(`${owner}${state.made}`).digest("hex").slice(0, 5);
  const name = `${prefix}-${suffix}`;
  state.machines[name] = { owner, cluster, revision, createdMs: world.clock.nowMs };
  world.record("machine.create", name, { cluster, revision });
}

/** Moves a machine on: a VM is made for it, it starts, it becomes a node, it goes. */
export function advance(
  context: Context,
  name: string,
  machine: MachineState,
  wanted: Wanted,
  mayStart: boolean,
): void {
  const { world } = context;
  const now = world.clock.nowMs;
  if (machine.deletingSinceMs !== undefined) {
    if (now - machine.deletingSinceMs >= takesMs.remove) forget(context, name, machine);
    return;
  }
  if (!machine.vm) {
    if (mayStart && now - machine.createdMs >= takesMs.clone) makeVm(context, name, machine, wanted);
    return;
  }
  const ready = phaseOf(context, machine) !== "Running" || isReady(context, machine);
  if (ready && machine.unreadySinceMs !== undefined) {
    machine.unreadySinceMs = undefined;
    world.touch();
  }
  if (!ready && machine.unreadySinceMs === undefined) {
    machine.unreadySinceMs = now;
    world.touch();
  }
}

/** Begins to delete a machine. */
export function remove({ world, state }: Context, name: string): void {
  const machine = state.machines[name];
  if (!machine || machine.deletingSinceMs !== undefined) return;
  machine.deletingSinceMs = world.clock.nowMs;
  world.record("machine.delete", name, { cluster: machine.cluster });
}

/** Where a machine is now. */
export function phaseOf({ world }: Context, { vm, deletingSinceMs }: MachineState): Phase {
  if (deletingSinceMs !== undefined) return "Deleting";
  if (!vm) return "Pending";
  return world.clock.nowMs - vm.sinceMs < takesMs.start ? "Provisioned" : "Running";
}

/** Whether a machine is a node, and ready: its VM has to run, and its cluster to have a network. */
export function isNode(context: Context, machine: MachineState): boolean {
  return phaseOf(context, machine) === "Running" && isReady(context, machine);
}

function isReady(context: Context, machine: MachineState): boolean {
  const name = machine.cluster.split("/").at(-1) ?? "";
  return vmRuns(context, machine) && networkRuns(context.world, context.inside(name).state);
}

/** Whether a machine's VM runs. */
export function vmRuns({ hypervisors }: Context, { vm }: MachineState): boolean {
  return (
    vm !== undefined && (hypervisors.find(({ clusterKind }) => clusterKind === vm.hypervisor)?.runs(vm.id) ?? false)
  );
}

function makeVm(context: Context, name: string, machine: MachineState, { template, namespace }: Wanted): void {
  const { world, hypervisors, api } = context;
  const hypervisor = hypervisors.find(({ templateKind }) => templateKind === template?.kind);
  const infrastructure = hypervisor && infrastructureOf(api, hypervisor.clusterKind, namespace);
  if (!template || !hypervisor || !infrastructure) return;
  const made = hypervisor.create({ name, spec: machineSpecOf(template), cluster: specOf(infrastructure) });
  const problem = "problem" in made ? made.problem : undefined;
  if (machine.problem !== problem) world.touch();
  machine.problem = problem;
  if ("problem" in made) return;
  machine.vm = { hypervisor: hypervisor.clusterKind, id: made.id, sinceMs: world.clock.nowMs };
  world.touch();
}

function forget(context: Context, name: string, machine: MachineState): void {
  const { world, state, hypervisors } = context;
  const { vm } = machine;
  const held = vm && hypervisors.find(({ clusterKind }) => clusterKind === vm.hypervisor)?.remove(vm.id);
  if (held !== undefined) {
    if (machine.problem !== held) world.touch();
    machine.problem = held;
    return;
  }
  delete state.machines[name];
  world.record("machine.gone", name);
}

/** What tells the machines of one specification from those of another. */
export function revisionOf({ version, templateName, configuration }: Wanted): string {
  const content = JSON.stringify([version, templateName, configuration]);
  return createHash("sha256").update(content).digest("hex").slice(0, 10);
}

/** Objects of a resource type in a namespace; none when there is no such type. */
export function inNamespace(api: ClusterApi, resource: string, namespace: string): KubernetesObject[] {
  return (api.list(resource) ?? []).filter(({ metadata }) => metadata.namespace === namespace);
}

/** The infrastructure cluster in a namespace. */
export function infrastructureOf(api: ClusterApi, kind: string, namespace: string): KubernetesObject | undefined {
  return api.list(`${kind}s.infrastructure.cluster.x-k8s.io`)?.find(({ metadata }) => metadata.namespace === namespace);
}

/** The specification of an object; empty without one. */
export function specOf(object: KubernetesObject | undefined): Record<string, unknown> {
  return isRecord(object?.spec) ? object.spec : {};
}

/** A machine template's specification of a machine. */
export function machineSpecOf(template: KubernetesObject): Record<string, unknown> {
  const inner = specOf(template).template;
  return isRecord(inner) && isRecord(inner.spec) ? inner.spec : {};
}
