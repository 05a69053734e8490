/** What two stacks of one site cannot share. Pure functions over all stack files. */
import type { AddressPlan } from "../components/facts.ts";
import { planAddresses } from "../components/network/addresses.ts";
import { asnRanges } from "../components/network/bgp.ts";
import { contains, overlap, parseRange, type Range } from "../components/network/ranges.ts";
import { type ClusterConfig, pathOf, type SharedConfig } from "../config/index.ts";
import type { Problem } from "../config/problems.ts";

/** The configurations of a site, as far as they could be read. */
export interface Site {
  shared: SharedConfig;
  clusters: Record<string, ClusterConfig>;
}

interface NamedRange {
  path: string;
  what: string;
  range: Range;
}

/** One of two stacks that are compared. */
interface Side {
  stack: string;
  config: ClusterConfig;
  plan: AddressPlan;
}

/** Problems of one stack with all the others and with the hosts; paths are relative to `orrery:cluster`. */
export function collisionProblems(stack: string, site: Site): Problem[] {
  const config = site.clusters[stack];
  if (!config) return [];
  const side = (name: string, of: ClusterConfig): Side => ({
    stack: name,
    config: of,
    plan: addressesOf(name, of, site.shared),
  });
  const own = side(stack, config);
  const others = Object.entries(site.clusters).filter(([name]) => name !== stack);
  return [
    ...others.flatMap(([name, other]) => pairProblems(own, side(name, other), site)),
    ...siteProblems(own, site.shared),
  ];
}

function pairProblems(own: Side, other: Side, site: Site): Problem[] {
  const { plan } = own;
  const { stack } = other;
  const problems: Problem[] = [];
  if (plan.clusterName === other.plan.clusterName) {
    problems.push({ path: "name", value: plan.clusterName, message: `is the name of stack ${stack} too` });
  }
  // Everything else of the two would collide as well, and go away with this.
  if (own.config.id === other.config.id) return [takenId(own.config.id, stack, site), ...problems];
  if (sharesVlan(plan, other.plan)) {
    problems.push({
      path: "network.vlanId",
      value: plan.vlanId,
      message: `is taken on bridge ${plan.bridge} by stack ${stack}`,
      allowed: "another VLAN id or another bridge",
    });
  }
  problems.push(...routerProblems(own, other));
  // Ranges that follow from different ids never meet; those that somebody wrote may.
  if (plan.mode === "external" || other.plan.mode === "external") problems.push(...rangeProblems(own, other));
  if (plan.bgp && asnRanges(other.config.id).some(holds(plan.bgp.peerAsn))) {
    problems.push({
      path: "network.bgp.peerAsn",
      value: plan.bgp.peerAsn,
      message: `is an ASN of stack ${stack}`,
      allowed: "the ASN of the hosts or of your router",
    });
  }
  return problems;
}

function takenId(id: number, stack: string, { clusters }: Site): Problem {
  const taken = new Set(Object.values(clusters).map((cluster) => cluster.id));
  const after = [...Array(254).keys()].map((offset) => ((id + offset) % 254) + 1);
  const free = after.find((candidate) => !taken.has(candidate));
  return {
    path: "id",
    value: id,
    message: `is taken by stack ${stack}: VM ids, VNet, VNI, ASNs and address ranges would collide`,
    allowed: free === undefined ? "1 to 254" : `an id of its own, such as ${free}`,
  };
}

function sharesVlan(one: AddressPlan, other: AddressPlan): boolean {
  const owned = one.mode === "vlan" || other.mode === "vlan";
  return owned && one.vlanId !== undefined && one.vlanId === other.vlanId && one.bridge === other.bridge;
}

/** Two VLANs on one interface of one router, or two ASNs for it. */
function routerProblems({ config, plan }: Side, other: Side): Problem[] {
  if (config.network.mode !== "vlan" || other.config.network.mode !== "vlan") return [];
  const { router } = config.network;
  if (router === undefined || router !== other.config.network.router) return [];
  const problems: Problem[] = [];
  if (plan.vlanId === other.plan.vlanId && plan.bridge !== other.plan.bridge) {
    const allowed = "another VLAN id or another router";
    const message = `is taken on router ${router} by stack ${other.stack}`;
    problems.push({ path: "network.vlanId", value: plan.vlanId, message, allowed });
  }
  if (plan.bgp && other.plan.bgp && plan.bgp.peerAsn !== other.plan.bgp.peerAsn) {
    const allowed = `${other.plan.bgp.peerAsn}, as stack ${other.stack} has it for the same router`;
    const message = `cannot be the ASN of router ${router}`;
    problems.push({ path: "network.bgp.peerAsn", value: plan.bgp.peerAsn, message, allowed });
  }
  return problems;
}

