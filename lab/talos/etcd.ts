import { BlockList, isIPv6 } from "node:net";
import type { World } from "../world/world.ts";
import { sha256 } from "./contents.ts";
import { TalosError } from "./errors.ts";
import type { ConfigurationFacts, EtcdCluster, EtcdMember, Machine, TalosPart } from "./state.ts";

/** How long a control plane takes to join, once there is a cluster to join. */
const joinMs = 10_000;

/** How an etcd cluster stands. */
export interface EtcdHealth {
  members: number;
  running: number;
  /** True while more than half of the members run. */
  quorum: boolean;
}

/** The etcd clusters on the machines: members, quorum, joining and leaving. */
export class Etcd {
  private readonly world: World;
  private readonly part: TalosPart;

  constructor(world: World, part: TalosPart) {
    this.world = world;
    this.part = part;
    world.clock.handle("talos.etcd.join", (key) => this.join(key));
  }

  /** The etcd clusters of one Talos cluster, oldest first; more than one after a second bootstrap. */
  of(clusterId: string): EtcdCluster[] {
    return Object.values(this.part.etcd).filter((cluster) => cluster.clusterId === clusterId);
  }

  /** The etcd cluster that a machine is a member of. */
  at(machine: Machine): EtcdCluster | undefined {
    const cluster = machine.etcd ? this.part.etcd[machine.etcd.etcdId] : undefined;
    return cluster?.members.some((member) => member.id === machine.etcd?.memberId) ? cluster : undefined;
  }

  /** True when the member's machine runs with the member's data. */
  runs(member: EtcdMember): boolean {
    const machine = this.part.machines[member.machine];
    return machine?.phase === "running" && machine.etcd?.memberId === member.id;
  }

  health(cluster: EtcdCluster): EtcdHealth {
    const running = cluster.members.filter((member) => this.runs(member)).length;
    return { members: cluster.members.length, running, quorum: running > cluster.members.length / 2 };
  }

  hasQuorum(clusterId: string): boolean {
    return this.of(clusterId).some((cluster) => this.health(cluster).quorum);
  }

  /**
   * Makes a new etcd cluster out of one control plane, whether or not the Talos cluster has one elsewhere.
   * @throws TalosError AlreadyExists when the machine holds etcd data
   */
  bootstrap(key: string): void {
    const machine = this.part.machines[key];
    const facts = machine?.active;
    if (!machine || !facts) throw new TalosError("FailedPrecondition", "bootstrap is not available yet");
    if (machine.etcd) throw new TalosError("AlreadyExists", "etcd data directory is not empty");
    const id = this.newId();
    const siblings = this.of(facts.clusterId).length;
    this.part.etcd[id] = {
      id,
      clusterId: facts.clusterId,
      clusterName: facts.clusterName,
      members: [],
      term: 1,
      recorded: "",
    };
    this.addMember(id, key, machine, facts);
    this.world.record("etcd.bootstrap", facts.nodeName, {
      cluster: facts.clusterName,
      etcd: id,
      etcdClusters: siblings + 1,
    });
    this.observe();
  }

  /** Lets a running machine leave. @throws TalosError when it is the last member or the cluster cannot decide */
  leave(machine: Machine): void {
    const cluster = this.at(machine);
    if (!cluster || !machine.etcd) return;
    if (cluster.members.length === 1) {
      throw new TalosError("FailedPrecondition", "etcd member is the last one in the cluster, can't leave");
    }
    this.needQuorum(cluster);
    this.drop(cluster, machine.etcd.memberId, "left");
    machine.etcd = undefined;
    this.observe();
  }

  /** Removes any member by its id. @throws TalosError when there is none or the cluster cannot decide */
  remove(cluster: EtcdCluster, memberId: string): void {
    this.needQuorum(cluster);
    if (!cluster.members.some((member) => member.id === memberId)) {
      throw new TalosError("NotFound", "etcdserver: member not found");
    }
    this.drop(cluster, memberId, "removed");
    this.observe();
  }

  /** Hands the leadership to another running member. */
  forfeit(cluster: EtcdCluster): void {
    const other = cluster.members.find((member) => member.id !== cluster.leader && this.runs(member));
    if (other) this.lead(cluster, other);
  }

