/** What the downstream clusters of one stack cannot share with other stacks. Pure functions over all stack files. */
import type { AddressPlan } from "../components/facts.ts";
import { type DownstreamAddresses, planDownstreamAddresses } from "../components/network/downstream.ts";
import { overlap, parseRange } from "../components/network/ranges.ts";
import { type ClusterConfig, type DownstreamConfig, pathOf } from "../config/index.ts";
import type { Problem } from "../config/problems.ts";
import { addressesOf, type Site } from "./collisions.ts";

/** Problems of a stack's downstream clusters with all stacks; paths are relative to `orrery:cluster`. */
export function downstreamCollisionProblems(stack: string, site: Site): Problem[] {
  const own = downstreamOf(stack, site);
  if (!own) return [];
  return Object.entries(site.clusters).flatMap(([name, config]) => {
    const other = name === stack ? undefined : downstreamOf(name, site);
    return [
      ...clusterProblems(own, { config, plan: addressesOf(name, config, site.shared) }, name),
      ...(other ? pairProblems(own, other, name) : []),
    ];
  });
}

/** What a stack says about downstream clusters, when it has some. */
function downstreamOf(stack: string, { clusters }: Site): DownstreamConfig | undefined {
  const downstream = clusters[stack]?.downstream;
  return downstream && Object.keys(downstream.clusters).length > 0 ? downstream : undefined;
}

/** With a cluster that has a stack of its own. */
function clusterProblems(
  { network }: DownstreamConfig,
  { config, plan }: { config: ClusterConfig; plan: AddressPlan },
  stack: string,
): Problem[] {
  const theirs = [
    ...plan.nodeSubnets.map(({ cidr }) => ({ what: "nodes", cidr })),
    ...plan.podSubnets.map((cidr) => ({ what: "pods", cidr })),
    ...plan.serviceSubnets.map((cidr) => ({ what: "services", cidr })),
    ...plan.loadBalancerRanges.map((cidr) => ({ what: "load balancers", cidr })),
    ...plan.loopbackRanges.map((cidr) => ({ what: "loopbacks", cidr })),
  ];
  const ranges = (["nodeSubnet", "loadBalancerRange"] as const).flatMap((key) =>
    theirs
      .filter(({ cidr }) => overlap(parseRange(network[key]), parseRange(cidr)))
      .map(({ what, cidr }) => ({
        path: `downstream.network.${key}`,
        value: network[key],
        message: `overlaps ${what} ${cidr} of stack ${stack}`,
        allowed: "a range that nothing else has",
      })),
  );
  if (plan.mode !== "vlan" || plan.vlanId !== network.vlanId) return ranges;
  if (plan.bridge === network.bridge) {
    return [...ranges, takenVlan(network, `on bridge ${network.bridge} by stack ${stack}`)];
  }
  const { router } = network;
  const sharesRouter = router !== undefined && config.network.mode === "vlan" && config.network.router === router;
  return sharesRouter ? [...ranges, takenVlan(network, `on router ${router} by stack ${stack}`)] : ranges;
}

/** With the downstream clusters of another stack: they may be in one network, when each has a block of its own. */
function pairProblems(own: DownstreamConfig, other: DownstreamConfig, stack: string): Problem[] {
  const theirs = Object.values(planDownstreamAddresses(other).plans);
  const blocks = Object.entries(planDownstreamAddresses(own).plans).flatMap(([name, plan]): Problem[] => {
    const taken = theirs.find((candidate) => meet(plan, candidate));
    if (!taken) return [];
    return [
      {
        path: `${pathOf(["downstream", "clusters", name])}.id`,
        value: plan.clusterId,
        message: `its addresses are those of ${taken.clusterName}, a downstream cluster of stack ${stack}`,
        allowed: "another id, or other ranges below downstream.network",
      },
    ];
  });
  const { router, vlanId } = own.network;
  const sharesRouter = router !== undefined && router === other.network.router && vlanId === other.network.vlanId;
  const where = `on router ${router} by downstream clusters of stack ${stack}`;
  return [...blocks, ...(sharesRouter ? [takenVlan(own.network, where)] : [])];
}

function meet(one: DownstreamAddresses, other: DownstreamAddresses): boolean {
  return blocksOf(one).some((block) => blocksOf(other).some((taken) => overlap(parseRange(block), parseRange(taken))));
}

/** A cluster's addresses in the network that it shares with others. */
function blocksOf({ vip, loadBalancerRanges }: DownstreamAddresses): string[] {
  return [`${vip}/28`, ...loadBalancerRanges];
}

function takenVlan({ vlanId }: DownstreamConfig["network"], where: string): Problem {
  const path = "downstream.network.vlanId";
  return { path, value: vlanId, message: `is taken ${where}`, allowed: "another VLAN id" };
}
