import type { World } from "../world/world.ts";
import type { Etcd } from "./etcd.ts";
import type { ConnectedKubernetes } from "./interface.ts";
import type { Machines } from "./machines.ts";
import type { Machine } from "./state.ts";

/** How long Talos waits in a boot for its node to become ready, before it reboots to try again. */
const bootTimeoutMs = 600_000;

/** How long a kubelet takes to report ready once everything it needs is there. */
const kubeletMs = 10_000;

/** How often a boot that is not finished looks at its node. */
const watchMs = 5_000;

/** Decides which nodes are ready, writes changes to the diary, and reboots nodes that do not become ready in a boot. */
export class Readiness {
  private readonly world: World;
  private readonly machines: Machines;
  private readonly etcd: Etcd;
  kubernetes?: ConnectedKubernetes;

  constructor(world: World, machines: Machines, etcd: Etcd) {
    this.world = world;
    this.machines = machines;
    this.etcd = etcd;
    world.clock.handle("talos.node.watch", (key) => this.watch(key));
  }

  /** Looks at one machine after it changed. */
  changed(key: string): void {
    const machine = this.machines.get(key);
    this.world.clock.cancel("talos.node.watch", key);
    if (!machine) return;
    this.update(machine);
    if (machine.phase === "running" && !machine.bootFinished) {
      this.world.clock.schedule(watchMs, "talos.node.watch", key);
    }
  }

  /** Looks at all machines of a cluster; whoever changes what readiness depends on calls it. */
  refresh(clusterId: string): void {
    for (const [, machine] of this.machines.all()) {
      if (machine.active?.clusterId === clusterId) this.update(machine);
    }
  }

  private watch(key: string): void {
    const machine = this.machines.get(key);
    if (machine?.phase !== "running" || machine.bootFinished) return;
    this.update(machine);
    if (machine.bootFinished) return;
    // The time counts from when there is an API at which the node could be ready.
    if (machine.active && this.etcd.hasQuorum(machine.active.clusterId)) {
      machine.bootDeadlineMs ??= this.world.clock.nowMs + bootTimeoutMs;
      if (this.world.clock.nowMs >= machine.bootDeadlineMs) {
        this.machines.reboot(key, "node did not become ready");
        return;
      }
    }
    this.world.clock.schedule(watchMs, "talos.node.watch", key);
  }

  private update(machine: Machine): void {
    const facts = machine.active;
    if (!facts) return;
    const ready = this.isReady(machine);
    // Without quorum nobody can write the node's status: it stays what it was.
    if (ready === machine.ready || !this.etcd.hasQuorum(facts.clusterId)) return;
    machine.ready = ready;
    if (ready) machine.bootFinished = true;
    this.world.record(ready ? "node.ready" : "node.not-ready", facts.nodeName, { cluster: facts.clusterName });
  }

  private isReady(machine: Machine): boolean {
    const facts = machine.active;
    if (machine.phase !== "running" || !facts) return false;
    if (this.world.clock.nowMs < machine.phaseSinceMs + kubeletMs) return false;
    return !facts.externalCni || (this.kubernetes?.cniRunning(facts.clusterId) ?? false);
  }
}
