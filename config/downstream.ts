import { z } from "zod";
import { addonSettings, providedElsewhere } from "./addons.ts";
import { dnsLabel, ipAddress, patch, stringMap } from "./values.ts";

const downstreamNetwork = z.strictObject({
  /** Bridge on every Proxmox host. @default vmbr0 */
  bridge: z.string().default("vmbr0"),
  /** 802.1Q tag of the network that the nodes of all downstream clusters share. @default 40 */
  vlanId: z.number().int().min(1).max(4094).default(40),
  /** Largest packet of the network. @default 1500 */
  mtu: z.number().int().min(1280).max(65_520).default(1500),
  /** Range of the nodes; every cluster has 16 addresses of it, by its id. @default 10.10.40.0/24 */
  nodeSubnet: z.cidrv4().default("10.10.40.0/24"),
  /** Router of the network, which takes the announcements of load-balancer addresses, too. @default 10.10.40.1 */
  gateway: z.ipv4().default("10.10.40.1"),
  /** Range of load-balancer addresses; every cluster has 16 of it, by its id. @default 10.10.50.0/24 */
  loadBalancerRange: z.cidrv4().default("10.10.50.0/24"),
  /** Range that pods and services come out of; every cluster has a /16 of it, by its id. @default 172.16.0.0/12 */
  clusterRange: z.cidrv4().default("172.16.0.0/12"),
  /** Name of the gateway in `routers` of `orrery:shared`, which is then configured over SSH. @default none */
  router: z.string().optional(),
  /** ASN of the router. @default 4200001000 */
  routerAsn: z.number().int().min(1).max(4_294_967_294).default(4_200_001_000),
  /** Name servers of the nodes. @default `dns.servers` of `orrery:shared` that are IPv4 */
  dnsServers: z.array(ipAddress).min(1).optional(),
});

const downstreamProxmox = z.strictObject({
  /** API of Proxmox as the management cluster reaches it: `https://pve01.example.net:8006`. */
  url: z.url({ protocol: /^https$/ }),
  /** API token whose secret stands in `orrery:downstreamProxmoxToken`. @default capmox@pve!capi */
  tokenId: z
    .string()
    .regex(/^[^!@\s]+@[^!@\s]+![^!@\s]+$/, 'a token such as "capmox@pve!capi"')
    .default("capmox@pve!capi"),
  /** Storage of the disks. @default the shared `diskStorage` */
  storage: z.string().optional(),
  /** Hosts that the VMs may be on; with more than one, disks and images have to be on shared storage. @default all */
  hosts: z.array(z.string()).min(1).optional(),
});

const downstreamHarvester = z.strictObject({
  /** API of Harvester as the management cluster reaches it: `https://harvester.example.net:6443`. */
  server: z.url({ protocol: /^https$/ }),
  /** Namespace on Harvester that the VMs are made in. @default orrery */
  namespace: dnsLabel.default("orrery"),
  /** VM network on Harvester, as `namespace/name`; it leads to the VLAN. */
  network: z.string().min(1),
  /** Image on Harvester with the release's Talos, as `namespace/name`; by release. */
  images: z.record(z.string(), z.string().min(1)),
  /** Key pair on Harvester. Its provider asks for one; Talos takes no log-ins. */
  sshKeyPair: z.string().min(1),
});

const scaledWorkers = z.strictObject({
  /** Smallest number of workers. */
  min: z.number().int().min(1),
  /** Largest number of workers. */
  max: z.number().int().min(1),
});

const writeAs = z.enum(["cluster-api", "tenant-cluster"]);

const downstreamAddons = z.record(z.string(), z.union([z.boolean(), addonSettings])).default({});

