import { addressInRange, nodeAsn } from "../../../../components/addressing.ts";
import type { AddressPlan, ClusterFacts, NodePlan } from "../../../../components/facts.ts";
import { type ClusterConfig, clusterSchema, type Release } from "../../../../config/index.ts";
import { releaseSchema } from "../../../../config/shared.ts";

const stable: Release = releaseSchema.parse({
  talos: "v1.11.5",
  kubernetes: "1.31.4",
  cilium: "1.18.4",
  image: { source: "factory" },
  bgpSpeaker: "frr",
});

/** A cluster's configuration with what is said about add-ons. */
export function configOf(said: Record<string, unknown> = {}): ClusterConfig {
  return clusterSchema.parse({ id: 101, release: "stable", ...said });
}

/** Facts of a cluster like sol (SDN, BGP), luna (VLAN, BGP) or terra (networks that exist already, IPv4 only). */
export function factsOf(name: "sol" | "luna" | "terra"): ClusterFacts {
  const id = { sol: 101, luna: 102, terra: 103 }[name];
  const addresses = { sol: dualStack(id, name, "sdn"), luna: dualStack(id, name, "vlan"), terra: external(id, name) }[
    name
  ];
  return {
    name,
    domain: `${name}.example.net`,
    purpose: "",
    owner: "",
    contacts: [],
    labels: {},
    releaseName: "stable",
    release: stable,
    addresses,
    nodes: [11, 12, 13, 21, 22, 23].map((suffix, index) => nodeOf(addresses, suffix, `pve0${(index % 3) + 1}`)),
    hosts: ["pve01", "pve02", "pve03"],
  };
}

function dualStack(id: number, clusterName: string, mode: "sdn" | "vlan"): AddressPlan {
  return {
    clusterId: id,
    clusterName,
    mode,
    nodeSubnets: [
      { family: "ipv6", cidr: `fd00:${id}::/64`, gateway: `fd00:${id}::fffe` },
      { family: "ipv4", cidr: `10.${id}.0.0/24`, gateway: `10.${id}.0.254` },
    ],
    vip: `fd00:${id}::10`,
    endpoint: `https://[fd00:${id}::10]:6443`,
    reservedAddresses: [`10.${id}.0.10`],
    podSubnets: [`fd00:${id}:240::/56`, `10.${id}.128.0/17`],
    serviceSubnets: [`fd00:${id}:96::/112`, `10.${id}.96.0/24`],
    dnsServiceAddresses: [`fd00:${id}:96::a`, `10.${id}.96.10`],
    loadBalancerRanges: [`fd00:${id}:1b::/120`, `10.${id}.27.0/24`],
    loopbackRanges: [`fd00:255:${id}::/64`, `10.255.${id}.0/24`],
    bridge: mode === "sdn" ? `vnet${id}` : "vmbr0",
    ...(mode === "sdn" ? { sdn: { vnet: `vnet${id}`, vni: 10_000 + id } } : { vlanId: id }),
    mtu: mode === "sdn" ? 1450 : 1500,
    bgp: {
      peer: "fe80::255:ffff",
      peerAsn: 4_200_001_000,
      keepaliveSeconds: 10,
      holdSeconds: 30,
      bfd: false,
      ciliumAsn: 4_220_000_000 + id * 1000,
    },
    maxNodes: 128,
    globalSubnets: [],
  };
}

function external(id: number, clusterName: string): AddressPlan {
  return {
    clusterId: id,
    clusterName,
    mode: "external",
    nodeSubnets: [{ family: "ipv4", cidr: "192.168.10.0/24", gateway: "192.168.10.1" }],
    vip: "192.168.10.10",
    endpoint: "https://192.168.10.10:6443",
    reservedAddresses: [],
    podSubnets: ["10.42.0.0/16"],
    serviceSubnets: ["10.43.0.0/16"],
    dnsServiceAddresses: ["10.43.0.10"],
    loadBalancerRanges: ["192.168.11.0/24"],
    loopbackRanges: [],
    bridge: "vmbr0",
    mtu: 1500,
    maxNodes: 128,
    globalSubnets: [],
  };
}

function nodeOf(addresses: AddressPlan, suffix: number, host: string): NodePlan {
  const controlPlane = suffix < 20;
  return {
    name: `${addresses.clusterName}${controlPlane ? "cp" : "wk"}0${suffix % 10}`,
    role: controlPlane ? "controlplane" : "worker",
    pool: controlPlane ? "cp" : "wk",
    suffix,
    addresses: addresses.nodeSubnets.map(({ cidr }) => addressInRange(cidr, suffix)),
    interfaceAddresses: [],
    loopbacks: [],
    asn: nodeAsn(addresses.clusterId, suffix),
    vm: { vmId: addresses.clusterId * 1000 + suffix, host, cores: 4, memoryMiB: 8192, cpuType: "host", disks: [] },
    settings: {},
  };
}
