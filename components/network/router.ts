/**
 * Configuration for the routers round a cluster: they accept from it its own ranges and nothing else, and spread traffic
 * over all peers that announce an address. Texts to read and to paste, and a plan that can be applied.
 */
import type { RouterConfig } from "../../config/index.ts";
import type { AddressPlan, NodePlan } from "../facts.ts";
import { linkLocalAddress } from "./bgp.ts";
import { frrText } from "./router-frr.ts";
import { acceptedRanges, type BgpPlan, type Router, type RouterVlan } from "./router-model.ts";
import { planVyos, type VyosPlan, vyosCommands } from "./router-vyos.ts";

/** Texts for two kinds of routers; both say so when there is nothing to configure. */
export interface RouterConfiguration {
  /** Commands for VyOS, in configuration mode; for 1.4 unless the cluster names a router of another version. */
  vyos: string;
  /** FRR configuration; in mode `sdn` it is for `/etc/frr/frr.conf.local` on the Proxmox hosts. */
  frr: string;
}

/** What the configuration of routers follows from. */
export interface RouterFacts {
  addresses: AddressPlan;
  nodes: NodePlan[];
  /** The SDN zone, where there is one. */
  zone?: string;
  /** Addresses of the Proxmox hosts. */
  hostAddresses: string[];
  /** The router that the cluster names. @default one with the usual settings */
  router?: Pick<RouterConfig, "version" | "interface" | "asn">;
}

/**
 * Texts for the routers round a cluster. In mode `vlan` a router on the VLAN peers with the nodes. In mode `sdn` the
 * hosts do (FRR), and a router beyond peers with the hosts (VyOS).
 */
export function routerConfiguration(facts: RouterFacts): RouterConfiguration {
  const { addresses, zone } = facts;
  const plan = vyosPlan(facts);
  const silent = `cluster ${addresses.clusterName}: its nodes do not speak BGP, so there is nothing to configure`;
  return {
    vyos: plan ? vyosCommands(plan) : `# ${silent}\n`,
    frr: addresses.bgp ? frrText(frrRouter(facts, linkOf(addresses, zone), addresses.bgp.peer)) : `! ${silent}\n`,
  };
}

/** What a VyOS router has to have for the cluster; undefined when there is nothing. */
export function vyosPlan(facts: RouterFacts): VyosPlan | undefined {
  const { addresses, router = { version: "1.4", interface: "eth0" } } = facts;
  if (addresses.mode === "vlan") {
    const vlanId = addresses.vlanId ?? addresses.clusterId;
    const onLink = linkRouter(facts, { interface: `${router.interface}.${vlanId}` });
    const vlan = vlanOf(addresses, facts.nodes, router.interface, vlanId);
    return planVyos({ ...onLink, asn: router.asn ?? onLink.asn, vlan }, router.version);
  }
  const { mode, bgp } = addresses;
  return mode === "sdn" && bgp ? planVyos(upstreamRouter(facts, bgp), router.version) : undefined;
}

function linkOf({ sdn, vlanId }: AddressPlan, zone: string | undefined): NonNullable<Router["link"]> {
  if (sdn) return { interface: sdn.vnet, ...(zone ? { vrf: `vrf_${zone}` } : {}) };
  return { interface: vlanId === undefined ? "eth0" : `eth0.${vlanId}` };
}

/** FRR leaves addresses of interfaces to others. */
function frrRouter(facts: RouterFacts, link: NonNullable<Router["link"]>, peer: string): Router {
  const router = linkRouter(facts, link);
  const carried = `interface ${link.interface} has to carry the link-local address ${peer}/64, which the nodes peer with`;
  return { ...router, notes: [...router.notes, carried] };
}

function linkRouter({ addresses: plan, nodes }: RouterFacts, link: NonNullable<Router["link"]>): Router {
  const { clusterId, clusterName, bgp } = plan;
  const neighbours = nodes.flatMap(({ name, asn, macAddress }) => {
    const address = linkLocalAddress({ macAddress });
    return address && asn !== undefined ? [{ name, address, asn }] : [];
  });
  const unknown = bgp ? nodes.filter(({ name }) => !neighbours.some((neighbour) => neighbour.name === name)) : [];
  return {
    clusterName,
    clusterId,
    group: `CLUSTER-${clusterId}`,
    shared: false,
    firstRule: 0,
    ...(bgp ? { bgp, asn: bgp.peerAsn } : {}),
    neighbours,
    accepted: acceptedRanges(plan),
    link,
    notes: [
      `cluster ${clusterName} (id ${clusterId})${bgp ? ": nodes as neighbours" : ""}`,
      ...unknown.map(({ name }) => `to be added by hand, because its MAC address is not known: ${name}`),
    ],
  };
}

function vlanOf(plan: AddressPlan, nodes: NodePlan[], parent: string, vlanId: number): RouterVlan {
  const reservations = nodes.flatMap(({ name, macAddress, addresses }) => {
    const address = addresses.find((candidate) => !candidate.includes(":"));
    return macAddress && address ? [{ name, macAddress, address }] : [];
  });
  return { parent, vlanId, mtu: plan.mtu, subnets: plan.nodeSubnets, reservations };
}

/** All clusters come through the same hosts, so they share a peer group and its lists; the id keeps their rules apart. */
function upstreamRouter({ addresses: plan, hostAddresses, router }: RouterFacts, bgp: BgpPlan): Router {
  return {
    clusterName: plan.clusterName,
    clusterId: plan.clusterId,
    group: "CLUSTERS",
    shared: true,
    firstRule: plan.clusterId * 100,
    bgp,
    ...(router?.asn === undefined ? {} : { asn: router.asn }),
    neighbours: hostAddresses.map((address) => ({ name: "proxmox-host", address, asn: bgp.peerAsn })),
    accepted: acceptedRanges(plan),
    notes: [
      `cluster ${plan.clusterName} (id ${plan.clusterId}): Proxmox hosts as neighbours`,
      ...(hostAddresses.length === 0
        ? ["the addresses of the hosts are not known; see proxmox.hosts in orrery:shared"]
        : []),
    ],
  };
}
