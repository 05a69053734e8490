/** BGP parameters of a cluster. Nodes peer with the hosts, or with a router on their link, by link-local addresses. */
import type { ClusterConfig, Release } from "../../config/index.ts";
import type { Problem } from "../../config/problems.ts";
import { nodeAsn } from "../addressing.ts";
import type { AddressPlan, NodePlan } from "../facts.ts";
import { contains, parseRange } from "./ranges.ts";

/** ASN of Cilium's own BGP speaker, which peers with the daemon on its node. */
export function ciliumAsn(clusterId: number): number {
  return 4_220_000_000 + clusterId * 1000;
}

/** ASNs that a cluster may use, from the first to the last. */
export function asnRanges(clusterId: number): { first: number; last: number }[] {
  return [nodeAsn(clusterId, 0), ciliumAsn(clusterId)].map((first) => ({ first, last: first + 999 }));
}

/** Decides the parameters; none in mode `external` and where no daemon on the nodes speaks BGP. */
export function planBgp(
  { id, network }: ClusterConfig,
  speaker: Release["bgpSpeaker"],
): { parameters?: NonNullable<AddressPlan["bgp"]>; problems: Problem[] } {
  if (network.mode === "external") return { problems: [] };
  const { bgp } = network;
  const problems: Problem[] = [];
  if (!contains(parseRange("fe80::/10"), parseRange(bgp.peer))) {
    problems.push({
      path: "network.bgp.peer",
      value: bgp.peer,
      message: "is no link-local address",
      allowed: "an address in fe80::/10",
    });
  }
  if (asnRanges(id).some(({ first, last }) => bgp.peerAsn >= first && bgp.peerAsn <= last)) {
    problems.push({
      path: "network.bgp.peerAsn",
      value: bgp.peerAsn,
      message: "is an ASN of the cluster's own",
      allowed: `an ASN outside ${asnRanges(id)
        .map(({ first, last }) => `${first} to ${last}`)
        .join(" and ")}`,
    });
  }
  if (bgp.holdSeconds < 3 * bgp.keepaliveSeconds) {
    problems.push({
      path: "network.bgp.holdSeconds",
      value: bgp.holdSeconds,
      message: "is too short: a session would not outlive two lost keepalives",
      allowed: `${3 * bgp.keepaliveSeconds} or more, three times keepaliveSeconds`,
    });
  }
  return speaker === "none" ? { problems } : { parameters: { ...bgp, ciliumAsn: ciliumAsn(id) }, problems };
}

/**
 * The link-local address that a node's interface makes of its MAC address (modified EUI-64, RFC 4291 appendix A):
 * `fe80::be24:11ff:fe10:1011` for `bc:24:11:10:10:11`. Undefined where the MAC address is not known.
 */
export function linkLocalAddress({ macAddress }: Pick<NodePlan, "macAddress">): string | undefined {
  if (!macAddress) return undefined;
  const bytes = macAddress.split(":").map((byte) => Number.parseInt(byte, 16));
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes;
  const groups = [
    [a ^ 0x02, b],
    [c, 0xff],
    [0xfe, d],
    [e, f],
  ].map(([high = 0, low = 0]) => ((high << 8) | low).toString(16));
  return parseRange(`fe80::${groups.join(":")}`).cidr.replace("/128", "");
}
