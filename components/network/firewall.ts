/** What may reach a cluster's nodes, as one Proxmox security group per cluster. */
import type { AddressPlan, Family } from "../facts.ts";
import { familyOf } from "./ranges.ts";

/** A rule as Proxmox takes it; lists in `source` and `dest` hold one address family only. */
export interface FirewallRule {
  type: "in";
  action: "ACCEPT";
  proto?: string;
  dport?: string;
  source?: string;
  dest?: string;
  comment: string;
}

/** A security group; VMs of the cluster name it in their rules. */
export interface SecurityGroup {
  /** 2 to 18 letters, digits and dashes, which is all that Proxmox takes; the cluster's name may be longer. */
  name: string;
  comment: string;
  rules: FirewallRule[];
}

/** Talos API and Kubernetes API: people and programs outside reach them, as well as the cluster itself. */
const managementPorts = ["50000", "6443"];

/** What pods of the cluster reach on its nodes. Proxmox takes 15 ports in a rule, where a range counts as two. */
const podPorts = [
  "2381", // metrics of etcd
  "10250", // kubelet
  "10257", // controller manager
  "10259", // scheduler
  "4240", // Cilium health
  "4244", // Hubble
  "9100", // node exporter
  "9962:9965", // metrics of the Cilium agent, operator, Envoy and Hubble
];

/** Bidirectional forwarding detection over one hop, control and echo. */
const bfdPorts = "3784:3785";

/**
 * The security group of a cluster.
 *
 * @param managementRanges ranges that may reach the management ports; empty for everybody
 */
export function securityGroup(plan: AddressPlan, managementRanges: string[]): SecurityGroup {
  return {
    name: `cluster-${plan.clusterId}`,
    comment: `nodes of cluster ${plan.clusterName}`,
    rules: [
      ...managementRules(managementRanges),
      ...internalRules(plan),
      ...bgpRules(plan),
      ...trafficRules(plan),
      accept({ proto: "icmp", comment: "ping" }),
      // Neighbour discovery is ICMPv6: without it there is no IPv6 at all.
      accept({ proto: "ipv6-icmp", comment: "neighbour discovery, ping" }),
    ],
  };
}

function managementRules(managementRanges: string[]): FirewallRule[] {
  const rule = { proto: "tcp", dport: managementPorts.join(","), comment: "Talos API, Kubernetes API" };
  if (managementRanges.length === 0) return [accept(rule)];
  return byFamily(managementRanges, (source) => accept({ ...rule, source }));
}

/** Nodes trust each other: etcd, kubelet, tunnels and what add-ons run on the host's network. */
function internalRules(plan: AddressPlan): FirewallRule[] {
  const nodes = [...plan.nodeSubnets.map(({ cidr }) => cidr), ...plan.loopbackRanges];
  const dport = [...managementPorts, ...podPorts].join(",");
  return [
    ...byFamily(nodes, (source) => accept({ source, comment: "nodes among themselves" })),
    ...byFamily(plan.podSubnets, (source) =>
      accept({ proto: "tcp", dport, source, comment: "APIs and metrics of the nodes, for pods" }),
    ),
  ];
}

/** Sessions run between link-local addresses. */
function bgpRules({ bgp }: AddressPlan): FirewallRule[] {
  if (!bgp) return [];
  const rules = [accept({ proto: "tcp", dport: "179", source: "fe80::/10", comment: "BGP" })];
  if (bgp.bfd) rules.push(accept({ proto: "udp", dport: bfdPorts, source: "fe80::/10", comment: "BFD" }));
  return rules;
}

/** Pods are routed natively, and what load balancers serve is the business of Kubernetes' network policies. */
function trafficRules(plan: AddressPlan): FirewallRule[] {
  const pods = plan.podSubnets.flatMap((dest) => {
    const sources = clusterRanges(plan).filter((cidr) => familyOf(cidr) === familyOf(dest));
    return [accept({ source: sources.join(","), dest, comment: "pods" })];
  });
  return [...pods, ...byFamily(plan.loadBalancerRanges, (dest) => accept({ dest, comment: "load balancers" }))];
}

/** Where traffic inside the cluster comes from. */
function clusterRanges(plan: AddressPlan): string[] {
  return [...plan.nodeSubnets.map(({ cidr }) => cidr), ...plan.loopbackRanges, ...plan.podSubnets];
}

function byFamily<T>(cidrs: string[], rule: (list: string) => T): T[] {
  const families: Family[] = ["ipv6", "ipv4"];
  return families
    .map((family) => cidrs.filter((cidr) => familyOf(cidr) === family))
    .filter((list) => list.length > 0)
    .map((list) => rule(list.join(",")));
}

function accept(rule: Omit<FirewallRule, "type" | "action">): FirewallRule {
  return { type: "in", action: "ACCEPT", ...rule };
}