  /** Looks at all clusters after something changed: elects leaders, writes changes to the diary, lets others join. */
  observe(): void {
    for (const cluster of Object.values(this.part.etcd)) {
      const health = this.health(cluster);
      const leader = cluster.members.find((member) => member.id === cluster.leader);
      if (!health.quorum) cluster.leader = undefined;
      else if (!leader || !this.runs(leader)) {
        const next = cluster.members.find((member) => this.runs(member));
        if (next) this.lead(cluster, next);
      }
      const seen = `${health.running}/${health.members}`;
      if (seen === cluster.recorded) continue;
      cluster.recorded = seen;
      this.world.record("etcd.quorum", cluster.clusterName, {
        etcd: cluster.id,
        running: health.running,
        members: health.members,
        quorum: health.quorum,
      });
    }
    this.world.touch();
  }

  /** Plans the joining of a control plane that runs without etcd data, if there is a cluster to join. */
  considerJoin(key: string): void {
    const machine = this.part.machines[key];
    if (machine?.phase !== "running" || machine.active?.role !== "controlplane" || machine.etcd) return;
    if (!this.hasQuorum(machine.active.clusterId)) return;
    this.world.clock.cancel("talos.etcd.join", key);
    this.world.clock.schedule(joinMs, "talos.etcd.join", key);
  }

  /** Plans the joining of every control plane of a cluster that waits for it. */
  considerJoins(clusterId: string): void {
    for (const [key, machine] of Object.entries(this.part.machines)) {
      if (machine.active?.clusterId === clusterId) this.considerJoin(key);
    }
  }

  private join(key: string): void {
    const machine = this.part.machines[key];
    const facts = machine?.active;
    if (!machine || !facts || machine.phase !== "running" || machine.etcd || facts.role !== "controlplane") return;
    const cluster = this.of(facts.clusterId).find((candidate) => this.health(candidate).quorum);
    if (!cluster) return;
    const address = advertisedAddress(facts, machine);
    // etcd refuses a member whose address an old member still has.
    if (cluster.members.some((member) => member.address === address)) {
      this.world.record("etcd.join-refused", facts.nodeName, { cluster: facts.clusterName, address });
      return;
    }
    this.addMember(cluster.id, key, machine, facts);
    this.world.record("etcd.join", facts.nodeName, { cluster: facts.clusterName, etcd: cluster.id });
    this.observe();
    this.considerJoins(facts.clusterId);
  }

  private addMember(etcdId: string, key: string, machine: Machine, facts: ConfigurationFacts): void {
    const member = { id: this.newId(), name: facts.nodeName, address: advertisedAddress(facts, machine), machine: key };
    this.part.etcd[etcdId]?.members.push(member);
    machine.etcd = { etcdId, memberId: member.id };
  }

  private drop(cluster: EtcdCluster, memberId: string, how: "left" | "removed"): void {
    const gone = cluster.members.find((member) => member.id === memberId);
    cluster.members = cluster.members.filter((member) => member.id !== memberId);
    this.world.record("etcd.leave", gone?.name ?? memberId, { cluster: cluster.clusterName, etcd: cluster.id, how });
  }

  private lead(cluster: EtcdCluster, member: EtcdMember): void {
    cluster.leader = member.id;
    cluster.term += 1;
  }

  private needQuorum(cluster: EtcdCluster): void {
    if (!this.health(cluster).quorum) throw new TalosError("Unavailable", "etcdserver: no leader");
  }

  /** 16 hexadecimal digits, the same in every run. */
  private newId(): string {
    this.part.counter += 1;
    return sha256(`etcd/${this.part.counter}`).slice(0, 16);
  }
}

/** The address that etcd advertises: the first one inside the configured ranges. */
export function advertisedAddress(facts: ConfigurationFacts, machine: Machine): string {
  const addresses = facts.addresses.length > 0 ? facts.addresses : machine.hardware.addresses;
  return addresses.find((address) => inRanges(address, facts.etcdSubnets)) ?? addresses[0] ?? "";
}

function inRanges(address: string, ranges: string[]): boolean {
  if (ranges.length === 0) return true;
  const list = new BlockList();
  for (const range of ranges) {
    const [network = "", prefix = "0"] = range.split("/");
    list.addSubnet(network, Number(prefix), isIPv6(network) ? "ipv6" : "ipv4");
  }
  return list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
