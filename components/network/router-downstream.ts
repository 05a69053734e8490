/**
 * The router of downstream clusters. Cilium on every node peers with it; nodes come and go, so that the router listens to
 * their whole network, and takes from it the load-balancer addresses of clusters that the stack file lists and nothing else.
 *
 * Facts: github.com/vyos/vyos-1x, branches sagitta (1.4) and current (1.5):
 * interface-definitions/include/bgp/protocol-common-config.xml.i (`listen range`, `listen limit`, which nothing says by
 * default), protocols_bgp.xml.in (`remote-as external`), smoketest/scripts/cli/test_protocols_bgp.py,
 * data/templates/frr/bgpd.frr.j2; github.com/FRRouting/frr: doc/user/bgp.rst (a hundred dynamic neighbours where no limit is said).
 */
import type { DownstreamConfig, RouterConfig } from "../../config/index.ts";
import type { AddressPlan } from "../facts.ts";
import { maximumPaths } from "./router-model.ts";
import type { VyosPlan } from "./router-vyos.ts";

/** Nodes that the router listens to: as many as all clusters may have together, with room for others. */
const listenLimit = 500;

/** What the configuration of the router follows from. */
interface DownstreamRouterFacts {
  /** Id of the management cluster: several of them may have their clusters behind one router. */
  managementId: number;
  network: DownstreamConfig["network"];
  plans: Readonly<Record<string, AddressPlan>>;
  /** The router that the stack file names. @default one with the usual settings */
  router?: Pick<RouterConfig, "interface">;
}

/** What a VyOS router, 1.4 or later, has to have for the downstream clusters. */
export function downstreamVyosPlan({ managementId, network, plans, router }: DownstreamRouterFacts): VyosPlan {
  const group = `DOWNSTREAM-${managementId}`;
  const list = `${group}-V4`;
  const parent = router?.interface ?? "eth0";
  const vif = `interfaces ethernet ${parent} vif ${network.vlanId}`;
  const policy = `policy prefix-list ${list}`;
  const peers = `protocols bgp peer-group ${group}`;
  const names = Object.keys(plans).sort();
  return {
    notes: ["downstream clusters", ...(router ? [] : [`${parent} stands for the interface towards the hosts`])],
    own: [vif, policy, peers, `protocols bgp listen range * peer-group '${group}'`],
    need: [`protocols bgp system-as '${network.routerAsn}'`],
    prefer: [
      "protocols bgp parameters bestpath as-path multipath-relax",
      `protocols bgp address-family ipv4-unicast maximum-paths ebgp '${maximumPaths}'`,
      `protocols bgp listen limit '${listenLimit}'`,
    ],
    set: [
      `${vif} address '${network.gateway}/${network.nodeSubnet.split("/")[1]}'`,
      `${vif} description 'downstream-${managementId}'`,
      `${vif} mtu '${network.mtu}'`,
      // Rules are numbered by the clusters' ids, so that one that is added moves no other.
      ...names.flatMap((name) => {
        const { clusterId, loadBalancerRanges } = plans[name] as AddressPlan;
        return loadBalancerRanges.flatMap((cidr) => {
          const rule = `${policy} rule ${clusterId * 10}`;
          return [
            `${rule} action 'permit'`,
            `${rule} description '${name}'`,
            `${rule} le '32'`,
            `${rule} prefix '${cidr}'`,
          ];
        });
      }),
      `${peers} address-family ipv4-unicast prefix-list import '${list}'`,
      `${peers} remote-as 'external'`,
      `protocols bgp listen range ${network.nodeSubnet} peer-group '${group}'`,
    ],
  };
}
