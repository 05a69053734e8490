/** VyOS commands. Their shape and what may stand together: `protocols_bgp.py` and `bgpd.frr.j2` of vyos/vyos-1x. */
import { acceptedByFamily, maximumPaths, type Router } from "./router-model.ts";

/** Commands that make a router accept a cluster. */
export function vyosCommands(router: Router): string {
  const commands = [
    ...prefixListCommands(router),
    ...groupCommands(router),
    ...router.neighbours.flatMap((neighbour) => neighbourCommands(router, neighbour)),
  ];
  const notes =
    router.asn === undefined
      ? [...router.notes, "the router's own ASN: set protocols bgp system-as ..."]
      : router.notes;
  return [...notes.map((note) => `# ${note}`), ...commands.map((command) => `set ${command}`), ""].join("\n");
}

function prefixListCommands(router: Router): string[] {
  return acceptedByFamily(router).flatMap(({ family, list, ranges }) => {
    const policy = `policy prefix-list${family === "ipv6" ? "6" : ""} ${list}`;
    return ranges.flatMap(({ cidr, prefixLength, longest, what }, index) => {
      const rule = `${policy} rule ${router.firstRule + 10 * (index + 1)}`;
      return [
        `${rule} action permit`,
        `${rule} description '${what}'`,
        `${rule} prefix ${cidr}`,
        ...(longest > prefixLength ? [`${rule} le ${longest}`] : []),
      ];
    });
  });
}

function groupCommands(router: Router): string[] {
  const { asn, bgp, link } = router;
  const root = rootOf(router);
  const group = `${root} peer-group ${router.group}`;
  return [
    ...(asn === undefined ? [] : [`${root} system-as ${asn}`]),
    `${root} parameters bestpath as-path multipath-relax`,
    // Nodes reach each other's IPv4 over IPv6 next hops, because the session itself is IPv6.
    ...(link ? [`${group} capability extended-nexthop`, `${group} ttl-security hops 1`] : []),
    ...(bgp.bfd ? [`${group} bfd`] : []),
    ...acceptedByFamily(router).flatMap(({ family, list }) => [
      `${root} address-family ${family}-unicast maximum-paths ebgp ${maximumPaths}`,
      `${group} address-family ${family}-unicast prefix-list import ${list}`,
      ...(link ? [`${group} address-family ${family}-unicast default-originate`] : []),
    ]),
  ];
}

/** The ASN stands with the neighbour: VyOS refuses one here when the peer group has one too. */
function neighbourCommands(router: Router, { name, address, asn }: Router["neighbours"][number]): string[] {
  const neighbour = `${rootOf(router)} neighbor ${address}`;
  return [
    `${neighbour} remote-as ${asn}`,
    `${neighbour} peer-group ${router.group}`,
    `${neighbour} description ${name}`,
    ...(router.link ? [`${neighbour} interface source-interface ${router.link.interface}`] : []),
    `${neighbour} timers keepalive ${router.bgp.keepaliveSeconds}`,
    `${neighbour} timers holdtime ${router.bgp.holdSeconds}`,
  ];
}

function rootOf({ link }: Router): string {
  return link?.vrf ? `vrf name ${link.vrf} protocols bgp` : "protocols bgp";
}