const downstreamCluster = z.strictObject({
  /** Number of the cluster: its addresses follow from it. */
  id: z.number().int().min(1).max(14),
  /** As what it is written. @default `downstream.writeAs` */
  writeAs: writeAs.optional(),
  /** Where its machines are. @default proxmox */
  infrastructure: z.enum(["proxmox", "harvester"]).default("proxmox"),
  /** Name of a release in `orrery:shared`. @default the management cluster's */
  release: z.string().optional(),
  /** Control planes; etcd wants an odd number. @default 1 */
  controlPlanes: z.union([z.literal(1), z.literal(3), z.literal(5)], { error: "1, 3 or 5" }).default(1),
  /** Workers: a number, or the bounds that an autoscaler keeps to. @default 2 */
  workers: z.union([z.number().int().min(0), scaledWorkers]).default(2),
  /** CPU cores of a node. @default 4 */
  cores: z.number().int().min(1).default(4),
  /** Memory of a node, in MiB. @default 8192 */
  memoryMiB: z.number().int().multipleOf(8).positive().default(8192),
  /** System disk of a node, in GiB. @default 40 */
  diskGiB: z.number().int().min(10).default(40),
  /**
   * How long a worker may be without word or not ready before another one takes its place, in seconds; the first start of
   * the network on a node has to fit in. @default 600
   */
  unhealthyAfterSeconds: z.number().int().min(30).default(600),
  /** How long a machine may take to become a node, in seconds. @default 1200 */
  startTimeoutSeconds: z.number().int().min(60).default(1200),
  /**
   * Another number replaces all machines, one after the other, the new one before the old one goes.
   * @default none
   */
  renewal: z.number().int().min(0).optional(),
  /**
   * Machines to be replaced, by name, one after the other; `kubectl get machines -A` has the names. One that is gone has been
   * replaced, and can leave the list. @default []
   */
  replace: z.array(z.string()).default([]),
  /** Labels that choose its add-ons; also on its objects. */
  labels: stringMap.default({}),
  /**
   * Add-ons of this cluster alone, laid over `downstream.addons`: settings and values are merged key by key, `true` keeps what is
   * said there, `false` switches off. @default {}
   */
  addons: downstreamAddons,
  /** Patches for the machine configuration of all its nodes. */
  patches: z.array(patch).default([]),
});

/** What `downstream` in `orrery:cluster` may say: the clusters that this one makes through Cluster API. */
export const downstreamSchema = z.strictObject({
  /** Clusters by name. */
  clusters: z.record(dnsLabel, downstreamCluster).default({}),
  /** Network that their nodes are in. */
  network: downstreamNetwork.prefault({}),
  /** Proxmox as Cluster API reaches it; for clusters on it. */
  proxmox: downstreamProxmox.optional(),
  /** Harvester as Cluster API reaches it; for clusters on it. */
  harvester: downstreamHarvester.optional(),
  /** DNS domain that their names end in: `<cluster>.<domain>`. @default the management cluster's */
  domain: z.string().optional(),
  /** Add-ons of all downstream clusters by name; labels of a cluster select further ones for it. */
  addons: downstreamAddons,
  /** What somebody else brings into each of them and add-ons may name, as in `provided` of a cluster. @default none */
  provided: providedElsewhere.default([]),
  /**
   * Which add-on of the management cluster brings their platform. Argo CD needs `external-secrets` beside it, which tells it
   * of each cluster, and what `render` writes in its repository. @default sveltos
   */
  platform: z.enum(["sveltos", "argocd"]).default("sveltos"),
  /**
   * How `kube.<cluster>.<domain>` leads to capsule-proxy in a downstream cluster that has it: by an Ingress of the class
   * `nginx`, or by an HTTPRoute at a Gateway `namespace/name` of the management cluster. @default ingress
   */
  kubeRoute: z
    .union([z.enum(["ingress", "none"]), z.string().regex(/^[a-z0-9-]+\/[a-z0-9-]+$/)], {
      error: "ingress, none, or a Gateway as namespace/name",
    })
    .default("ingress"),
  /**
   * ClusterIssuer of the management cluster that signs the certificate of that Ingress: `cluster-ca` and `acme` are those of
   * the add-on cert-manager. Without one, ingress-nginx answers with its default certificate, which nobody trusts unless
   * you have given it one. @default none
   */
  kubeRouteIssuer: z.string().min(1).optional(),
  /**
   * As what clusters are written: as the objects of Cluster API, or each as a `TenantCluster` that Crossplane makes the same
   * objects of. @default cluster-api
   */
  writeAs: writeAs.default("cluster-api"),
  /**
   * Makes `TenantCluster` and `PlatformService` known, by which others can ask for clusters and services, too. With a cluster
   * that is written as a `TenantCluster` they are known anyway. @default false
   */
  crossplane: z.boolean().default(false),
  /** Who applies the objects of Cluster API: Pulumi, or an engine that reads what `render` wrote into Git. @default direct */
  delivery: z.enum(["direct", "git"]).default("direct"),
  /** `up` waits until the machines of a cluster are as wanted. @default true */
  wait: z.boolean().default(true),
});

export type DownstreamConfig = z.output<typeof downstreamSchema>;
export type DownstreamClusterConfig = DownstreamConfig["clusters"][string];
