/**
 * The part of VyOS' configuration that the lab's routers know. Source: vyos/vyos-1x, `interface-definitions/`, branches
 * sagitta (1.4) and current (1.5).
 */

/** One word of a configuration path. */
export interface ConfigNode {
  /** `tag` takes a name next, `leaf` one value, `multi` several, `flag` none; a `node` only groups. */
  kind: "node" | "tag" | "leaf" | "multi" | "flag";
  children?: Record<string, ConfigNode>;
}

/** A version that the lab's routers may have. */
export type VyosVersion = "1.4" | "1.5";

const leaf: ConfigNode = { kind: "leaf" };
const multi: ConfigNode = { kind: "multi" };
const flag: ConfigNode = { kind: "flag" };
const node = (children: Record<string, ConfigNode>): ConfigNode => ({ kind: "node", children });
const tag = (children: Record<string, ConfigNode>): ConfigNode => ({ kind: "tag", children });

const prefixList = tag({
  description: leaf,
  rule: tag({ action: leaf, description: leaf, ge: leaf, le: leaf, prefix: leaf }),
});
const groupFamily = node({
  "default-originate": node({ "route-map": leaf }),
  "prefix-list": node({ export: leaf, import: leaf }),
});
const groupFamilies = node({ "ipv4-unicast": groupFamily, "ipv6-unicast": groupFamily });
const globalFamily = node({ "maximum-paths": node({ ebgp: leaf, ibgp: leaf }), network: tag({}) });
const timers = node({ holdtime: leaf, keepalive: leaf });
const peer: Record<string, ConfigNode> = {
  "address-family": groupFamilies,
  bfd: node({ profile: leaf }),
  capability: node({ dynamic: flag, "extended-nexthop": flag }),
  description: leaf,
  "remote-as": leaf,
  timers,
  "ttl-security": node({ hops: leaf }),
};

function dhcpSubnet(version: VyosVersion): ConfigNode {
  const range = tag({ start: leaf, stop: leaf });
  return version === "1.4"
    ? tag({
        "default-router": leaf,
        lease: leaf,
        range,
        "static-mapping": tag({ "ip-address": leaf, "mac-address": leaf }),
      })
    : tag({
        lease: leaf,
        option: node({ "default-router": leaf }),
        range,
        "static-mapping": tag({ duid: leaf, "ip-address": leaf, mac: leaf }),
        "subnet-id": leaf,
      });
}

/** The root of the configuration in a version. */
export function schemaOf(version: VyosVersion): ConfigNode {
  return node({
    interfaces: node({
      ethernet: tag({
        address: multi,
        description: leaf,
        mtu: leaf,
        vif: tag({ address: multi, description: leaf, mtu: leaf }),
      }),
    }),
    policy: node({ "prefix-list": prefixList, "prefix-list6": prefixList }),
    protocols: node({
      bgp: node({
        "address-family": node({ "ipv4-unicast": globalFamily, "ipv6-unicast": globalFamily }),
        listen: node({ limit: leaf, range: tag({ "peer-group": leaf }) }),
        neighbor: tag({ ...peer, interface: node({ "source-interface": leaf }), "peer-group": leaf }),
        parameters: node({ bestpath: node({ "as-path": node({ "multipath-relax": flag }) }), "router-id": leaf }),
        "peer-group": tag(peer),
        "system-as": leaf,
      }),
    }),
    service: node({
      "dhcp-server": node({ "shared-network-name": tag({ authoritative: flag, subnet: dhcpSubnet(version) }) }),
      ssh: node({ port: leaf }),
    }),
    system: node({ "host-name": leaf }),
  });
}
