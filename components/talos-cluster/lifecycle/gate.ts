/**
 * The gate that every change to a running node goes through. Nodes are changed one after the other, because each waits
 * for the one before it in the program; the gate decides whether the next one may go, and it fails closed. Talos upgrades
 * will take the same way: they differ in what happens between `before` and `after`.
 */

import { ClusterTools, type RunningCluster, type Tools } from "./cluster-tools.ts";
import { cordonFor, type DrainOptions } from "./drain.ts";
import { askEtcd, type EtcdHealth, type GateNode, nodeReasons, quorumReasons, readinessReasons } from "./health.ts";
import type { Kubectl, KubernetesNode } from "./kubectl.ts";
import { messageOf } from "./message.ts";
import type { MachineStatus } from "./talosctl.ts";
import { waitUntil } from "./wait.ts";

/** What the gate has to know. */
export interface GateOptions extends DrainOptions {
  cluster: RunningCluster;
  /** The machine configuration that is about to be applied to a node. */
  machineConfiguration: (node: string) => Promise<string>;
  healthTimeoutSeconds: number;
  requireReady: boolean;
}

/** What the gate remembers of a node between both hooks. */
interface Passage {
  before?: MachineStatus;
  reboot: boolean;
  cordoned: boolean;
}

/** Lets nodes of one cluster through, one by one or as many workers as the rollout allows. */
export class Gate {
  private readonly options: GateOptions;
  private readonly passing = new Map<string, Passage>();
  /** Nodes that took their configuration and did not become healthy in time. */
  private readonly unwell = new Map<string, Passage>();
  private readonly tools: ClusterTools;

  constructor(options: GateOptions) {
    this.options = options;
    this.tools = new ClusterTools(options.cluster);
  }

  /**
   * Before a node gets a changed configuration: waits until the cluster can do without it, asks the node what the
   * change would do, and moves its pods away when it will reboot.
   *
   * @throws Error when the cluster cannot do without the node; nothing was changed then
   */
  async before(name: string): Promise<void> {
    const node = this.node(name);
    if (node.maintenanceAddress) {
      throw new Error(
        `${name} was installed through ${node.maintenanceAddress} and has the address ${node.address} now; nothing was changed: ` +
          "take `maintenanceAddress` of this node out of the stack file, then run `up` again",
      );
    }
    await this.tools.use(async (tools) => {
      const { talosctl, kubectl, write } = tools;
      const etcd = await askEtcd(this.options.cluster.nodes, talosctl);
      if (!etcd.some(({ healthy }) => healthy) && (await this.tools.notBootstrapped(talosctl))) return;
      const passage: Passage = { reboot: false, cordoned: false };
      this.passing.set(name, passage);
      try {
        const seen = await this.waitForOthers(node, etcd, tools);
        const file = await write(`${name}.yaml`, await this.options.machineConfiguration(name));
        passage.reboot = (await talosctl.dryRun(node, file)).reboot;
        if (!passage.reboot) return;
        passage.before = await talosctl.machineStatus(node);
        const api = await kubectl();
        passage.cordoned = await this.empty(name, seen ?? (await api.nodes()), api);
      } catch (error) {
        this.passing.delete(name);
        throw this.refusal(name, error);
      }
    });
  }

  /**
   * After a node got its configuration: waits until it is healthy and lets pods onto it again.
   *
   * @throws Error when it does not become healthy in time; the gate will not let the next node through then
   */
  async after(name: string): Promise<void> {
    const node = this.node(name);
    const passage = this.passing.get(name);
    if (!passage) return;
    // Until it is known to be well, nothing that follows may take it for a node that is only on its way.
    this.unwell.set(name, passage);
    try {
      await this.tools.use(async (tools) => {
        const missing = await waitUntil(() => this.settle(node, passage, tools), this.options.healthTimeoutSeconds);
        if (missing.length > 0) throw this.notHealthy(node, passage, missing);
      });
    } finally {
      this.passing.delete(name);
    }
  }

  /** What a node lacks still; one that lacks nothing takes pods again. */
  private async settle(node: GateNode, passage: Passage, { talosctl, kubectl }: Tools): Promise<string[]> {
    try {
      const api = await kubectl();
      const missing = await nodeReasons(node, passage.before, passage.reboot, talosctl, api);
      if (missing.length > 0) return missing;
      if (passage.cordoned) await api.uncordon(node.name);
      this.unwell.delete(node.name);
      return [];
    } catch (error) {
      return [messageOf(error)];
    }
  }

  /**
   * Waits until the cluster can do without a node. Answers the nodes that Kubernetes had then, if it was asked.
   * @param asked what etcd has just answered
   */
  private async waitForOthers(
    node: GateNode,
    asked: EtcdHealth[],
    tools: Tools,
  ): Promise<KubernetesNode[] | undefined> {
    const { requireReady, healthTimeoutSeconds } = this.options;
    const { nodes } = this.options.cluster;
    let known: EtcdHealth[] | undefined = asked;
    let seen: KubernetesNode[] | undefined;
    const reasons = await waitUntil(async () => {
      try {
        const etcd = known ?? (await askEtcd(nodes, tools.talosctl));
        known = undefined;
        const quorum = await quorumReasons(etcd, node, tools.talosctl);
        if (!requireReady) return quorum;
        seen = await (await tools.kubectl()).nodes();
        const others = readinessReasons(nodes, seen, new Set(this.passing.keys()));
        return [...quorum, ...others, ...(await this.unwellReasons(tools))];
      } catch (error) {
        return [messageOf(error)];
      }
    }, healthTimeoutSeconds);
    if (reasons.length > 0) throw new Error(reasons.join("; "));
    return seen;
  }

  /** A node that a change has left unwell may have recovered since. */
  private async unwellReasons(tools: Tools): Promise<string[]> {
    const waiting = [...this.unwell].filter(([name]) => !this.passing.has(name));
    const reasons = waiting.map(([name, passage]) => this.settle(this.node(name), passage, tools));
    return (await Promise.all(reasons)).flat();
  }

  /** Moves the pods of a node elsewhere. Answers whether it was the gate that cordoned the node. */
  private async empty(name: string, nodes: KubernetesNode[], kubectl: Kubectl): Promise<boolean> {
    const seen = nodes.find((node) => node.name === name);
    if (!seen) return false;
    return cordonFor(seen, kubectl, this.options, () => kubectl.drain(name, this.options.drainTimeoutSeconds));
  }

  private notHealthy({ name, address }: GateNode, { cordoned }: Passage, missing: string[]): Error {
    const seconds = this.options.healthTimeoutSeconds;
    return new Error(
      `${name} took its new configuration but is not healthy after ${seconds} seconds: ${missing.join("; ")}; ` +
        `${cordoned ? "it is still cordoned; " : ""}no other node is changed before this one is well: ` +
        `look at \`talosctl -n ${address} dmesg\` and \`talosctl -n ${address} services\`, then run \`up\` again` +
        `${cordoned ? ` and \`kubectl uncordon ${name}\`` : ""}`,
    );
  }

  private refusal(name: string, error: unknown): Error {
    return new Error(
      `${name} was not changed, because cluster ${this.options.cluster.name} cannot do without it now: ${messageOf(error)}; ` +
        "mend that and run `up` again; `rollout.requireReady: false` in the stack file lets nodes be changed while others are not ready",
    );
  }

  private node(name: string): GateNode {
    const node = this.options.cluster.nodes.find((candidate) => candidate.name === name);
    if (!node) throw new Error(`${name} is no node of cluster ${this.options.cluster.name}`);
    return node;
  }
}
