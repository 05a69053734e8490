/** FRR's configuration for a node. Source of its file paths: sulibot/frr-talos-extension. */
import type { SpeakerFacts } from "./bgp.ts";
import type { ConfigDocument } from "./types.ts";

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
 * in, loopbacks and what Cilium announces go out. Cilium connects from the node itself; its routes carry that address
 * as next hop, which FRR would otherwise refuse.
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
    ...(bgp.bfd ? [` neighbor ${bgp.peer} bfd`] : []),
    ` neighbor ${ciliumAddress} remote-as ${bgp.ciliumAsn}`,
    ` neighbor ${ciliumAddress} description cilium`,
    ` neighbor ${ciliumAddress} passive`,
    ` neighbor ${ciliumAddress} ebgp-multihop 2`,
    ` neighbor ${ciliumAddress} capability extended-nexthop`,
  ];
  const addressFamilies = families.flatMap(({ name, full, matches }) => [
    ` address-family ${name} unicast`,
    ...facts.loopbacks.filter(matches).map((address) => `  network ${address}/${full}`),
    `  neighbor ${bgp.peer} activate`,
    `  neighbor ${bgp.peer} route-map FROM-HOST in`,
    `  neighbor ${bgp.peer} route-map TO-HOST out`,
    `  neighbor ${ciliumAddress} activate`,
    `  neighbor ${ciliumAddress} route-map FROM-CILIUM in`,
    `  neighbor ${ciliumAddress} route-map NOTHING out`,
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
