/**
 * How a node leaves a cluster before its machine goes: its pods move elsewhere with their volumes, it leaves etcd, Kubernetes forgets it. A control
 * plane that is deleted without leaving etcd stays a member of it, until etcd has no quorum and the cluster is lost.
 *
 * Facts: github.com/siderolabs/talos, v1.11.5: cmd/talosctl/cmd/talos/etcd.go (`leave` on the node itself, `remove-member` by another
 * one with the id); etcd.io/docs: members that are healthy have to be more than half of those that stay.
 */
import { bootstrapState } from "./bootstrap.ts";
import { ClusterTools, type RunningCluster, type Tools } from "./cluster-tools.ts";
import { type DrainOptions, uncordonAfter } from "./drain.ts";
import { askEtcd, type GateNode } from "./health.ts";
import { messageOf } from "./message.ts";
import type { EtcdMember, NodeAddress, Talosctl } from "./talosctl.ts";
import { Turns } from "./turns.ts";
import { tryUntil, waitUntil } from "./wait.ts";

/** What a removal has to know. */
export interface RemovalOptions extends DrainOptions {
  /** The cluster as it is to be, without the nodes that leave. */
  cluster: RunningCluster;
  healthTimeoutSeconds: number;
  /** Whether a node may only leave when its pods could be moved and Kubernetes answers; etcd's quorum is a condition always. */
  requireReady: boolean;
}

/** A node that leaves. */
export interface LeavingNode extends NodeAddress {
  /** True for a machine that nobody deletes. */
  staysOn: boolean;
}

/** What etcd has to do with a node that leaves. */
interface Membership {
  /** Its member; undefined when it has none. */
  member?: EtcdMember;
  /** A control plane that stays and whose member is healthy. */
  witness: GateNode;
}

/** Lets nodes leave a cluster, one after the other. */
export class Removal {
  private readonly options: RemovalOptions;
  private readonly tools: ClusterTools;
  private readonly turns = new Turns();

  constructor(options: RemovalOptions) {
    this.options = options;
    this.tools = new ClusterTools(options.cluster);
  }

  /**
   * Before the machine of a node is deleted. A node that has left already, by an interrupted run or by hand, is let go at once; one of
   * the plan is too, because it only goes together with its cluster.
   *
   * @throws Error when the cluster cannot do without the node; it is still there then
   */
  async leave(node: LeavingNode): Promise<void> {
    if (this.options.cluster.nodes.some(({ name }) => name === node.name)) return;
    const done = await this.turns.take();
    try {
      await this.tools.use((tools) => this.takeOut(node, tools));
    } finally {
      done();
    }
  }

  private async takeOut(node: LeavingNode, tools: Tools): Promise<void> {
    try {
      const membership = await this.waitForQuorum(node, tools);
      if (!membership) return;
      await this.empty(node, tools);
      if (membership.member) await this.leaveEtcd(node, membership.member, membership.witness, tools);
      await this.forget(node, tools);
      if (node.staysOn && !this.heirOf(node)) {
        const { name, address } = node;
        this.options.log(
          `${name} has left and keeps running; with its next boot it would come back: \`talosctl -n ${address} reset\` ends that`,
        );
      }
    } catch (error) {
      throw new Error(
        `${node.name} was not removed, because cluster ${this.options.cluster.name} cannot do without it now: ${messageOf(error)}; ` +
          "mend that and run `up` again, or take the node back into the stack file; `rollout.requireReady: false` there lets a node go whose pods cannot be moved",
      );
    }
  }

  /** Waits until etcd can lose the member; undefined when there is no cluster yet that could lose anything. */
  private async waitForQuorum(node: NodeAddress, { talosctl }: Tools): Promise<Membership | undefined> {
    const { cluster, healthTimeoutSeconds } = this.options;
    let found: Membership | undefined;
    let bootstrapped = true;
    const reasons = await waitUntil(async () => {
      try {
        const etcd = await askEtcd(cluster.nodes, talosctl);
        const witness = etcd.find(({ healthy }) => healthy)?.node;
        if (!witness) {
          // Those that stay may all be about to join the one that leaves.
          const hasCluster = (await bootstrapState([node], talosctl)) === "has-cluster";
          bootstrapped = hasCluster || !(await this.tools.notBootstrapped(talosctl));
          return bootstrapped ? ["no control plane that stays has a healthy etcd member"] : [];
        }
        const members = await talosctl.etcdMembers(witness);
        // A member that is well at the address of a node of the plan is that node's, whatever it was called before.
        const isTakenOver = etcd.some(({ healthy, node: { name } }) => healthy && name === this.heirOf(node)?.name);
        const member = isTakenOver ? undefined : members.find(({ hostname }) => hostname === node.name);
        found = { witness, ...(member ? { member } : {}) };
        return member ? await reasonsToStay(member, members, talosctl) : [];
      } catch (error) {
        return [messageOf(error)];
      }
    }, healthTimeoutSeconds);
    if (reasons.length > 0) throw new Error(reasons.join("; "));
    return bootstrapped ? found : undefined;
  }

