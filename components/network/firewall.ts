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

interface Service {
  comment: string;
  proto: "tcp" | "udp";
  dport: string;
}

/** Reached by people and programs from outside, as well as by the nodes and pods of the cluster. */
const management: Service = { comment: "Talos API, Kubernetes API", proto: "tcp", dport: "50000,6443" };

/** Reached from nodes and pods of the same cluster only. */
const internal: Service[] = [
  { comment: "Talos trustd", proto: "tcp", dport: "50001" },
  { comment: "etcd and its metrics", proto: "tcp", dport: "2379:2381" },
  { comment: "kubelet, controller manager, scheduler", proto: "tcp", dport: "10250,10257,10259" },
  { comment: "Cilium health, Hubble, agent, operator and Envoy metrics", proto: "tcp", dport: "4240,4244,9962:9965" },
  { comment: "Cilium VXLAN and Geneve", proto: "udp", dport: "8472,6081" },
];

/** BGP's port, and the ones of bidirectional forwarding detection for one hop. */
const bgpPorts: Service = { comment: "BGP", proto: "tcp", dport: "179" };
const bfdPorts: Service = { comment: "BFD", proto: "udp", dport: "3784:3785" };

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
      ...managementRules(plan, managementRanges),
      ...internalRules(plan),
      ...bgpRules(plan),
      ...trafficRules(plan),
      accept({ proto: "icmp", comment: "ping" }),
      // Neighbour discovery is ICMPv6: without it there is no IPv6 at all.
      accept({ proto: "ipv6-icmp", comment: "neighbour discovery, ping" }),
    ],
  };
}

function managementRules(plan: AddressPlan, managementRanges: string[]): FirewallRule[] {
  if (managementRanges.length === 0) return [accept(management)];
  return [
    ...byFamily(managementRanges, (source) => accept({ ...management, source })),
    ...byFamily(clusterRanges(plan), (source) =>
      accept({ ...management, source, comment: `${management.comment} inside` }),
    ),
  ];
}

function internalRules(plan: AddressPlan): FirewallRule[] {
  return internal.flatMap((service) => byFamily(clusterRanges(plan), (source) => accept({ ...service, source })));
}

function bgpRules(plan: AddressPlan): FirewallRule[] {
  if (!plan.bgp) return [];
  const services = plan.bgp.bfd ? [bgpPorts, bfdPorts] : [bgpPorts];
  return services.map((service) => accept({ ...service, source: "fe80::/10" }));
}

/** Pods are routed natively, and what load balancers serve is the business of Kubernetes' network policies. */
function trafficRules(plan: AddressPlan): FirewallRule[] {
  const pods = plan.podSubnets.flatMap((dest) => {
    const sources = clusterRanges(plan).filter((cidr) => familyOf(cidr) === familyOf(dest));
    return [accept({ source: sources.join(","), dest, comment: "pods" })];
  });
  const served = [...plan.loadBalancerRanges, ...plan.globalSubnets];
  return [...pods, ...byFamily(served, (dest) => accept({ dest, comment: "load balancers" }))];
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
