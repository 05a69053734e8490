/** FRR's configuration for a node. Source of its file paths: sulibot/frr-talos-extension. */
import type { SpeakerFacts } from "./speaker-facts.ts";
import type { ConfigDocument } from "./types.ts";

/** Peer group of the one neighbour that connects from the node itself. */
const cilium = "CILIUM-PEERS";

/** The extension service `frr`: daemons, vtysh and the routing configuration itself. */
export function frrDocument(facts: SpeakerFacts): ConfigDocument {
  return {
    apiVersion: "v1alpha1",
    kind: "ExtensionServiceConfig",
    name: "frr",
    configFiles: [
      { mountPath: "/etc/frr/daemons", content: daemons },
      { mountPath: "/etc/frr/vtysh.conf", content: "service integrated-vtysh-config\n" },
      { mountPath: "/etc/frr/frr.conf", content: frrConfiguration(facts) },
    ],
  };
}

/**
 * One session over the node's link to the host, unnumbered: both families by IPv6 next hops. The default route comes
 * in, loopbacks and what Cilium announces go out. Both ends ask for packets that no router has forwarded, and a session
 * only comes up when both do. Cilium connects from the node itself: FRR takes no address of its own for a neighbour, but
 * does let one connect out of a range that it listens to. Cilium's routes carry that address as next hop, which FRR
 * would otherwise refuse.
 */
export function frrConfiguration(facts: SpeakerFacts): string {
  const { bgp, ciliumAddress } = facts;
  const families = [
    { name: "ipv4", keyword: "ip", full: 32, any: "0.0.0.0/0", matches: (range: string) => !range.includes(":") },
    { name: "ipv6", keyword: "ipv6", full: 128, any: "::/0", matches: (range: string) => range.includes(":") },
  ];
  const lists = families.flatMap(({ keyword, full, any, matches }) => [
    `${keyword} prefix-list DEFAULT seq 5 permit ${any}`,
    ...facts.loopbacks.filter(matches).map((address) => `${keyword} prefix-list OWN seq 5 permit ${address}/${full}`),
    ...facts.announcedRanges
      .filter(matches)
      .map((range, index) => `${keyword} prefix-list CILIUM seq ${5 * (index + 1)} permit ${range} le ${full}`),
  ]);
  const peers = [
    ` neighbor ${bgp.peer} remote-as ${bgp.peerAsn}`,
    ` neighbor ${bgp.peer} interface ${facts.interface}`,
    ` neighbor ${bgp.peer} description host`,
    ` neighbor ${bgp.peer} timers ${bgp.keepaliveSeconds} ${bgp.holdSeconds}`,
    ` neighbor ${bgp.peer} capability extended-nexthop`,
    ` neighbor ${bgp.peer} ttl-security hops 1`,
    ...(bgp.bfd ? [` neighbor ${bgp.peer} bfd`] : []),
    ` neighbor ${cilium} peer-group`,
    ` neighbor ${cilium} remote-as ${bgp.ciliumAsn}`,
    ` neighbor ${cilium} description cilium`,
    ` neighbor ${cilium} passive`,
    ` neighbor ${cilium} ebgp-multihop 2`,
    ` neighbor ${cilium} capability extended-nexthop`,
    ` bgp listen range ${ciliumAddress}/${ciliumAddress.includes(":") ? 128 : 32} peer-group ${cilium}`,
  ];
  const addressFamilies = families.flatMap(({ name, full, matches }) => [
    ` address-family ${name} unicast`,
    ...facts.loopbacks.filter(matches).map((address) => `  network ${address}/${full}`),
    `  neighbor ${bgp.peer} activate`,
    `  neighbor ${bgp.peer} route-map FROM-HOST in`,
    `  neighbor ${bgp.peer} route-map TO-HOST out`,
    `  neighbor ${cilium} activate`,
    `  neighbor ${cilium} route-map FROM-CILIUM in`,
    `  neighbor ${cilium} route-map NOTHING out`,
    " exit-address-family",
  ]);
  const lines = [
    "frr defaults datacenter",
    `hostname ${facts.nodeName}`,
    "log stdout informational",
    "service integrated-vtysh-config",
    ...lists,
    ...routeMap("FROM-HOST", ["DEFAULT"]),
    ...routeMap("TO-HOST", ["OWN", "CILIUM"]),
    ...routeMap("FROM-CILIUM", ["CILIUM"]),
    "route-map NOTHING deny 10",
    `router bgp ${facts.asn}`,
    ` bgp router-id ${facts.routerId}`,
    " bgp allow-martian-nexthop",
    " bgp graceful-restart",
    " no bgp default ipv4-unicast",
    ...peers,
    ...addressFamilies,
    "",
  ];
  return lines.join("\n");
}

function routeMap(name: string, prefixLists: string[]): string[] {
  return prefixLists.flatMap((list, index) =>
    ["ip", "ipv6"].flatMap((keyword, family) => [
      `route-map ${name} permit ${10 * (2 * index + family + 1)}`,
      ` match ${keyword} address prefix-list ${list}`,
    ]),
  );
}

const daemons = `${["bgpd=yes", "zebra=yes", "staticd=yes", "bfdd=yes", "vtysh_enable=yes", 'zebra_options="-A 127.0.0.1"', 'bgpd_options="-A 127.0.0.1"', 'staticd_options="-A 127.0.0.1"', 'bfdd_options="-A 127.0.0.1"'].join("\n")}\n`;
