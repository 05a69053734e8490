/**
 * Configuration for routers that this program does not manage: they accept from a cluster its own ranges and nothing
 * else, and spread traffic over all peers that announce an address. Texts to read and to paste.
 */
import type { AddressPlan, NodePlan } from "../facts.ts";
import { linkLocalAddress } from "./bgp.ts";
import { frrText } from "./router-frr.ts";
import { acceptedRanges, type Router } from "./router-model.ts";
import { vyosCommands } from "./router-vyos.ts";

/** Texts for two kinds of routers; both say so when there is nothing to configure. */
export interface RouterConfiguration {
  /** Commands for VyOS 1.4 or later, in configuration mode. */
  vyos: string;
  /** FRR configuration; in mode `sdn` it is for `/etc/frr/frr.conf.local` on the Proxmox hosts. */
  frr: string;
}

/**
 * Texts for the routers round a cluster. In mode `vlan` a router on the VLAN peers with the nodes. In mode `sdn` the
 * hosts do (FRR), and a router beyond peers with the hosts (VyOS).
 *
 * @param hostAddresses addresses of the Proxmox hosts
 */
export function routerConfiguration(
  plan: AddressPlan,
  nodes: NodePlan[],
  zone: string | undefined,
  hostAddresses: string[],
): RouterConfiguration {
  if (!plan.bgp) {
    const text = `cluster ${plan.clusterName}: its nodes do not speak BGP, so there is nothing to configure`;
    return { vyos: `# ${text}\n`, frr: `! ${text}\n` };
  }
  const onLink = linkRouter(plan, plan.bgp, nodes, zone);
  const vyos = plan.mode === "sdn" ? upstreamRouter(plan, plan.bgp, hostAddresses) : onLink;
  return { vyos: vyosCommands(vyos), frr: frrText(onLink) };
}

function linkRouter(plan: AddressPlan, bgp: Router["bgp"], nodes: NodePlan[], zone: string | undefined): Router {
  const neighbours = nodes.flatMap(({ name, asn, macAddress }) => {
    const address = linkLocalAddress({ macAddress });
    return address && asn !== undefined ? [{ name, address, asn }] : [];
  });
  const unknown = nodes.filter(({ name }) => !neighbours.some((neighbour) => neighbour.name === name));
  const vlan = plan.vlanId === undefined ? "eth0" : `eth0.${plan.vlanId}`;
  const link = plan.sdn ? { interface: plan.sdn.vnet, ...(zone ? { vrf: `vrf_${zone}` } : {}) } : { interface: vlan };
  return {
    group: `CLUSTER-${plan.clusterId}`,
    firstRule: 0,
    bgp,
    asn: bgp.peerAsn,
    neighbours,
    accepted: acceptedRanges(plan),
    link,
    notes: [
      `cluster ${plan.clusterName} (id ${plan.clusterId}): nodes as neighbours`,
      `interface ${link.interface} has to carry the link-local address ${bgp.peer}/64, which the nodes peer with`,
      ...unknown.map(({ name }) => `to be added by hand, because its MAC address is not known: ${name}`),
    ],
  };
}

/** All clusters come through the same hosts, so they share a peer group and its lists; the id keeps their rules apart. */
function upstreamRouter(plan: AddressPlan, bgp: Router["bgp"], hostAddresses: string[]): Router {
  return {
    group: "CLUSTERS",
    firstRule: plan.clusterId * 100,
    bgp,
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
