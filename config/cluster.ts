import { z } from "zod";
import { addonSettings, delivery, providedElsewhere } from "./addons.ts";
import { downstreamSchema } from "./downstream.ts";
import { controlPlanes, metalNode, nodeOverride, nodeSettings, workerPool } from "./node.ts";
import { cidr, dnsLabel, ipAddress, patch, stringMap } from "./values.ts";

const bgp = z.strictObject({
  /** Link-local address of the host's side of every node's link. @default fe80::255:ffff */
  peer: z.ipv6().default("fe80::255:ffff"),
  /** ASN of the hosts. @default 4200001000 */
  peerAsn: z.number().int().min(1).max(4_294_967_294).default(4_200_001_000),
  /** Time between keepalives of a session, in seconds. @default 10 */
  keepaliveSeconds: z.number().int().min(1).default(10),
  /** Silence after which a session is taken for dead, in seconds. @default 30 */
  holdSeconds: z.number().int().min(3).default(30),
  /** Bidirectional forwarding detection on the session. @default false */
  bfd: z.boolean().default(false),
});
const bgpDefault = bgp.parse({});

const sdnNetwork = z.strictObject({
  /** A VNet with its subnets in the shared EVPN zone. */
  mode: z.literal("sdn"),
  /**
   * Exit nodes translate the sources of what leaves the zone, so that nodes reach the Internet also where the routers
   * beyond do not know the cluster's ranges. @default true
   */
  snat: z.boolean().default(true),
  /** BGP between nodes and hosts; without a speaker in the release it is not used. */
  bgp: bgp.default(bgpDefault),
  /** Name of the router in `routers` of `orrery:shared` that accepts the cluster from the hosts. @default none */
  router: z.string().optional(),
});

const vlanNetwork = z.strictObject({
  /** A VLAN on a bridge; a router outside is the gateway. */
  mode: z.literal("vlan"),
  /** Bridge on every host. @default vmbr0 */
  bridge: z.string().default("vmbr0"),
  /** 802.1Q tag. @default the cluster id */
  vlanId: z.number().int().min(1).max(4094).optional(),
  /** Largest packet of the network. @default 1500 */
  mtu: z.number().int().min(1280).max(65_520).default(1500),
  /** BGP between nodes and a router on the VLAN; without a speaker in the release it is not used. */
  bgp: bgp.default(bgpDefault),
  /** Name of the router in `routers` of `orrery:shared` that carries the VLAN. @default none */
  router: z.string().optional(),
});

const externalNetwork = z.strictObject({
  /** Networks that exist already. */
  mode: z.literal("external"),
  /** Bridge on every host, for VMs. @default vmbr0 */
  bridge: z.string().default("vmbr0"),
  /** 802.1Q tag on the bridge. @default untagged */
  vlanId: z.number().int().min(1).max(4094).optional(),
  /** Largest packet of the network. @default 1500 */
  mtu: z.number().int().min(1280).max(65_520).default(1500),
  /** One range per address family; node S gets the address number S out of each unless `addresses` says otherwise. */
  nodeSubnets: z.array(cidr).min(1).max(2),
  /** One per range of `nodeSubnets`. */
  gateways: z.array(ipAddress).min(1).max(2),
  /** Address of the Kubernetes API, in one of `nodeSubnets`. */
  vip: ipAddress,
  /** One range per address family. */
  podSubnets: z.array(cidr).min(1).max(2),
  /** One range per address family. */
  serviceSubnets: z.array(cidr).min(1).max(2),
  /** Addresses for services of the type LoadBalancer. */
  loadBalancerRanges: z.array(cidr).max(2).default([]),
});

