import { existsSync } from "node:fs";
import { z } from "zod";
import { Talosctl } from "../../components/talos-cluster/lifecycle/talosctl.ts";
import type { ClusterPlan } from "../../stacks/plan.ts";
import type { EngineStack } from "../engine.ts";
import type { Change } from "../progress/tracker.ts";
import { nameOf, typeOf } from "../progress/urn.ts";
import { plainOutputs } from "../resume/repair.ts";
import { clusterFiles } from "../summary/cluster-files.ts";
import type { Work } from "./context.ts";

/** A node that the stack file does not have any more. */
export interface LeavingNode {
  name: string;
  role: string;
  address: string;
}

const exported = z.object({
  nodes: z.array(z.object({ name: z.string(), role: z.string(), addresses: z.array(z.string()) })),
});

/** Nodes whose configuration goes with a change, by what the stack exported when it was brought up last. */
export function leavingNodes(opened: EngineStack["opened"], changes: readonly Change[]): LeavingNode[] {
  const going = changes
    .filter(({ urn, operation }) => operation === "delete" && typeOf(urn) === "ConfigurationApply")
    .map(({ urn }) => nameOf(urn));
  const known = exported.safeParse(plainOutputs(opened) ?? {});
  const nodes = known.success ? known.data.nodes : [];
  return nodes
    .filter(({ name }) => going.includes(name))
    .map(({ name, role, addresses }) => ({ name, role, address: addresses[0] ?? "" }));
}

/** What is left to people when nodes leave, in one line; undefined when none does. */
export function leavingWarning(leaving: readonly LeavingNode[]): string | undefined {
  if (leaving.length === 0) return undefined;
  const names = leaving.map(({ name }) => name).join(", ");
  const [goes, its] = leaving.length === 1 ? ["goes", "its Node"] : ["go", "their Nodes"];
  return `${names} ${goes} without being drained, and Kubernetes keeps ${its}: docs/add-a-node.md says what to do before and after`;
}

/**
 * A control plane that is deleted without leaving etcd stays a member of it; with too many of those etcd has no quorum, and the
 * cluster is lost.
 * @throws Error that names those that are members still
 */
export async function refuseMembers(work: Work, plan: ClusterPlan, leaving: readonly LeavingNode[]): Promise<void> {
  const controlPlanes = leaving.filter(({ role }) => role === "controlplane");
  const { talosconfig } = clusterFiles(work.context.folders, work.stack);
  if (controlPlanes.length === 0 || !existsSync(talosconfig)) return;
  const members = await membersOf(plan, new Talosctl(plan.facts.release.talos, talosconfig));
  const still = controlPlanes.filter(({ name }) => members.includes(name));
  if (still.length === 0) return;
  const commands = still.map(({ address }) => `talosctl -n ${address} -e ${address} etcd leave`);
  throw new Error(
    `${still.map(({ name }) => name).join(", ")} would stay in etcd as ${still.length === 1 ? "a member" : "members"} without a machine, until it has no quorum: let ${still.length === 1 ? "it" : "them"} leave first, one after the other (${commands.join("; ")})`,
  );
}

/** Names of etcd's members, as the first control plane that stays and answers sees them; none when nobody answers. */
async function membersOf({ facts }: ClusterPlan, talosctl: Talosctl): Promise<string[]> {
  for (const { name, role, addresses } of facts.nodes) {
    if (role !== "controlplane") continue;
    try {
      return (await talosctl.etcdMembers({ name, address: addresses[0] ?? "" })).map(({ hostname }) => hostname);
    } catch {
      // The next one may know.
    }
  }
  return [];
}
