/** FRR configuration text, as `vtysh` reads it. */
import { acceptedByFamily, maximumPaths, type Router } from "./router-model.ts";

/** Text that makes a router, or a Proxmox host, accept a cluster. */
export function frrText(router: Router): string {
  const lines = [
    ...router.notes.map((note) => `! ${note}`),
    ...prefixListLines(router),
    "!",
    `router bgp ${router.asn}${router.link?.vrf ? ` vrf ${router.link.vrf}` : ""}`,
    ...groupLines(router),
    ...router.neighbours.flatMap((neighbour) => neighbourLines(router, neighbour)),
    ...familyLines(router),
    "exit",
    "",
  ];
  return lines.join("\n");
}

function prefixListLines(router: Router): string[] {
  return acceptedByFamily(router).flatMap(({ family, list, ranges }) => {
    const command = `${family === "ipv6" ? "ipv6" : "ip"} prefix-list`;
    const any = family === "ipv6" ? "::/0" : "0.0.0.0/0";
    return [
      ...ranges.map(({ cidr, prefixLength, longest }, index) => {
        const inside = longest > prefixLength ? ` le ${longest}` : "";
        return `${command} ${list} seq ${router.firstRule + 10 * (index + 1)} permit ${cidr}${inside}`;
      }),
      `${command} ${list}-OUT seq 10 permit ${any}`,
    ];
  });
}

function groupLines({ group, bgp, link }: Router): string[] {
  return [
    " no bgp default ipv4-unicast",
    " bgp bestpath as-path multipath-relax",
    ` neighbor ${group} peer-group`,
    ` neighbor ${group} capability extended-nexthop`,
    ...(bgp ? [` neighbor ${group} timers ${bgp.keepaliveSeconds} ${bgp.holdSeconds}`] : []),
    // The nodes ask for the same; where only one end does, no session comes up.
    ...(link ? [` neighbor ${group} ttl-security hops 1`] : []),
    ...(bgp?.bfd ? [` neighbor ${group} bfd`] : []),
  ];
}

function neighbourLines({ group, link }: Router, { name, address, asn }: Router["neighbours"][number]): string[] {
  return [
    ` neighbor ${address} remote-as ${asn}`,
    ` neighbor ${address} peer-group ${group}`,
    ` neighbor ${address} description ${name}`,
    ...(link ? [` neighbor ${address} interface ${link.interface}`] : []),
  ];
}

/** The outgoing list is needed too: without a policy in each direction FRR exchanges nothing with other ASNs. */
function familyLines(router: Router): string[] {
  return acceptedByFamily(router).flatMap(({ family, list }) => [
    ` address-family ${family} unicast`,
    `  neighbor ${router.group} activate`,
    `  neighbor ${router.group} default-originate`,
    `  neighbor ${router.group} prefix-list ${list} in`,
    `  neighbor ${router.group} prefix-list ${list}-OUT out`,
    `  maximum-paths ${maximumPaths}`,
    " exit-address-family",
  ]);
}
