/** The daemon on each node that speaks BGP with the host, as an extension service. */
import type { ClusterFacts, NodePlan } from "../../facts.ts";
import { birdDocument } from "./bird.ts";
import { frrDocument } from "./frr.ts";
import type { SpeakerFacts } from "./speaker-facts.ts";
import type { ConfigDocument } from "./types.ts";

/** The extension service's configuration; undefined where the release has no speaker or the network no BGP. */
export function bgpDocument(facts: ClusterFacts, node: NodePlan): ConfigDocument | undefined {
  const { bgp, loadBalancerRanges, podSubnets, nodeSubnets, clusterId } = facts.addresses;
  const speaker = facts.release.bgpSpeaker;
  if (!bgp || speaker === "none" || node.asn === undefined) return undefined;
  const speakerFacts: SpeakerFacts = {
    nodeName: node.name,
    asn: node.asn,
    routerId: node.loopbacks.find((address) => !address.includes(":")) ?? `10.255.${clusterId}.${node.suffix}`,
    interface: interfaceOf(facts, node),
    bgp,
    loopbacks: node.loopbacks,
    announcedRanges: [...loadBalancerRanges, ...podSubnets],
    ciliumAddress: nodeSubnets[0]?.family === "ipv6" ? "::1" : "127.0.0.1",
  };
  return speaker === "frr" ? frrDocument(speakerFacts) : birdDocument(speakerFacts);
}

/** nocloud images boot with `net.ifnames=0`; on q35 the first interface is called ens18 otherwise. */
function interfaceOf({ release }: ClusterFacts, node: NodePlan): string {
  if (node.metal) return node.metal.interface ?? "eth0";
  return release.platform === "nocloud" || release.kernelArguments.includes("net.ifnames=0") ? "eth0" : "ens18";
}
