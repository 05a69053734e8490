/** What networks that exist already have to be like. */
import type { NetworkConfig } from "../../config/index.ts";
import { type Problem, pathOf } from "../../config/problems.ts";
import type { Family } from "../facts.ts";
import { contains, familyOf, overlap, parseRange, type Range } from "./ranges.ts";

type ExternalNetwork = Extract<NetworkConfig, { mode: "external" }>;
type RangeList = "nodeSubnets" | "podSubnets" | "serviceSubnets" | "loadBalancerRanges";

interface Named {
  path: string;
  range: Range;
}

const familyNames: Record<Family, string> = { ipv6: "IPv6", ipv4: "IPv4" };

/** Problems with the ranges and addresses of a network in mode `external`; paths are relative to `orrery:cluster`. */
export function externalProblems(network: ExternalNetwork): Problem[] {
  return [
    ...familyProblems(network),
    ...gatewayProblems(network),
    ...vipProblems(network),
    ...named(network, "podSubnets").flatMap(podProblems),
    ...named(network, "serviceSubnets").flatMap(serviceProblems),
  ];
}

/** Ranges of one cluster that share addresses; load balancers may live in a node subnet, where they are announced. */
export function overlapProblems(network: ExternalNetwork): Problem[] {
  const nodes = named(network, "nodeSubnets");
  const balancers = named(network, "loadBalancerRanges");
  const all = [...nodes, ...named(network, "podSubnets"), ...named(network, "serviceSubnets"), ...balancers];
  return all.flatMap((one, index) =>
    all.slice(index + 1).flatMap((other) => {
      const announced = nodes.includes(one) && balancers.includes(other) && contains(one.range, other.range);
      if (announced || !overlap(one.range, other.range)) return [];
      return [
        {
          path: other.path,
          value: other.range.cidr,
          message: `overlaps ${one.range.cidr} of ${one.path}`,
          allowed: "ranges that share no address",
        },
      ];
    }),
  );
}

function named(network: ExternalNetwork, list: RangeList): Named[] {
  return network[list].map((cidr, index) => ({ path: pathOf(["network", list, index]), range: parseRange(cidr) }));
}

function familyProblems(network: ExternalNetwork): Problem[] {
  const families = [...new Set(network.nodeSubnets.map(familyOf))];
  const wanted = families.map((family) => familyNames[family]).join(" and ");
  const lists = [
    { list: "nodeSubnets", values: network.nodeSubnets, complete: true },
    { list: "gateways", values: network.gateways, complete: true },
    { list: "podSubnets", values: network.podSubnets, complete: true },
    { list: "serviceSubnets", values: network.serviceSubnets, complete: true },
    { list: "loadBalancerRanges", values: network.loadBalancerRanges, complete: false },
  ];
  return lists.flatMap(({ list, values, complete }) => {
    const path = `network.${list}`;
    const found = values.map(familyOf);
    const allowed = `one entry of each family of the node subnets: ${wanted}`;
    const twice = found.some((family, index) => found.indexOf(family) !== index);
    if (twice) return [{ path, value: values, message: "has two entries of one address family", allowed }];
    const strange = found.find((family) => !families.includes(family));
    if (strange) return [{ path, value: values, message: `has an ${familyNames[strange]} entry`, allowed }];
    const missing = families.find((family) => !found.includes(family));
    if (missing && complete) return [{ path, value: values, message: `has no ${familyNames[missing]} entry`, allowed }];
    return [];
  });
}

function gatewayProblems(network: ExternalNetwork): Problem[] {
  return network.gateways.flatMap((gateway, index) => {
    const subnet = subnetFor(network, gateway);
    // A router may be addressed by its link-local address, which is on every link.
    if (!subnet || contains(subnet, parseRange(gateway)) || isLinkLocal(gateway)) return [];
    const path = pathOf(["network", "gateways", index]);
    return [{ path, value: gateway, message: "lies outside its node subnet", allowed: `an address in ${subnet.cidr}` }];
  });
}

function vipProblems(network: ExternalNetwork): Problem[] {
  const path = "network.vip";
  const subnet = subnetFor(network, network.vip);
  const vip = parseRange(network.vip);
  const subnets = network.nodeSubnets.join(" or ");
  if (!subnet || !contains(subnet, vip)) {
    return [
      { path, value: network.vip, message: "lies outside the node subnets", allowed: `an address in ${subnets}` },
    ];
  }
  const gateway = network.gateways.find((address) => parseRange(address).cidr === vip.cidr);
  if (gateway) return [{ path, value: network.vip, message: "is the gateway's address", allowed: "a free address" }];
  const taken = network.loadBalancerRanges.find((cidr) => contains(parseRange(cidr), vip));
  if (!taken) return [];
  return [{ path, value: network.vip, message: `lies in the load-balancer range ${taken}`, allowed: "a free address" }];
}

function subnetFor(network: ExternalNetwork, address: string): Range | undefined {
  return network.nodeSubnets.map(parseRange).find(({ family }) => family === familyOf(address));
}

function isLinkLocal(address: string): boolean {
  return familyOf(address) === "ipv6" && contains(parseRange("fe80::/10"), parseRange(address));
}

/** Each node gets a /64 or a /24, and the controller manager counts them in 16 bits. */
function podProblems({ path, range }: Named): Problem[] {
  const share = range.family === "ipv6" ? 64 : 24;
  if (range.prefixLength <= share && range.prefixLength >= share - 16) return [];
  const allowed = `/${share - 16} to /${share}, because each node gets a /${share}`;
  return [{ path, value: range.cidr, message: "has a prefix length that pods cannot have", allowed }];
}

/** The API server takes at most 20 bits of service addresses. */
function serviceProblems({ path, range }: Named): Problem[] {
  const shortest = range.family === "ipv6" ? 108 : 12;
  const longest = range.family === "ipv6" ? 124 : 28;
  if (range.prefixLength >= shortest && range.prefixLength <= longest) return [];
  const allowed = `/${shortest} to /${longest}`;
  return [{ path, value: range.cidr, message: "has a prefix length that services cannot have", allowed }];
}
