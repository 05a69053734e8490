/**
 * How routers and neighbours learn of addresses inside the cluster: by BGP, or by answers on the link.
 *
 * Facts: github.com/cilium/cilium, 1.18: Documentation/network/bgp-control-plane/bgp-control-plane-v2.rst, l2-announcements.rst.
 */
import type { ClusterFacts } from "../facts.ts";
import type { KubernetesObject } from "./addon.ts";

/** What the stack file says about it. */
export interface Announcements {
  /** Pod ranges, too. */
  announcePods: boolean;
  /** Answers on the link. @default where no BGP speaker announces, and in VLAN mode */
  l2Announcements?: boolean | undefined;
  /** Router to peer with. @default the BGP speaker on the node, where there is one */
  router?: { address: string; asn: number; localAsn?: number | undefined } | undefined;
}

/** Addresses for services, and how they are announced. */
export function announcements(facts: ClusterFacts, chosen: Announcements): KubernetesObject[] {
  return [
    ...loadBalancerPool(facts),
    ...(speaksBgp(facts, chosen) ? bgpObjects(facts, chosen) : []),
    ...(announcesOnLink(facts, chosen) ? [l2Policy(facts)] : []),
  ];
}

/** Whether Cilium peers with anybody. */
export function speaksBgp({ addresses }: ClusterFacts, { router }: Announcements): boolean {
  return router !== undefined || addresses.bgp !== undefined;
}

/** Whether nodes answer for load-balancer addresses. */
export function announcesOnLink({ addresses }: ClusterFacts, { l2Announcements, router }: Announcements): boolean {
  if (addresses.loadBalancerRanges.length === 0) return false;
  return l2Announcements ?? (router === undefined && (addresses.mode === "vlan" || addresses.bgp === undefined));
}

function loadBalancerPool({ addresses }: ClusterFacts): KubernetesObject[] {
  if (addresses.loadBalancerRanges.length === 0) return [];
  return [
    {
      apiVersion: "cilium.io/v2",
      kind: "CiliumLoadBalancerIPPool",
      metadata: { name: "default" },
      spec: { blocks: addresses.loadBalancerRanges.map((cidr) => ({ cidr })), allowFirstLastIPs: "No" },
    },
  ];
}

/** Where the node's own BGP speaker takes connections of Cilium: the same address on every node. */
function localSpeaker({ addresses }: ClusterFacts): string {
  return addresses.nodeSubnets[0]?.family === "ipv6" ? "::1" : "127.0.0.1";
}

/** Where Cilium's sessions go. The ASN of a speaker differs from node to node: 0 takes the one it presents. */
function peerOf(facts: ClusterFacts, { router }: Announcements): { peerAddress: string; peerASN: number } {
  return router
    ? { peerAddress: router.address, peerASN: router.asn }
    : { peerAddress: localSpeaker(facts), peerASN: 0 };
}

function bgpObjects(facts: ClusterFacts, { announcePods, router, ...chosen }: Announcements): KubernetesObject[] {
  const { bgp, clusterId } = facts.addresses;
  const localASN = router?.localAsn ?? bgp?.ciliumAsn ?? 4_220_000_000 + clusterId * 1000;
  const families = facts.addresses.podSubnets.map((cidr) => ({
    afi: cidr.includes(":") ? "ipv6" : "ipv4",
    safi: "unicast",
    advertisements: { matchLabels: { advertise: "bgp" } },
  }));
  const services = {
    advertisementType: "Service",
    service: { addresses: ["LoadBalancerIP"] },
    // All services: an empty selector would be read as none.
    selector: { matchExpressions: [{ key: "orrery/not-announced", operator: "DoesNotExist" }] },
  };
  return [
    {
      apiVersion: "cilium.io/v2",
      kind: "CiliumBGPPeerConfig",
      metadata: { name: "node" },
      spec: {
        timers: { keepAliveTimeSeconds: bgp?.keepaliveSeconds ?? 10, holdTimeSeconds: bgp?.holdSeconds ?? 30 },
        gracefulRestart: { enabled: true, restartTimeSeconds: 120 },
        families,
      },
    },
    {
      apiVersion: "cilium.io/v2",
      kind: "CiliumBGPAdvertisement",
      metadata: { name: "cluster", labels: { advertise: "bgp" } },
      spec: { advertisements: [...(announcePods ? [{ advertisementType: "PodCIDR" }] : []), services] },
    },
    {
      apiVersion: "cilium.io/v2",
      kind: "CiliumBGPClusterConfig",
      metadata: { name: "cluster" },
      spec: {
        nodeSelector: { matchLabels: { "kubernetes.io/os": "linux" } },
        bgpInstances: [
          {
            name: "cluster",
            localASN,
            peers: [
              { name: "node", ...peerOf(facts, { announcePods, router, ...chosen }), peerConfigRef: { name: "node" } },
            ],
          },
        ],
      },
    },
  ];
}

function l2Policy({ nodes }: ClusterFacts): KubernetesObject {
  const hasWorkers = nodes.some(({ role }) => role === "worker");
  const onWorkers = { matchExpressions: [{ key: "node-role.kubernetes.io/control-plane", operator: "DoesNotExist" }] };
  return {
    apiVersion: "cilium.io/v2alpha1",
    kind: "CiliumL2AnnouncementPolicy",
    metadata: { name: "default" },
    spec: { loadBalancerIPs: true, externalIPs: false, nodeSelector: hasWorkers ? onWorkers : {} },
  };
}
