/** The address plan of a cluster: everything that follows from its id, or what the stack file gives in mode `external`. */
import type { ClusterConfig, NetworkConfig, SharedConfig } from "../../config/index.ts";
import type { Problem } from "../../config/problems.ts";
import { addressInRange } from "../addressing.ts";
import type { AddressPlan, Subnet } from "../facts.ts";
import { planBgp } from "./bgp.ts";
import { externalProblems, overlapProblems } from "./external.ts";
import { canonicalAddress, contains, nthAddress, nthSubnet, parseRange, primaryFirst } from "./ranges.ts";

/** Prefix lengths of a node's share of the pod ranges, as the controller manager cuts them by default. */
const podPrefixLength = { ipv6: 64, ipv4: 24 } as const;

/** Number of the Kubernetes API's address in the node subnets. */
const vipNumber = 10;

/** Plans a cluster's addresses; problems are all that is wrong, with paths relative to `orrery:cluster`. */
export function planAddresses(
  config: ClusterConfig,
  shared: SharedConfig,
  stack: string,
): { plan: AddressPlan; problems: Problem[] } {
  const { id, network } = config;
  const ranges = network.mode === "external" ? givenRanges(network) : derivedRanges(id);
  const bgp = planBgp(config, shared.releases[config.release]?.bgpSpeaker ?? "none");
  const globals = globalSubnets(id, shared);
  const plan: AddressPlan = {
    clusterId: id,
    clusterName: config.name ?? stack,
    mode: network.mode,
    ...ranges,
    endpoint: `https://${ranges.vip.includes(":") ? `[${ranges.vip}]` : ranges.vip}:6443`,
    dnsServiceAddresses: ranges.serviceSubnets.map((cidr) => nthAddress(parseRange(cidr), 10)),
    ...attachment(id, network, shared),
    ...(bgp.parameters ? { bgp: bgp.parameters } : {}),
    maxNodes: nodesThatFit(ranges.podSubnets),
    globalSubnets: globals.subnets,
  };
  const problems = [
    ...(network.mode === "external" ? externalProblems(network) : []),
    ...(network.mode === "external" ? overlapProblems(network) : []),
    ...(network.mode === "sdn" && !shared.sdn ? [missingZone()] : []),
    ...bgp.problems,
    ...globals.problems,
  ];
  return { plan, problems };
}

type Ranges = Pick<
  AddressPlan,
  | "nodeSubnets"
  | "vip"
  | "reservedAddresses"
  | "podSubnets"
  | "serviceSubnets"
  | "loadBalancerRanges"
  | "loopbackRanges"
>;

/** Decimal digits of the id are used as hexadecimal text in IPv6, so that both families read alike. */
function derivedRanges(id: number): Ranges {
  const ipv6 = `fd00:${id}::/64`;
  const ipv4 = `10.${id}.0.0/24`;
  return {
    nodeSubnets: [
      { family: "ipv6", cidr: ipv6, gateway: `fd00:${id}::fffe` },
      { family: "ipv4", cidr: ipv4, gateway: `10.${id}.0.254` },
    ],
    vip: addressInRange(ipv6, vipNumber),
    // Talos moves one address per link between control planes; the other family's is kept free for what may come.
    reservedAddresses: [addressInRange(ipv4, vipNumber)],
    podSubnets: [`fd00:${id}:240::/56`, `10.${id}.128.0/17`],
    serviceSubnets: [`fd00:${id}:96::/112`, `10.${id}.96.0/24`],
    loadBalancerRanges: [`fd00:${id}:1b::/120`, `10.${id}.27.0/24`],
    loopbackRanges: [`fd00:255:${id}::/48`, `10.255.${id}.0/24`],
  };
}

function givenRanges(network: Extract<NetworkConfig, { mode: "external" }>): Ranges {
  const canonical = (cidrs: string[]) => primaryFirst(cidrs, String).map((cidr) => parseRange(cidr).cidr);
  const subnets = canonical(network.nodeSubnets).flatMap((cidr): Subnet[] => {
    const range = parseRange(cidr);
    // The gateway of the same family; a wrong one is reported where it stands.
    const gateway = network.gateways.find((address) => parseRange(address).family === range.family);
    return [{ family: range.family, cidr, gateway: gateway ? canonicalAddress(gateway) : "" }];
  });
  return {
    nodeSubnets: subnets,
    vip: canonicalAddress(network.vip),
    reservedAddresses: [],
    podSubnets: canonical(network.podSubnets),
    serviceSubnets: canonical(network.serviceSubnets),
    loadBalancerRanges: canonical(network.loadBalancerRanges),
    loopbackRanges: [],
  };
}

function attachment(
  id: number,
  network: NetworkConfig,
  shared: SharedConfig,
): Pick<AddressPlan, "bridge" | "vlanId" | "mtu" | "sdn"> {
  if (network.mode === "sdn") {
    const sdn = { vnet: `vnet${id}`, vni: 10_000 + id, snat: network.snat };
    return { bridge: sdn.vnet, mtu: shared.sdn?.mtu ?? 1450, sdn };
  }
  const vlanId = network.mode === "vlan" ? (network.vlanId ?? id) : network.vlanId;
  return { bridge: network.bridge, mtu: network.mtu, ...(vlanId === undefined ? {} : { vlanId }) };
}

function nodesThatFit(podSubnets: string[]): number {
  const shares = podSubnets.map((cidr) => {
    const { family, prefixLength } = parseRange(cidr);
    return 2 ** Math.max(0, podPrefixLength[family] - prefixLength);
  });
  return Math.min(...shares);
}

function globalSubnets(id: number, shared: SharedConfig): { subnets: string[]; problems: Problem[] } {
  const subnets: string[] = [];
  const problems: Problem[] = [];
  for (const prefix of shared.ipv6GlobalPrefixes) {
    const range = parseRange(prefix);
    const subnet = nthSubnet(range, 64, id);
    if (subnet && contains(range, parseRange(subnet))) subnets.push(subnet);
    else {
      problems.push({
        path: "id",
        value: id,
        message: `the global prefix ${prefix} has no /64 number ${id}`,
        hint: "take a smaller id, or a prefix of /56 or shorter for ipv6GlobalPrefixes in orrery:shared",
      });
    }
  }
  return { subnets, problems };
}

function missingZone(): Problem {
  return {
    path: "network.mode",
    value: "sdn",
    message: "there is no SDN zone",
    allowed: "vlan or external",
    hint: "or describe the zone under sdn in orrery:shared",
  };
}
