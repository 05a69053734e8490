/** BIRD's configuration for a node. Source of its file path: `network/bird2` of siderolabs/extensions at v1.12.0. */
import type { SpeakerFacts } from "./speaker-facts.ts";
import type { ConfigDocument } from "./types.ts";

/** The extension service `bird2` with its one file. */
export function birdDocument(facts: SpeakerFacts): ConfigDocument {
  return {
    apiVersion: "v1alpha1",
    kind: "ExtensionServiceConfig",
    name: "bird2",
    configFiles: [{ mountPath: "/usr/local/etc/bird.conf", content: birdConfiguration(facts) }],
  };
}

/**
 * One session over the node's link to the host, unnumbered: both families by IPv6 next hops. The default route comes
 * in and goes to the kernel; loopbacks and what Cilium announces go out with the node as next hop. Both ends ask for
 * packets that no router has forwarded, and a session only comes up when both do.
 */
export function birdConfiguration(facts: SpeakerFacts): string {
  const { bgp } = facts;
  const families = [
    { name: "ipv4", full: 32, any: "0.0.0.0/0", matches: (range: string) => !range.includes(":") },
    { name: "ipv6", full: 128, any: "::/0", matches: (range: string) => range.includes(":") },
  ].map((family) => ({
    ...family,
    own: facts.loopbacks.filter(family.matches).map((address) => `${address}/${family.full}`),
    cilium: facts.announcedRanges.filter(family.matches).map((range) => `${range}+`),
  }));
  const kernel = families.map(
    ({ name }) => `protocol kernel kernel_${name} {
  learn off;
  merge paths on;
  ${name} {
    import none;
    export where proto = "host";
  };
}`,
  );
  const host = families.map(
    ({ name, any, own, cilium }) => `  ${name} {
    ${name === "ipv4" ? "extended next hop on;\n    " : ""}import where net = ${any};
    export where ${among([...own, ...cilium])};
    next hop self;
  };`,
  );
  const local = families.map(
    ({ name, cilium }) => `  ${name} {
    ${name === "ipv4" ? "extended next hop on;\n    " : ""}import where ${among(cilium)};
    export none;
  };`,
  );
  return `log stderr all;
router id ${facts.routerId};

protocol device {
  scan time 10;
}

protocol direct loopbacks {
  interface "lo";
  ipv4;
  ipv6;
}

${kernel.join("\n\n")}
${bgp.bfd ? "\nprotocol bfd {\n}\n" : ""}
protocol bgp host {
  local as ${facts.asn};
  neighbor ${bgp.peer} as ${bgp.peerAsn};
  interface "${facts.interface}";
  keepalive time ${bgp.keepaliveSeconds};
  hold time ${bgp.holdSeconds};
  ttl security on;
  graceful restart on;
${bgp.bfd ? "  bfd on;\n" : ""}${host.join("\n")}
}

protocol bgp cilium {
  local as ${facts.asn};
  neighbor ${facts.ciliumAddress} as ${bgp.ciliumAsn};
  passive on;
  multihop 2;
${local.join("\n")}
}
`;
}

function among(prefixes: string[]): string {
  return prefixes.length > 0 ? `net ~ [ ${prefixes.join(", ")} ]` : "false";
}
