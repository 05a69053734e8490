/**
 * The router of downstream clusters. Cilium on every node peers with it; nodes come and go, so that the router listens to
 * their whole network, and takes from it the load-balancer addresses of clusters that the stack file lists and nothing else.
 *
 * Facts: github.com/vyos/vyos-1x: interface-definitions/protocols_bgp.xml.in (`listen range`, `remote-as external`),
 * smoketest/scripts/cli/test_protocols_bgp.py, data/templates/frr/bgpd.frr.j2.
 */
import type { DownstreamConfig } from "../../config/index.ts";
import type { AddressPlan } from "../facts.ts";
import { maximumPaths } from "./router-model.ts";

const group = "DOWNSTREAM";
const list = `${group}-V4`;

/** Commands for VyOS 1.4 or later, in configuration mode. */
export function downstreamRouterCommands(
  { network }: DownstreamConfig,
  plans: Readonly<Record<string, AddressPlan>>,
): string {
  const prefixLength = network.nodeSubnet.split("/")[1];
  const vlan = `interfaces ethernet eth0 vif ${network.vlanId}`;
  const names = Object.keys(plans).sort();
  const commands = [
    `${vlan} address ${network.gateway}/${prefixLength}`,
    `${vlan} mtu ${network.mtu}`,
    // Rules are numbered by the clusters' ids, so that one that is added moves no other.
    ...names.flatMap((name) => {
      const { clusterId, loadBalancerRanges } = plans[name] as AddressPlan;
      return loadBalancerRanges.flatMap((cidr) => {
        const rule = `policy prefix-list ${list} rule ${clusterId * 10}`;
        return [`${rule} action permit`, `${rule} description '${name}'`, `${rule} prefix ${cidr}`, `${rule} le 32`];
      });
    }),
    `protocols bgp system-as ${network.routerAsn}`,
    "protocols bgp parameters bestpath as-path multipath-relax",
    `protocols bgp address-family ipv4-unicast maximum-paths ebgp ${maximumPaths}`,
    `protocols bgp peer-group ${group} remote-as external`,
    `protocols bgp peer-group ${group} address-family ipv4-unicast prefix-list import ${list}`,
    `protocols bgp listen range ${network.nodeSubnet} peer-group ${group}`,
  ];
  return [
    "# downstream clusters: eth0 stands for the interface towards the hosts",
    ...commands.map((command) => `set ${command}`),
    "",
  ].join("\n");
}
