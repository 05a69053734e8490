/**
 * What a VyOS router has to have for a cluster. Shape of the commands and what may stand together: vyos/vyos-1x, branches
 * sagitta (1.4) and current (1.5): `interface-definitions/`, `src/conf_mode/protocols_bgp.py`, `policy.py`,
 * `service_dhcp-server.py`. Values stand in quotation marks, as `show configuration commands` prints them.
 */
import type { RouterConfig } from "../../config/index.ts";
import { acceptedByFamily, maximumPaths, type Router, type RouterVlan } from "./router-model.ts";

/** How VyOS is to be told; lists of paths and values without the word `set`. */
export interface VyosPlan {
  notes: string[];
  /**
   * Where the cluster's own configuration is, and nobody else's. A word may have `*` and `?` in it; behind a word `*` stands
   * what the members have that are meant.
   */
  own: string[];
  /** What has to be so, for other clusters as well; another value on the router is refused. */
  need: string[];
  /** What is set where the router says nothing. */
  prefer: string[];
  /** The cluster's own configuration. */
  set: string[];
}

/** The plan for a router of a VyOS version. */
export function planVyos(router: Router, version: RouterConfig["version"]): VyosPlan {
  const { vlan, bgp, shared, notes } = router;
  const plan: VyosPlan = { notes: [...notes], own: [], need: [], prefer: [], set: [] };
  if (vlan) addVlan(plan, router, vlan, version);
  if (!bgp) return plan;
  addPrefixLists(plan, router);
  if (router.asn === undefined) plan.notes.push("the router's own ASN: set protocols bgp system-as ...");
  else plan.need.push(`protocols bgp system-as '${router.asn}'`);
  plan.prefer.push("protocols bgp parameters bestpath as-path multipath-relax");
  for (const { family } of acceptedByFamily(router)) {
    plan.prefer.push(`protocols bgp address-family ${family}-unicast maximum-paths ebgp '${maximumPaths}'`);
  }
  const group = groupLines(router);
  const neighbours = router.neighbours.map((neighbour) => neighbourLines(router, neighbour));
  if (shared) {
    // What clusters share belongs to none of them, and stays when one of them goes.
    plan.need.push(...group, ...neighbours.flatMap(({ identity }) => identity));
    plan.prefer.push(...neighbours.flatMap(({ manners }) => manners));
  } else {
    plan.set.push(...group, ...neighbours.flatMap(({ identity, manners }) => [...identity, ...manners]));
    plan.own.push(`protocols bgp peer-group ${router.group}`);
    plan.own.push(`protocols bgp neighbor * peer-group '${router.group}'`);
  }
  return plan;
}

/** The plan as commands to read and to paste. */
export function vyosCommands({ notes, need, prefer, set }: VyosPlan): string {
  const commands = [...prefer, ...need, ...set].map((line) => `set ${line}`);
  return [...notes.map((note) => `# ${note}`), ...commands, ""].join("\n");
}

function addVlan(plan: VyosPlan, router: Router, vlan: RouterVlan, version: RouterConfig["version"]): void {
  const vif = `interfaces ethernet ${vlan.parent} vif ${vlan.vlanId}`;
  const addresses = vlan.subnets.map(({ cidr, gateway }) => `${gateway}/${cidr.split("/")[1]}`);
  plan.own.push(vif);
  plan.set.push(
    `${vif} description 'cluster-${router.clusterName}'`,
    `${vif} mtu '${vlan.mtu}'`,
    // Nodes peer with the link-local address, which is the same on every link.
    ...[...addresses, ...(router.bgp ? [`${router.bgp.peer}/64`] : [])].map((address) => `${vif} address '${address}'`),
  );
  const subnet = vlan.subnets.find(({ family }) => family === "ipv4");
  if (!subnet || vlan.reservations.length === 0) return;
  const network = `service dhcp-server shared-network-name CLUSTER-${router.clusterId}`;
  const words =
    version === "1.4"
      ? { gateway: "default-router", mac: "mac-address" }
      : { gateway: "option default-router", mac: "mac" };
  plan.own.push(network);
  plan.set.push(
    `${network} subnet ${subnet.cidr} ${words.gateway} '${subnet.gateway}'`,
    ...(version === "1.4" ? [] : [`${network} subnet ${subnet.cidr} subnet-id '${router.clusterId}'`]),
    ...vlan.reservations.flatMap(({ name, macAddress, address }) => {
      const mapping = `${network} subnet ${subnet.cidr} static-mapping ${name}`;
      return [`${mapping} ip-address '${address}'`, `${mapping} ${words.mac} '${macAddress}'`];
    }),
  );
}

function addPrefixLists(plan: VyosPlan, router: Router): void {
  for (const { family, list, ranges } of acceptedByFamily(router)) {
    const policy = `policy prefix-list${family === "ipv6" ? "6" : ""} ${list}`;
    if (router.shared) {
      // A list has to be there before a group may name it, and goes on being there without any cluster.
      const last = `${policy} rule 65535`;
      const any = family === "ipv6" ? "::/0" : "0.0.0.0/0";
      plan.need.push(
        `${last} action 'deny'`,
        `${last} le '${family === "ipv6" ? 128 : 32}'`,
        `${last} prefix '${any}'`,
      );
      plan.own.push(`${policy} rule ${router.clusterId}??`);
    } else {
      plan.own.push(policy);
    }
    for (const [index, { cidr, prefixLength, longest, what }] of ranges.entries()) {
      const rule = `${policy} rule ${router.firstRule + 10 * (index + 1)}`;
      plan.set.push(
        `${rule} action 'permit'`,
        `${rule} description '${what.replaceAll(" ", "-")}'`,
        ...(longest > prefixLength ? [`${rule} le '${longest}'`] : []),
        `${rule} prefix '${cidr}'`,
      );
    }
  }
}

function groupLines(router: Router): string[] {
  const { bgp, link } = router;
  const group = `protocols bgp peer-group ${router.group}`;
  return [
    // Nodes reach each other's IPv4 over IPv6 next hops, because the session itself is IPv6.
    ...(link ? [`${group} capability extended-nexthop`, `${group} ttl-security hops '1'`] : []),
    ...(bgp?.bfd ? [`${group} bfd`] : []),
    ...acceptedByFamily(router).flatMap(({ family, list }) => [
      `${group} address-family ${family}-unicast prefix-list import '${list}'`,
      ...(link ? [`${group} address-family ${family}-unicast default-originate`] : []),
    ]),
  ];
}

/** The ASN stands with the neighbour: VyOS refuses one here when the peer group has one too. */
function neighbourLines({ group, link, bgp }: Router, { name, address, asn }: Router["neighbours"][number]) {
  const neighbour = `protocols bgp neighbor ${address}`;
  return {
    identity: [
      ...(link ? [`${neighbour} interface source-interface '${link.interface}'`] : []),
      `${neighbour} peer-group '${group}'`,
      `${neighbour} remote-as '${asn}'`,
    ],
    manners: [
      `${neighbour} description '${name}'`,
      ...(bgp ? [`${neighbour} timers holdtime '${bgp.holdSeconds}'`] : []),
      ...(bgp ? [`${neighbour} timers keepalive '${bgp.keepaliveSeconds}'`] : []),
    ],
  };
}