/** What `orrery:cluster` in `Pulumi.<name>.yaml` may say. The smallest file says `id` and `release`. */
export const clusterSchema = z.strictObject({
  /** Addresses, VM ids, MAC addresses, VNet, VNI and ASN follow from it. */
  id: z.number().int().min(1).max(254),
  /** Name of a release in `orrery:shared`. */
  release: z.string(),
  /** @default the stack's name */
  name: dnsLabel.optional(),
  /** What the cluster is for, such as `production`. */
  purpose: z.string().default(""),
  /** Who answers for the cluster. */
  owner: z.string().default(""),
  /** How to reach them. */
  contacts: z.array(z.string()).default([]),
  /** Refuses to destroy the cluster: its secrets are protected. Set it to false and run `up` before a destroy. @default false */
  protect: z.boolean().default(false),
  /** DNS domain that names of the cluster's services end in. */
  domain: z.string().optional(),
  /** Which network the nodes are in. */
  network: z
    .discriminatedUnion("mode", [sdnNetwork, vlanNetwork, externalNetwork])
    .default({ mode: "sdn", snat: true, bgp: bgpDefault }),
  /** Control planes that are VMs. */
  controlPlanes: controlPlanes.default({ count: 3 }),
  /** Worker pools by name; the pool `wk` starts at suffix 21. */
  workers: z
    .record(z.string().regex(/^[a-z]{2,6}$/, "2 to 6 lower-case letters"), workerPool)
    .default({ wk: { count: 3 } }),
  /** Machines of their own, of both roles. */
  metal: z.array(metalNode).default([]),
  /** Settings of single nodes, by node name. */
  overrides: z.record(z.string(), nodeOverride).default({}),
  /** Settings of every node. */
  nodes: nodeSettings.default({}),
  /** What goes into the machine configuration of all nodes. */
  machine: z
    .strictObject({
      /** Name servers of the nodes. @default `dns.servers` of `orrery:shared` */
      dnsServers: z.array(ipAddress).min(1).optional(),
      /** DNS search domains of the nodes. @default `dns.searchDomains` of `orrery:shared` */
      searchDomains: z.array(z.string()).optional(),
      /** Time servers of the nodes. @default `ntpServers` of `orrery:shared` */
      ntpServers: z.array(z.string()).min(1).optional(),
      /** Lets ordinary pods run on control planes. @default false, and true where there are no workers */
      scheduleOnControlPlanes: z.boolean().optional(),
      /** Controller manager and scheduler listen on all interfaces, for metrics. @default false */
      exposeControlPlaneMetrics: z.boolean().default(false),
      /** etcd serves metrics on port 2381. @default true */
      etcdMetrics: z.boolean().default(true),
      /** Further names and addresses in the certificates. */
      certificateNames: z.array(z.string()).default([]),
      /** Encrypts the STATE and EPHEMERAL partitions. @default none */
      diskEncryption: z.enum(["none", "nodeID", "tpm"]).default("none"),
      /** Container registry mirrors, registry to endpoints; they add to those of `orrery:shared`. */
      registryMirrors: z.record(z.string(), z.array(z.url()).min(1)).default({}),
      /** Log-in to the Kubernetes API by OpenID Connect. */
      oidc: z
        .strictObject({
          /** Issuer, as in its tokens. */
          issuerUrl: z.url({ protocol: /^https$/ }),
          /** Client that tokens have to be for. */
          clientId: z.string().min(1),
          /** Claim that holds the user name. @default email */
          usernameClaim: z.string().default("email"),
          /** Claim that holds the groups. @default groups */
          groupsClaim: z.string().default("groups"),
          /**
           * Stands before every user name, so that no issuer can name a user of the cluster's own.
           * @default none for the claim email, the issuer for others
           */
          usernamePrefix: z.string().min(1).optional(),
          /** Stands before every group, so that no issuer can name `system:masters`: `oidc:`. @default none */
          groupsPrefix: z.string().min(1).optional(),
        })
        .optional(),
      /** Kubernetes audit policy. @default Talos' own: metadata of every request */
      auditPolicy: patch.optional(),
      /** Patches and further configuration documents for all nodes. */
      patches: z.array(patch).default([]),
      /** The same for control planes. */
      controlPlanePatches: z.array(patch).default([]),
      /** The same for workers. */
      workerPatches: z.array(patch).default([]),
    })
    .prefault({}),
  /** How changes reach running nodes. */
  rollout: z
    .strictObject({
      /** Workers that may be changed at the same time. @default 1 */
      workersAtOnce: z.number().int().min(1).default(1),
      /**
       * A node is only changed while all others are ready, and only goes when its pods could be moved. False helps to mend a
       * cluster whose nodes are not ready; etcd's quorum is required all the same. @default true
       */
      requireReady: z.boolean().default(true),
      /** How long a node may take to be healthy again, in seconds. @default 900 */
      healthTimeoutSeconds: z.number().int().min(30).default(900),
      /** How long draining a node may take, in seconds. @default 300 */
      drainTimeoutSeconds: z.number().int().min(10).default(300),
    })
    .prefault({}),
  /** Labels that select add-ons; also on the cluster's objects. */
  labels: stringMap.default({}),
  /** Add-ons by name: true or settings switch one on, false switches off what a label selects. */
  addons: z
    .record(
      z.string(),
      z.union([
        z.boolean(),
        addonSettings.extend({
          /** Who applies it. @default the cluster's `delivery` */
          delivery: delivery.optional(),
        }),
      ]),
    )
    .default({}),
  /**
   * What somebody else brings into the cluster and add-ons may name: `cluster-issuer:<name>`, `storage-class:<name>`,
   * `default-storage-class`, `gateway:<namespace>/<name>`, `secret:<namespace>/<name>`, `service:<namespace>/<name>`,
   * `load-balancer`. @default none
   */
  provided: providedElsewhere.default([]),
  /** Who applies add-ons that do not say otherwise. @default direct */
  delivery: delivery.default("direct"),
  /** Clusters that this one makes through Cluster API; it needs the add-on cluster-api-operator. */
  downstream: downstreamSchema.optional(),
});

export type ClusterConfig = z.output<typeof clusterSchema>;
export type NetworkConfig = ClusterConfig["network"];
export type BgpConfig = z.output<typeof bgp>;
