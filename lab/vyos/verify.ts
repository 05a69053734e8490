/**
 * What VyOS checks when it commits, one part of the configuration after the other. Source: vyos/vyos-1x, branch sagitta,
 * `src/conf_mode/`: policy.py, interfaces_ethernet.py, protocols_bgp.py, service_dhcp-server.py, and the priorities in
 * `interface-definitions/`.
 */
import { contains, parseRange } from "../../components/network/ranges.ts";
import { type Tree, treeAt } from "./tree.ts";

/** A part that is committed as a whole or not at all. */
export interface CommitPart {
  path: string[];
  /** What is wrong with the part; undefined when it can be committed. */
  verify(candidate: Tree): string | undefined;
}

/** In the order in which they are committed; what belongs to none of them is always good. */
export const commitParts: CommitPart[] = [
  { path: ["policy"], verify: verifyPolicy },
  { path: ["interfaces", "ethernet"], verify: verifyEthernet },
  { path: ["protocols", "bgp"], verify: verifyBgp },
  { path: ["service", "dhcp-server"], verify: verifyDhcp },
  { path: ["service", "ssh"], verify: () => undefined },
  { path: ["system"], verify: () => undefined },
];

function verifyPolicy(candidate: Tree): string | undefined {
  for (const kind of ["prefix-list", "prefix-list6"]) {
    for (const [list, { rule: rules = {} }] of Object.entries(treeAt(candidate, "policy", kind) ?? {})) {
      for (const [number, rule] of Object.entries(rules)) {
        if (!rule.action) return `Action must be specified for "${kind} ${list} rule ${number}"!`;
        if (!rule.prefix) return `A prefix must be specified for "${kind} ${list} rule ${number}"!`;
      }
    }
  }
  return undefined;
}

function verifyEthernet(candidate: Tree): string | undefined {
  const interfaces = treeAt(candidate, "interfaces", "ethernet") ?? {};
  const seen = new Set<string>();
  for (const [name, ethernet] of Object.entries(interfaces)) {
    if (!/^eth[0-3]$/.test(name)) return `Interface "${name}" does not exist!`;
    for (const link of [ethernet, ...Object.values(ethernet.vif ?? {})]) {
      for (const address of Object.keys(link.address ?? {})) {
        if (seen.has(address) && !address.startsWith("fe80:")) return `Address "${address}" is assigned twice!`;
        seen.add(address);
      }
    }
  }
  return undefined;
}

function verifyBgp(candidate: Tree): string | undefined {
  const bgp = treeAt(candidate, "protocols", "bgp");
  if (!bgp) return undefined;
  if (!bgp["system-as"]) return "BGP system-as number must be defined!";
  const groups = bgp["peer-group"] ?? {};
  for (const [address, neighbour] of Object.entries(bgp.neighbor ?? {})) {
    const [group] = Object.keys(neighbour["peer-group"] ?? {});
    if (group && !groups[group]) return `Specified peer-group "${group}" for neighbor "${address}" does not exist!`;
    if (!neighbour["remote-as"] && !(group && groups[group]?.["remote-as"])) {
      return `Neighbor "${address}" remote-as must be set!`;
    }
  }
  for (const [range, listening] of Object.entries(bgp.listen?.range ?? {})) {
    const [group] = Object.keys(listening["peer-group"] ?? {});
    if (!group) return `Listen range for prefix "${range}" has no peer group configured.`;
    if (!groups[group]) return `Peer-group "${group}" for listen range "${range}" does not exist!`;
    if (!groups[group]["remote-as"]) return `Peer-group "${group}" requires remote-as to be set!`;
  }
  for (const peer of [...Object.values(groups), ...Object.values(bgp.neighbor ?? {})]) {
    for (const [family, kind] of [
      ["ipv4-unicast", "prefix-list"],
      ["ipv6-unicast", "prefix-list6"],
    ] as const) {
      const lists = treeAt(peer, "address-family", family, "prefix-list") ?? {};
      for (const list of Object.values(lists).flatMap((names) => Object.keys(names))) {
        if (!treeAt(candidate, "policy", kind, list)) return `${kind} ${list} does not exist!`;
      }
    }
  }
  return undefined;
}

function verifyDhcp(candidate: Tree): string | undefined {
  const server = treeAt(candidate, "service", "dhcp-server");
  if (!server) return undefined;
  const networks = Object.entries(server["shared-network-name"] ?? {});
  if (networks.length === 0) return "No DHCP shared networks configured.";
  const connected = Object.values(treeAt(candidate, "interfaces", "ethernet") ?? {})
    .flatMap((ethernet) => [ethernet, ...Object.values(ethernet.vif ?? {})])
    .flatMap((link) => Object.keys(link.address ?? {}));
  for (const [name, network] of networks) {
    for (const [cidr, subnet] of Object.entries(network.subnet ?? {})) {
      const range = parseRange(cidr);
      const inside = (address: string) => contains(range, parseRange(address.replace(/\/.*$/, "")));
      if (!connected.some(inside)) return `None of the configured subnets of "${name}" is connected to an interface!`;
      if (!subnet.range && !subnet["static-mapping"]) {
        return `No DHCP address range or active static-mapping configured within shared-network "${name}, ${cidr}"!`;
      }
      for (const [mapping, said] of Object.entries(subnet["static-mapping"] ?? {})) {
        const [address = ""] = Object.keys(said["ip-address"] ?? {});
        if (!inside(address))
          return `Configured static lease address for mapping "${mapping}" is not within "${cidr}"!`;
        if (!said["mac-address"] && !said.mac) return `MAC address required for static mapping "${mapping}"!`;
      }
    }
  }
  return undefined;
}
