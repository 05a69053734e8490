import type { AddressPlan } from "../../facts.ts";

/** What a speaker's configuration is made of. */
export interface SpeakerFacts {
  nodeName: string;
  asn: number;
  /** In IPv4 notation, as BGP wants it even in a network without IPv4. */
  routerId: string;
  interface: string;
  bgp: NonNullable<AddressPlan["bgp"]>;
  loopbacks: string[];
  /** Ranges that the node may announce for Cilium: load balancers and pods. */
  announcedRanges: string[];
  /** Where Cilium on the same node connects from: the own host, in the primary family. */
  ciliumAddress: string;
}
