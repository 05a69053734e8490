/**
 * Plain values that stacks pass from one component to the next. Everything here is known before Pulumi registers
 * the first resource, so that names, counts and addresses show in a preview.
 */
import type { BgpConfig, NodeSettings, Release } from "../config/index.ts";

/** An address family. */
export type Family = "ipv6" | "ipv4";

/** A link's range and its gateway. */
export interface Subnet {
  family: Family;
  /** In CIDR notation, such as `fd00:101::/64`. */
  cidr: string;
  gateway: string;
}

/** All addresses, numbers and names of a cluster. Lists of ranges have the primary family (IPv6 where there is one) first. */
export interface AddressPlan {
  clusterId: number;
  clusterName: string;
  mode: "sdn" | "vlan" | "external";
  nodeSubnets: Subnet[];
  /** Address of the Kubernetes API that moves between control planes. */
  vip: string;
  /** `https://[fd00:101::10]:6443` */
  endpoint: string;
  /** Addresses that are kept free besides the VIP and belong in the certificates, such as `10.101.0.10`. */
  reservedAddresses: string[];
  podSubnets: string[];
  serviceSubnets: string[];
  /** Address of the cluster's DNS service in each service range: number 10 of it. */
  dnsServiceAddresses: string[];
  loadBalancerRanges: string[];
  /** Empty in mode `external`. */
  loopbackRanges: string[];
  /** Bridge that VMs attach to: the VNet's name in mode `sdn`. */
  bridge: string;
  /** 802.1Q tag on the bridge; undefined in mode `sdn` and on untagged networks. */
  vlanId?: number;
  mtu: number;
  /** Only in mode `sdn`. */
  sdn?: {
    vnet: string;
    vni: number;
    /** Exit nodes translate the sources of what leaves the zone. @default false */
    snat?: boolean;
  };
  /** Absent in mode `external` and when the release has no BGP speaker. */
  bgp?: BgpConfig & { ciliumAsn: number };
  /** Nodes that the pod ranges hold. */
  maxNodes: number;
  /** Global /64 ranges of the cluster, out of the shared prefixes. */
  globalSubnets: string[];
}

/** One node, fully decided. */
export interface NodePlan {
  /** `solcp01` */
  name: string;
  role: "controlplane" | "worker";
  /** The pool's name; `cp` for control planes. */
  pool: string;
  suffix: number;
  /** Addresses without prefix length, primary family first. */
  addresses: string[];
  /** The same with prefix length: `fd00:101::11/64`. */
  interfaceAddresses: string[];
  /** Announced by BGP; empty without BGP. */
  loopbacks: string[];
  asn?: number;
  /** MAC address in lower case; absent for bare metal that gives none. */
  macAddress?: string;
  /** Set for VMs. */
  vm?: VmPlan;
  /** Set for bare metal. */
  metal?: {
    /** Address that takes the first configuration. */
    maintenanceAddress: string;
    installDisk: string | Record<string, string>;
    extensions: string[];
    /** False where the release's extensions are left out. @default true */
    releaseExtensions?: false;
    /** Name of the network interface, where it is known. */
    interface?: string;
  };
  /** Everything else that was said for it: pool, role and node merged. */
  settings: NodeSettings;
  gpu?: { mapping: string; primary: boolean };
}

/** A node's virtual machine. */
export interface VmPlan {
  vmId: number;
  host: string;
  cores: number;
  memoryMiB: number;
  cpuType: string;
  /** System disk first. */
  disks: { interface: string; sizeGiB: number; storage: string }[];
}

/** A release's boot image as the shared stack publishes it. */
export interface PublishedImage {
  /** SHA-256 of the schematic: names what is in the image. */
  schematic: string;
  /** Installer reference for `machine.install.image`. */
  installer: string;
  /** File id by host: `resources:iso/talos-v1.11.5-<schematic>-nocloud-amd64.iso`. */
  fileIds: Record<string, string>;
  /** Installer references of bare-metal machines by node name; cluster stacks add them to what is published. */
  metalInstallers?: Record<string, string>;
}

/** What the stack `shared` exports and cluster stacks read. */
export interface SharedFacts {
  releases: Record<string, Release>;
  images: Record<string, PublishedImage>;
  /** Absent when no SDN zone is configured. */
  sdn?: { zone: string; mtu: number };
}

/** What an add-on may know about its cluster. */
export interface ClusterFacts {
  name: string;
  domain?: string;
  purpose: string;
  owner: string;
  contacts: string[];
  labels: Record<string, string>;
  releaseName: string;
  release: Release;
  addresses: AddressPlan;
  nodes: NodePlan[];
  /** Names of the Proxmox hosts and the storages on them. */
  hosts: string[];
  /** Cluster API makes its machines and names them: `media-workers-x7k2p-9fj4d`. @default false */
  clusterApi?: true;
  /** Ordinary pods run on control planes, too. @default false */
  podsOnControlPlanes?: true;
  /** Issuer whose tokens the API server takes. @default none */
  oidcIssuer?: string;
}

/** What an add-on asks of the machine configuration of a cluster's nodes. */
export interface MachineRequirement {
  /** Nodes that it applies to: all, those of one role, or one by its name. */
  nodes: "all" | "controlplane" | "worker" | { name: string };
  /** Strategic-merge patch. */
  patch: Record<string, unknown>;
  /** Why, in a few words; shown with the patch. */
  reason: string;
}

/** An object of the Kubernetes API. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  [field: string]: unknown;
}

/** A Kubernetes Secret that holds one secret value of the stack's configuration. */
export interface ExpectedSecret {
  /** Flat secret key of the stack's configuration, without the project: `proxmoxCsiToken`. */
  configKey: string;
  /** What the value is, for people: `API token of a Proxmox user that may manage disks`. */
  description: string;
  name: string;
  namespace: string;
  /** Keys of the Secret and their text; {@link secretPlaceholder} stands for the value. */
  keys: Record<string, string>;
  labels?: Record<string, string>;
}

/** Stands for the secret value in the text of an expected secret's keys. */
export const secretPlaceholder = "{value}";
