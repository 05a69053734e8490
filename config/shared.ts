import { z } from "zod";
import { cidr, dnsLabel, ipAddress, plainVersion, stringMap, talosVersion } from "./values.ts";

const officialExtension = z.strictObject({
  /** Name in the official catalogue, such as `siderolabs/qemu-guest-agent`. */
  name: z.string().regex(/^siderolabs\/[a-z0-9-]+$/, 'an official extension such as "siderolabs/crun"'),
  /** Image reference, pinned as the catalogue of this Talos version has it; the imager needs it. */
  image: z.string().min(1),
});

const customExtension = z.strictObject({
  /** Your name for it. */
  name: z.string().min(1),
  /** Image reference. */
  image: z.string().min(1),
  /** False leaves the extension out of the image. @default true */
  enabled: z.boolean().default(true),
});

const factoryImage = z.strictObject({
  /** Images of an Image Factory. */
  source: z.literal("factory"),
  /** Image Factory that registers the schematic. @default https://factory.talos.dev */
  url: z.url({ protocol: /^https?$/ }).default("https://factory.talos.dev"),
});

const imagerImage = z.strictObject({
  /** Images built on the machine that runs Pulumi, with Talos' imager. */
  source: z.literal("imager"),
  /** Registry and repository that the installer is pushed to, without tag: `registry.example.net/talos`. */
  repository: z
    .string()
    .regex(/^[a-z0-9.:-]+(\/[a-z0-9._-]+)+$/, 'a registry and repository such as "registry.example.net/talos"'),
  /** Folder on the machine that runs Pulumi where built images are kept. @default .orrery/images */
  folder: z.string().default(".orrery/images"),
});

/** A named set of versions that were tested together. */
export const releaseSchema = z.strictObject({
  /** Talos version. */
  talos: talosVersion,
  /** Kubernetes version; it has to be in the range of the Talos version. */
  kubernetes: plainVersion,
  /** Cilium version. */
  cilium: plainVersion,
  /** Where boot image and installer come from. */
  image: z.discriminatedUnion("source", [factoryImage, imagerImage]),
  /** Platform that VMs boot; bare metal always boots `metal`. @default nocloud */
  platform: z.enum(["nocloud", "metal"]).default("nocloud"),
  /** Processor architecture. @default amd64 */
  architecture: z.enum(["amd64", "arm64"]).default("amd64"),
  /** Official extensions. */
  extensions: z.array(officialExtension).default([]),
  /** Extensions of others; only the imager can build them in. */
  customExtensions: z.array(customExtension).default([]),
  /** Additional kernel arguments of the image. */
  kernelArguments: z.array(z.string()).default([]),
  /** Daemon that speaks BGP on the nodes; its extension has to be in the image. @default none */
  bgpSpeaker: z.enum(["frr", "bird", "none"]).default("none"),
});

const hostSchema = z.strictObject({
  /** Storage for VM disks. @default the shared `diskStorage` */
  diskStorage: z.string().optional(),
  /** Storage for boot images. @default the shared `imageStorage` */
  imageStorage: z.string().optional(),
  /** Addresses of the host, for EVPN peering and firewall rules. */
  addresses: z.array(ipAddress).default([]),
  /** Memory that the VMs of all clusters may use together, in MiB; checked against the plan. @default not checked */
  memoryMiB: z.number().int().positive().optional(),
  /** CPU threads of the host; a VM with more cores is warned about. @default not checked */
  threads: z.number().int().positive().optional(),
});

const storageSchema = z.strictObject({
  /** Shared storages hold an image once for all hosts. @default false */
  shared: z.boolean().default(false),
  /** What the storage is set up for. */
  content: z.array(z.enum(["images", "iso", "import", "snippets"])).min(1),
});

const pciMapSchema = z.strictObject({
  /** Host that has the device. */
  host: z.string(),
  /** Vendor and device, as `8086:46a6`. */
  id: z.string().regex(/^[0-9a-f]{4}:[0-9a-f]{4}$/, 'vendor and device such as "8086:46a6"'),
  /** PCI address, as `0000:00:02.0`. */
  path: z.string().regex(/^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}(\.[0-7])?$/, 'a PCI address such as "0000:00:02.0"'),
  /** IOMMU group, as below `/sys/kernel/iommu_groups`. */
  iommuGroup: z.number().int().nonnegative().optional(),
  /** Vendor and device of the subsystem, as `8086:7270`. */
  subsystemId: z.string().optional(),
});

const routerSchema = z.strictObject({
  /** Address or name that SSH answers at. */
  host: z.string().regex(/^[A-Za-z0-9.:-]+$/, 'an address or a name such as "vyos01.example.net"'),
  /** Port of SSH. @default 22 */
  port: z.number().int().min(1).max(65_535).default(22),
  /** User who may configure the router; the private key stands in `orrery:routerKey` of each cluster's stack. @default vyos */
  user: z.string().min(1).default("vyos"),
  /** The router's public host key, as `ssh-keyscan` prints it behind the name; another one is refused. */
  hostKey: z
    .string()
    .regex(
      /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*$/,
      'a public key such as "ssh-ed25519 AAAA..."',
    ),
  /** VyOS version; 1.5 writes DHCP in another way. @default 1.4 */
  version: z.enum(["1.4", "1.5"]).default("1.4"),
  /** Ethernet interface that carries the clusters' VLANs. @default eth0 */
  interface: z
    .string()
    .regex(/^eth\d+$/, 'an Ethernet interface such as "eth1"')
    .default("eth0"),
  /** The router's own ASN. @default in mode vlan the clusters' `network.bgp.peerAsn`, in mode sdn what the router has */
  asn: z.number().int().min(1).max(4_294_967_294).optional(),
});

