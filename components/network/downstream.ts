/** Addresses of the clusters that a management cluster makes: all are in one network, each has its block of it. */
import type { DownstreamConfig } from "../../config/index.ts";
import { type Problem, pathOf } from "../../config/problems.ts";
import type { AddressPlan } from "../facts.ts";
import { canonicalAddress, contains, nthAddress, nthSubnet, overlap, parseRange } from "./ranges.ts";

/** Blocks of 16 addresses: the first is the Kubernetes API's, the others are for nodes. */
const blockPrefixLength = 28;
const clusterPrefixLength = 16;
const podPrefixLength = 17;
const servicePrefixLength = 20;

/** Nodes that a cluster has addresses for; one of them is for the machine that takes another one's place. */
export const nodeAddressesPerCluster = 15;

/** The addresses of a downstream cluster. */
export interface DownstreamAddresses extends AddressPlan {
  /** First and last address of its nodes. */
  nodeRange: { first: string; last: string };
}

/** Plans the addresses of all downstream clusters; paths of problems are relative to `orrery:cluster`. */
export function planDownstreamAddresses({ clusters, network }: DownstreamConfig): {
  plans: Record<string, DownstreamAddresses>;
  problems: Problem[];
} {
  const problems = networkProblems(network);
  const plans: Record<string, DownstreamAddresses> = {};
  const byId = new Map<number, string>();
  for (const [name, cluster] of Object.entries(clusters)) {
    const path = pathOf(["downstream", "clusters", name]);
    const other = byId.get(cluster.id);
    if (other !== undefined) {
      problems.push({
        path: `${path}.id`,
        value: cluster.id,
        message: `is the id of ${other}, and their addresses would be the same`,
        allowed: "a number of its own from 1 to 14",
      });
    }
    byId.set(cluster.id, name);
    const most = cluster.controlPlanes + (typeof cluster.workers === "number" ? cluster.workers : cluster.workers.max);
    if (most + 1 > nodeAddressesPerCluster) {
      problems.push({
        path: `${path}.workers`,
        value: cluster.workers,
        message: `with its control planes and one machine that takes another one's place it has ${most + 1} nodes`,
        allowed: `${nodeAddressesPerCluster} together: a cluster has 16 addresses, one of them the API's`,
      });
    }
    const plan = addressesOf(name, cluster.id, network);
    if (plan) plans[name] = plan;
    else problems.push(missingBlock(path, cluster.id, network));
  }
  return { plans, problems };
}

function addressesOf(name: string, id: number, network: DownstreamConfig["network"]): DownstreamAddresses | undefined {
  const nodes = block(network.nodeSubnet, blockPrefixLength, id);
  const loadBalancers = block(network.loadBalancerRange, blockPrefixLength, id);
  const own = block(network.clusterRange, clusterPrefixLength, id);
  const pods = own && block(own, podPrefixLength, 0);
  // The second half: its first /20.
  const services = own && block(own, servicePrefixLength, 2 ** (servicePrefixLength - podPrefixLength));
  if (!nodes || !loadBalancers || !pods || !services) return undefined;
  const range = parseRange(nodes);
  const vip = nthAddress(range, 0);
  return {
    clusterId: id,
    clusterName: name,
    mode: "vlan",
    nodeSubnets: [
      { family: "ipv4", cidr: parseRange(network.nodeSubnet).cidr, gateway: canonicalAddress(network.gateway) },
    ],
    vip,
    endpoint: `https://${vip}:6443`,
    reservedAddresses: [],
    podSubnets: [pods],
    serviceSubnets: [services],
    dnsServiceAddresses: [nthAddress(parseRange(services), 10)],
    loadBalancerRanges: [loadBalancers],
    loopbackRanges: [],
    bridge: network.bridge,
    vlanId: network.vlanId,
    mtu: network.mtu,
    maxNodes: nodeAddressesPerCluster,
    globalSubnets: [],
    nodeRange: { first: nthAddress(range, 1), last: nthAddress(range, nodeAddressesPerCluster) },
  };
}

function block(cidr: string, prefixLength: number, index: number): string | undefined {
  const outer = parseRange(cidr);
  const inner = nthSubnet(outer, prefixLength, index);
  return inner && contains(outer, parseRange(inner)) ? inner : undefined;
}

function missingBlock(path: string, id: number, network: DownstreamConfig["network"]): Problem {
  return {
    path: `${path}.id`,
    value: id,
    message: `there is no block number ${id} in each of ${network.nodeSubnet}, ${network.loadBalancerRange} and ${network.clusterRange}`,
    hint: "take a smaller id, or larger ranges below downstream.network",
  };
}

function networkProblems(network: DownstreamConfig["network"]): Problem[] {
  const problems: Problem[] = [];
  const subnet = parseRange(network.nodeSubnet);
  if (!contains(subnet, parseRange(network.gateway))) {
    problems.push({
      path: "downstream.network.gateway",
      value: network.gateway,
      message: "is not in the nodes' network",
      allowed: `an address in ${network.nodeSubnet}`,
    });
  }
  const first = nthSubnet(subnet, blockPrefixLength, 0);
  const last = nthSubnet(subnet, blockPrefixLength, 15);
  const free = [first, last].flatMap((cidr) => (cidr ? [parseRange(cidr)] : []));
  if (problems.length === 0 && !free.some((range) => contains(range, parseRange(network.gateway)))) {
    problems.push({
      path: "downstream.network.gateway",
      value: network.gateway,
      message: "is in the block of a cluster",
      allowed: `an address in ${free.map(({ cidr }) => cidr).join(" or ")}`,
    });
  }
  const ranges = ["nodeSubnet", "loadBalancerRange", "clusterRange"] as const;
  for (const [index, key] of ranges.entries()) {
    const taken = ranges.slice(0, index).find((other) => overlap(parseRange(network[key]), parseRange(network[other])));
    if (taken) {
      problems.push({
        path: `downstream.network.${key}`,
        value: network[key],
        message: `overlaps ${taken} ${network[taken]}`,
        allowed: "a range that nothing else has",
      });
    }
  }
  return problems;
}
