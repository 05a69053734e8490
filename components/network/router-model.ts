/** What the texts for routers are made of. */
import type { AddressPlan, Family, Subnet } from "../facts.ts";
import { parseRange } from "./ranges.ts";

/** BGP parameters of a cluster whose nodes speak it. */
export type BgpPlan = NonNullable<AddressPlan["bgp"]>;

/** A BGP neighbour of the router. */
export interface Neighbour {
  name: string;
  address: string;
  asn: number;
}

/** A range that neighbours may announce. */
export interface AcceptedRange {
  family: Family;
  cidr: string;
  prefixLength: number;
  /** Longest prefix inside the range: /64 for the pods of a node, /128 for a load balancer. */
  longest: number;
  what: string;
}

/** A cluster's VLAN on the router that is its gateway. */
export interface RouterVlan {
  /** Interface that carries it: `eth0`. */
  parent: string;
  vlanId: number;
  mtu: number;
  subnets: Subnet[];
  /** Addresses that the DHCP server gives to machines it knows, and to nobody else. */
  reservations: { name: string; macAddress: string; address: string }[];
}

/** What a router's text is made of. */
export interface Router {
  clusterName: string;
  clusterId: number;
  /** Name of the peer group, and beginning of the names of prefix lists. */
  group: string;
  /** True where other clusters come through the same neighbours, and so share group and lists. */
  shared: boolean;
  /** Number that rules of the prefix lists follow on from; several clusters may share a list. */
  firstRule: number;
  /** Absent when the nodes do not speak BGP. */
  bgp?: BgpPlan;
  /** The router's own ASN; undefined when it is the reader's to know. */
  asn?: number;
  neighbours: Neighbour[];
  accepted: AcceptedRange[];
  /** The link that nodes are neighbours on, by their link-local addresses. Absent when the neighbours are hosts. */
  link?: { interface: string; vrf?: string };
  /** The VLAN, where this router is its gateway. */
  vlan?: RouterVlan;
  /** Lines for the reader. */
  notes: string[];
}

/** Paths that traffic to one address is spread over. */
export const maximumPaths = 16;

/** Ranges that a cluster announces: loopbacks and load balancers one by one, pods by node. */
export function acceptedRanges(plan: AddressPlan): AcceptedRange[] {
  const single = { ipv6: 128, ipv4: 32 };
  const share = { ipv6: 64, ipv4: 24 };
  const accept = (cidrs: string[], longest: Record<Family, number>, what: string) =>
    cidrs.map((cidr): AcceptedRange => {
      const { family, prefixLength } = parseRange(cidr);
      return { family, cidr, prefixLength, longest: longest[family], what };
    });
  return [
    ...accept(plan.loopbackRanges, single, "loopbacks"),
    ...accept(plan.podSubnets, share, "pods"),
    ...accept([...plan.loadBalancerRanges, ...plan.globalSubnets], single, "load balancers"),
  ];
}

/** The accepted ranges of each family that has some. */
export function acceptedByFamily(router: Router): { family: Family; list: string; ranges: AcceptedRange[] }[] {
  const families: Family[] = ["ipv6", "ipv4"];
  return families
    .map((family) => ({
      family,
      list: `${router.group}-${family === "ipv6" ? "V6" : "V4"}`,
      ranges: router.accepted.filter((range) => range.family === family),
    }))
    .filter(({ ranges }) => ranges.length > 0);
}