  /** Moves the pods of a node elsewhere. One that is not ready has none that could be moved. */
  private async empty({ name }: NodeAddress, { kubectl }: Tools): Promise<void> {
    const { drainTimeoutSeconds, requireReady, log } = this.options;
    try {
      const api = await kubectl();
      const seen = (await api.nodes()).find((node) => node.name === name);
      if (!seen) return;
      if (!seen.cordoned) await api.cordon(name);
      if (!seen.ready) {
        log(`${name} is not ready, so that its pods are left to Kubernetes`);
        return;
      }
      try {
        await api.drain(name, drainTimeoutSeconds);
        // Who gets the pods gets their volumes only when they are off.
        const left = await waitUntil(async () => {
          const attached = await api.attachments();
          return attached.filter(({ node }) => node === name).map(({ volume }) => `${volume} is still attached`);
        }, drainTimeoutSeconds);
        if (left.length > 0) throw new Error(left.join(", "));
      } catch (error) {
        throw requireReady && !seen.cordoned ? await uncordonAfter(error, name, api) : error;
      }
    } catch (error) {
      if (requireReady) throw error;
      log(`${name} goes although its pods were not moved: ${messageOf(error)}`);
    }
  }

  /** The node of the plan that has the address of one that leaves: the same machine by another name, or the one in its place. */
  private heirOf({ address }: NodeAddress): GateNode | undefined {
    return this.options.cluster.nodes.find((node) => node.address === address);
  }

  /** By itself where it answers, else by another member; another machine that has its address would answer in its place. */
  private async leaveEtcd(
    node: NodeAddress,
    { id }: EtcdMember,
    witness: GateNode,
    { talosctl }: Tools,
  ): Promise<void> {
    try {
      const heir = this.heirOf(node);
      if (heir) throw new Error(`its address is that of ${heir.name} now`);
      await talosctl.forfeitEtcdLeadership(node);
      await talosctl.leaveEtcd(node);
    } catch (error) {
      this.options.log(
        `${node.name} did not leave etcd by itself, so ${witness.name} takes it out: ${messageOf(error)}`,
      );
      await talosctl.removeEtcdMember(witness, id);
    }
    const reasons = await waitUntil(async () => {
      const members = await talosctl.etcdMembers(witness);
      return members.some((member) => member.id === id) ? [`${node.name} is still a member of etcd`] : [];
    }, this.options.healthTimeoutSeconds);
    if (reasons.length > 0) throw new Error(reasons.join("; "));
  }

  /**
   * Nobody else deletes it: without a cloud provider Kubernetes keeps a Node whose machine is gone. A control plane that has just
   * left etcd may have had the cluster's address, which another one takes over in a while.
   */
  private async forget({ name }: NodeAddress, { kubectl }: Tools): Promise<void> {
    const { healthTimeoutSeconds, requireReady, log } = this.options;
    const reasons = await tryUntil(async () => (await kubectl()).deleteNode(name), healthTimeoutSeconds);
    if (reasons.length === 0) return;
    if (requireReady) throw new Error(reasons.join("; "));
    log(`Kubernetes still knows ${name}: ${reasons.join("; ")}; \`kubectl delete node ${name}\` ends that`);
  }
}

/** Reasons why etcd would have no quorum without a member. Others that are about to leave are members until they have left. */
async function reasonsToStay(leaving: EtcdMember, members: EtcdMember[], talosctl: Talosctl): Promise<string[]> {
  if (leaving.learner) return [];
  const staying = members.filter(({ id, learner }) => !learner && id !== leaving.id);
  if (staying.length === 0) return [`${leaving.hostname} is the only member of etcd`];
  const unwell: string[] = [];
  await Promise.all(
    staying.map(async ({ hostname, address }) => {
      const healthy = await talosctl.etcdHealthy({ name: hostname, address }).catch(() => false);
      if (!healthy) unwell.push(hostname);
    }),
  );
  const needed = Math.floor(staying.length / 2) + 1;
  if (staying.length - unwell.length >= needed) return [];
  return [
    `etcd would have ${staying.length} ${staying.length === 1 ? "member" : "members"} without ${leaving.hostname} and needs ${needed} that are healthy (not healthy: ${unwell.sort().join(", ")})`,
  ];
}