function rangeProblems(own: Side, other: Side): Problem[] {
  const theirs = rangesOf(other);
  return rangesOf(own).flatMap(({ path, what, range }) =>
    theirs
      .filter((candidate) => overlap(range, candidate.range))
      .map((candidate) => ({
        path,
        value: range.cidr,
        message: `${what} overlap ${candidate.what} ${candidate.range.cidr} of stack ${other.stack}`,
        allowed: "ranges that no other stack has",
      })),
  );
}

/** The zone and the hosts were there first. */
function siteProblems(own: Side, shared: SharedConfig): Problem[] {
  const { plan } = own;
  const { id } = own.config;
  const problems: Problem[] = [];
  if (plan.sdn && plan.sdn.vni === shared.sdn?.vrfVni) {
    problems.push({ path: "id", value: id, message: `its VNI ${plan.sdn.vni} is the VRF VNI of the SDN zone` });
  }
  if (shared.sdn && asnRanges(id).some(holds(shared.sdn.asn))) {
    problems.push({ path: "id", value: id, message: `its ASNs hold ${shared.sdn.asn}, the ASN of the SDN zone` });
  }
  const ranges = rangesOf(own);
  for (const [host, { addresses }] of Object.entries(shared.proxmox.hosts)) {
    for (const address of addresses) {
      // On a network that exists already, the hosts may well be neighbours of the nodes.
      const taken = ranges.find(
        ({ what, range }) => contains(range, parseRange(address)) && !(plan.mode === "external" && what === "nodes"),
      );
      if (!taken) continue;
      problems.push({
        path: taken.path,
        value: taken.path === "id" ? id : taken.range.cidr,
        message: `${taken.what} ${taken.range.cidr} hold the address ${address} of host ${host}`,
      });
    }
  }
  return problems;
}

function holds(asn: number): (range: { first: number; last: number }) => boolean {
  return ({ first, last }) => asn >= first && asn <= last;
}

/** All ranges of a plan with the place in the stack file that decides them. */
function rangesOf({ config, plan }: Side): NamedRange[] {
  const lists = [
    { key: "nodeSubnets", what: "nodes", cidrs: plan.nodeSubnets.map(({ cidr }) => cidr) },
    { key: "podSubnets", what: "pods", cidrs: plan.podSubnets },
    { key: "serviceSubnets", what: "services", cidrs: plan.serviceSubnets },
    { key: "loadBalancerRanges", what: "load balancers", cidrs: plan.loadBalancerRanges },
    { key: "loopbackRanges", what: "loopbacks", cidrs: plan.loopbackRanges },
  ];
  return lists.flatMap(({ key, what, cidrs }) =>
    cidrs.map((cidr) => ({ path: pathOfRange(config, key, cidr), what, range: parseRange(cidr) })),
  );
}

function pathOfRange({ network }: ClusterConfig, key: string, cidr: string): string {
  if (network.mode !== "external") return "id";
  const written = (network as unknown as Record<string, string[]>)[key] ?? [];
  return pathOf(["network", key, written.findIndex((candidate) => parseRange(candidate).cidr === cidr)]);
}

// In a fleet every stack is compared with every other one; each stack's addresses are worked out once.
const known = new WeakMap<SharedConfig, WeakMap<ClusterConfig, AddressPlan>>();

/** The addresses of a stack, worked out once. */
export function addressesOf(stack: string, config: ClusterConfig, shared: SharedConfig): AddressPlan {
  const plans = known.get(shared) ?? new WeakMap<ClusterConfig, AddressPlan>();
  known.set(shared, plans);
  const plan = plans.get(config) ?? planAddresses(config, shared, stack).plan;
  plans.set(config, plan);
  return plan;
}