/** What `orrery:shared` in `Pulumi.shared.yaml` may say. */
export const sharedSchema = z.strictObject({
  /** The Proxmox VE cluster. */
  proxmox: z.strictObject({
    /** Hosts by the name that Proxmox VE shows. */
    hosts: z.record(z.string(), hostSchema).refine((hosts) => Object.keys(hosts).length > 0, "at least one host"),
    /** Storages by the name that Proxmox VE shows. */
    storages: z.record(z.string(), storageSchema),
    /** Storage for VM disks, unless a host says otherwise. */
    diskStorage: z.string(),
    /** Storage for boot images, unless a host says otherwise. */
    imageStorage: z.string(),
    /** PCI resource mappings by name, for GPUs. */
    pciMappings: z.record(z.string(), z.array(pciMapSchema).min(1)).default({}),
    /** API endpoint; the environment variable PROXMOX_VE_ENDPOINT takes precedence. */
    endpoint: z.url({ protocol: /^https$/ }).optional(),
    /** Skips verification of the API's certificate. @default false */
    insecure: z.boolean().default(false),
  }),
  /**
   * What becomes of images that no release names any more. `remove` deletes them; say so only when no VM boots from them,
   * which is when all clusters were brought up with their new release. @default keep
   */
  retiredImages: z.enum(["keep", "remove"]).default("keep"),
  /** Releases by name; clusters choose one. */
  releases: z.record(z.string(), releaseSchema).refine((all) => Object.keys(all).length > 0, "at least one release"),
  /** The EVPN zone that all clusters in SDN mode share. */
  sdn: z
    .strictObject({
      /** Name of the zone. @default evpnz1 */
      zone: z
        .string()
        .regex(/^[a-zA-Z][a-zA-Z0-9]{1,7}$/, "2 to 8 letters and digits, starting with a letter")
        .default("evpnz1"),
      /** Name of the EVPN controller. @default evpnctl */
      controller: z
        .string()
        .regex(/^[a-zA-Z][a-zA-Z0-9]{1,7}$/)
        .default("evpnctl"),
      /** ASN of the hosts. @default 4200001000 */
      asn: z.number().int().min(1).max(4_294_967_294).default(4_200_001_000),
      /** VNI of the zone's routing domain; no cluster may have it. @default 4096 */
      vrfVni: z.number().int().min(1).max(16_777_215).default(4096),
      /** Largest packet; 50 less than the hosts' network carries. @default 1450 */
      mtu: z.number().int().min(1280).max(65_520).default(1450),
      /** Hosts through which traffic leaves the zone. */
      exitNodes: z.array(z.string()).default([]),
      /** The exit node that all traffic takes while it works. @default none: all share it */
      primaryExitNode: z.string().optional(),
      /** Route targets that are imported besides the zone's own, as `65000:1`. */
      routeTargetImport: z.string().optional(),
      /** EVPN peers. @default the addresses of all hosts */
      peers: z.array(ipAddress).optional(),
    })
    .optional(),
  /** Name servers and search domains of all nodes. */
  dns: z
    .strictObject({
      /** Name servers. */
      servers: z.array(ipAddress).min(1),
      /** Search domains. @default none */
      searchDomains: z.array(z.string()).default([]),
    })
    .default({ servers: ["2606:4700:4700::1111", "1.1.1.1"], searchDomains: [] }),
  /** Time servers of all nodes. @default time.cloudflare.com */
  ntpServers: z.array(z.string()).min(1).default(["time.cloudflare.com"]),
  /** Global prefixes; cluster C gets the /64 number C out of each. Optional, for clusters that are reached from outside. */
  ipv6GlobalPrefixes: z.array(z.cidrv6()).default([]),
  /** The Proxmox firewall. */
  firewall: z
    .strictObject({
      /** Switches the Proxmox firewall on for the whole data centre. @default false */
      enabled: z.boolean().default(false),
      /** What becomes of packets that no rule allows, on hosts and VMs. @default ACCEPT */
      inputPolicy: z.enum(["ACCEPT", "DROP", "REJECT"]).default("ACCEPT"),
      /** Ranges that may reach the nodes' management ports (Talos API, Kubernetes API). @default everything */
      managementRanges: z.array(cidr).default([]),
    })
    .default({ enabled: false, inputPolicy: "ACCEPT", managementRanges: [] }),
  /** VyOS routers by a name of your choice; a cluster that names one in `network.router` configures it over SSH. */
  routers: z.record(dnsLabel, routerSchema).default({}),
  /** Container registry mirrors for all clusters: registry to endpoints. */
  registryMirrors: z.record(z.string(), z.array(z.url()).min(1)).default({}),
  /** Tags of all VMs. */
  tags: stringMap.default({}),
});

export type SharedConfig = z.output<typeof sharedSchema>;
export type Release = z.output<typeof releaseSchema>;
export type RouterConfig = z.output<typeof routerSchema>;
