/** What a management cluster's stack is to make of the clusters below it: everything known before the first resource. */
import { tenantClusterComposition } from "../components/downstream-clusters/crossplane/composition.ts";
import {
  platformServiceComposition,
  platformServiceDefinition,
} from "../components/downstream-clusters/crossplane/platform-service.ts";
import { crossplaneAccess } from "../components/downstream-clusters/crossplane/role.ts";
import { tenantCluster, tenantClusterDefinition } from "../components/downstream-clusters/crossplane/tenant-cluster.ts";
import {
  type DownstreamCluster,
  type DownstreamPlan,
  planDownstreamCluster,
} from "../components/downstream-clusters/plan.ts";
import { type MachineTemplate, templateTags } from "../components/downstream-clusters/vm-template.ts";
import type { ClusterFacts, KubernetesObject } from "../components/facts.ts";
import { planDownstreamAddresses } from "../components/network/downstream.ts";
import { downstreamRouterOf, downstreamRouterProblems } from "../components/network/router-access.ts";
import { downstreamVyosPlan } from "../components/network/router-downstream.ts";
import { type VyosPlan, vyosCommands } from "../components/network/router-vyos.ts";
import type { AddonPlan } from "../components/platform-addons/addon.ts";
import { type ImagePlan, planImage } from "../components/talos-image/plan.ts";
import {
  type ClusterConfig,
  type DownstreamClusterConfig,
  type DownstreamConfig,
  pathOf,
  type Release,
  type SharedConfig,
  unknownName,
} from "../config/index.ts";
import type { Problem } from "../config/problems.ts";
import { annotationsOf, type PlatformPart, type PlatformTarget, planPlatform } from "./downstream-platform.ts";
import { routeProblems } from "./downstream-route.ts";

/** The clusters that a cluster makes. */
export interface Downstream {
  clusters: DownstreamPlan[];
  /** What of the catalogue each of them gets, with stand-ins for what differs between them. */
  addons: Record<string, readonly AddonPlan[]>;
  /** VM templates on Proxmox, one per release that is used there. */
  templates: MachineTemplate[];
  /** Objects for the clusters as a whole. */
  platform: KubernetesObject[];
  /** Text of files that the repository has to hold for them, by path, whoever applies their objects. */
  files: Record<string, string>;
  /** What makes `TenantCluster` and `PlatformService` known, and Crossplane able to bring about what they ask for. */
  interfaces: KubernetesObject[];
  /** What a VyOS router between them and everybody else has to be told, as commands to read. */
  router: string;
  /** The same to be applied. */
  routerPlan: VyosPlan;
  /** Who applies the objects of Cluster API. */
  delivery: DownstreamConfig["delivery"];
  /** `up` waits until the machines are as wanted. */
  wait: boolean;
  /** What somebody has to know before, in whole sentences. */
  warnings: string[];
}

/** What is known about the management cluster. */
interface Management {
  config: ClusterConfig;
  shared: SharedConfig;
  facts: ClusterFacts;
  /** Names and ids of the other stacks' clusters. */
  taken: { names: readonly string[]; ids: readonly number[] };
  /** Names of its add-ons. */
  chosen: readonly string[];
  /** What its add-ons provide. */
  provided: readonly string[];
}

/** Plans the downstream clusters of a stack; paths of problems are relative to `orrery:cluster`. */
export function planDownstream(management: Management): { downstream?: Downstream; problems: Problem[] } {
  const { config, shared } = management;
  const { downstream } = config;
  if (!downstream || Object.keys(downstream.clusters).length === 0) return { problems: [] };
  const { plans, problems } = planDownstreamAddresses(downstream);
  problems.push(
    ...engineProblems(downstream, management.provided),
    ...downstreamRouterProblems(config, shared),
    ...cloneProblems(downstream, shared),
  );
  const targets = Object.entries(downstream.clusters).flatMap(([name, cluster]): Target[] => {
    problems.push(...clusterProblems(name, cluster, pathOf(["downstream", "clusters", name]), management));
    const releaseName = cluster.release ?? config.release;
    const release = shared.releases[releaseName];
    const addresses = plans[name];
    if (!release || !addresses) return [];
    return [{ name, config: cluster, labels: cluster.labels, release, releaseName, addresses }];
  });
  const platform = planPlatform(targets, config, management.facts);
  const led = targets.filter(({ name }) => platform.addons[name]?.some((addon) => addon.name === "capsule-proxy"));
  problems.push(...platform.problems, ...routeProblems(led, platform.objects, management));
  const templates = new Map<string, MachineTemplate>();
  const planned = targets.map((target) => {
    const image = planImage(target.release, shared.proxmox);
    const args = argsOf(target, image, downstream, management, platform.parts[target.name]);
    if (target.config.infrastructure === "proxmox") {
      const host = args.hosts[0] ?? "";
      const { release } = target;
      templates.set(image.name, { name: image.name, release, image: image.published, host, storage: args.storage });
    }
    return args;
  });
  const [base] = planned;
  const wanted = downstream.crossplane || tenantsOf(downstream).length > 0;
  const router = downstreamRouterOf(config, shared);
  const { network } = downstream;
  const routerPlan = downstreamVyosPlan({ managementId: config.id, network, plans, ...(router ? { router } : {}) });
  return {
    downstream: {
      clusters: planned.map((args) => ({
        ...planDownstreamCluster(args),
        ...(writtenAs(args.config, downstream) === "tenant-cluster" ? { tenant: tenantCluster(args) } : {}),
      })),
      addons: platform.addons,
      templates: [...templates.values()],
      platform: platform.objects,
      files: platform.files,
      interfaces: wanted && base ? tenantInterfaces(base, management, downstream) : [],
      router: vyosCommands(routerPlan),
      routerPlan,
      delivery: downstream.delivery,
      wait: downstream.wait,
      warnings: harvesterWarnings(downstream),
    },
    problems,
  };
}

/**
 * Talos leaves user data unread that begins as a cloud-config does, and Harvester's provider makes it begin so.
 *
 * Facts: github.com/rancher-sandbox/cluster-api-provider-harvester, v0.10.1: util/cloudinit.go (`MergeCloudInitData`);
 * github.com/siderolabs/talos, v1.11.5 and v1.12.0: internal/app/machined/pkg/runtime/v1alpha1/platform/nocloud/nocloud.go
 * (`Configuration`).
 */
function harvesterWarnings({ clusters }: DownstreamConfig): string[] {
  const names = Object.keys(clusters).filter((name) => clusters[name]?.infrastructure === "harvester");
  if (names.length === 0) return [];
  return [
    `Talos does not read what Cluster API's provider for Harvester makes of a machine configuration: outside of the lab every machine of ${names.join(" and of ")} waits in maintenance mode until it is given its configuration by hand; see docs/downstream-clusters.md`,
  ];
}

type Target = PlatformTarget & { config: DownstreamClusterConfig };

function argsOf(
  { labels: _, ...target }: Target,
  image: ImagePlan,
  downstream: DownstreamConfig,
  { config, shared }: Management,
  part: PlatformPart = { selection: { labels: {}, annotations: {} }, requirements: [] },
): DownstreamCluster {
  return {
    ...target,
    ...part,
    installer: image.published.installer,
    templateTags: templateTags(image.name),
    managementId: config.id,
    hosts: downstream.proxmox?.hosts ?? Object.keys(shared.proxmox.hosts),
    storage: downstream.proxmox?.storage ?? shared.proxmox.diskStorage,
    dnsServers: downstream.network.dnsServers ?? shared.dns.servers.filter((address) => !address.includes(":")),
    ntpServers: shared.ntpServers,
    downstream,
  };
}

function writtenAs(cluster: DownstreamClusterConfig, downstream: DownstreamConfig): DownstreamConfig["writeAs"] {
  return cluster.writeAs ?? downstream.writeAs;
}

/** Clusters that are written as a `TenantCluster`. */
function tenantsOf(downstream: DownstreamConfig): string[] {
  return Object.entries(downstream.clusters)
    .filter(([, cluster]) => writtenAs(cluster, downstream) === "tenant-cluster")
    .map(([name]) => name);
}

/** The interfaces by which clusters and services are asked for, with all releases and numbers that a cluster may have. */
function tenantInterfaces(
  base: DownstreamCluster,
  { config, shared, facts, provided }: Management,
  downstream: DownstreamConfig,
) {
  const releases = Object.fromEntries(
    Object.entries(shared.releases).map(([name, release]) => {
      const image = planImage(release, shared.proxmox);
      return [name, { release, installer: image.published.installer, templateTags: templateTags(image.name) }];
    }),
  );
  const clusters = Object.fromEntries(ids.map((id) => [`n${id}`, { ...base.config, id }]));
  const { plans } = planDownstreamAddresses({ ...downstream, clusters });
  const blocks = Object.fromEntries(
    Object.values(plans).map((addresses) => [
      addresses.clusterId,
      { addresses, annotations: annotationsOf(addresses, downstream, facts) },
    ]),
  );
  return [
    ...crossplaneAccess(),
    tenantClusterDefinition(Object.keys(releases), config.release),
    tenantClusterComposition(base, releases, blocks),
    // Sveltos delivers services, and nobody else does.
    ...(provided.includes("delivery:sveltos") ? [platformServiceDefinition(), platformServiceComposition()] : []),
  ];
}

/** Numbers that a downstream cluster may have. */
const ids = Array.from({ length: 14 }, (_, index) => index + 1);

/**
 * VMs are clones of a template, which is on one host: the others can have clones only of what is on shared storage, the image in its
 * drive included.
 *
 * Facts: github.com/proxmox/qemu-server: src/PVE/API2/Qemu.pm (`check_storage_access_clone`, "VM uses local storage").
 */
function cloneProblems(downstream: DownstreamConfig, { proxmox }: SharedConfig): Problem[] {
  const { clusters } = downstream;
  if (!Object.values(clusters).some(({ infrastructure }) => infrastructure === "proxmox")) return [];
  const hosts = downstream.proxmox?.hosts ?? Object.keys(proxmox.hosts);
  const [first = ""] = hosts;
  const disks = downstream.proxmox?.storage ?? proxmox.diskStorage;
  const images = proxmox.hosts[first]?.imageStorage ?? proxmox.imageStorage;
  const local = [...new Set([disks, images])].filter((storage) => proxmox.storages[storage]?.shared === false);
  if (hosts.length < 2 || local.length === 0) return [];
  return [
    {
      path: "downstream.proxmox.hosts",
      value: hosts,
      message: `their VMs are clones of a template on ${first}, and Proxmox clones nothing to another host that is on local storage: ${local.join(" and ")}`,
      allowed: "one host, or shared storage for disks and images",
    },
  ];
}

function engineProblems(downstream: DownstreamConfig, provided: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  const { crossplane, platform } = downstream;
  const tenants = tenantsOf(downstream);
  if (!provided.includes(`delivery:${platform}`)) {
    problems.push({
      path: "downstream.clusters",
      message: "get no network: nothing in the management cluster brings their add-ons",
      hint: `switch on addons.${platform}`,
    });
  }
  if (platform === "argocd" && !provided.includes("crd:external-secrets.io")) {
    problems.push({
      path: "downstream.platform",
      value: platform,
      message: "needs external-secrets in the management cluster, which tells Argo CD of each cluster",
      hint: "switch on addons.external-secrets",
    });
  }
  if (crossplane && platform !== "sveltos") {
    problems.push({
      path: "downstream.crossplane",
      value: true,
      message: "needs Sveltos: what tenants ask for gets its platform and its services by it",
      hint: "set downstream.platform to sveltos",
    });
  }
  if (provided.includes("crd:apiextensions.crossplane.io")) return problems;
  const hint = "switch on addons.crossplane";
  if (downstream.crossplane) {
    problems.push({
      path: "downstream.crossplane",
      value: true,
      message: "needs Crossplane in the management cluster",
      hint,
    });
  }
  if (tenants.length > 0) {
    const [one] = tenants;
    problems.push({
      path:
        downstream.writeAs === "tenant-cluster"
          ? "downstream.writeAs"
          : pathOf(["downstream", "clusters", one ?? "", "writeAs"]),
      value: "tenant-cluster",
      message: `needs Crossplane in the management cluster, which makes a cluster of the TenantCluster of ${tenants.join(" and of ")}`,
      hint: `${hint}, or say cluster-api`,
    });
  }
  return problems;
}

function clusterProblems(
  name: string,
  cluster: DownstreamClusterConfig,
  path: string,
  { config, shared, taken, provided }: Management,
): Problem[] {
  const { infrastructure, workers, release: releaseName = config.release } = cluster;
  const problems: Problem[] = [];
  if (taken.names.includes(name)) {
    problems.push({ path, value: name, message: "is the name of another cluster too", allowed: "a name of its own" });
  }
  if (taken.ids.includes(cluster.id)) {
    problems.push({ path: `${path}.id`, value: cluster.id, message: "is the id of a cluster with a stack of its own" });
  }
  const release: Release | undefined = shared.releases[releaseName];
  if (!release) problems.push(...unknownName(`${path}.release`, releaseName, "release", Object.keys(shared.releases)));
  if (typeof workers === "object" && workers.max < workers.min) {
    problems.push({
      path: `${path}.workers.max`,
      value: workers.max,
      message: "is less than min",
      allowed: `${workers.min} or more`,
    });
  }
  for (const [index, machine] of cluster.replace.entries()) {
    if (new RegExp(`^${name}-(control-plane|workers)-[a-z0-9-]+$`).test(machine)) continue;
    problems.push({
      path: `${path}.replace[${index}]`,
      value: machine,
      message: `is no machine of ${name}`,
      allowed: `a name such as ${name}-workers-x7k2p; kubectl get machines --namespace ${name} has them`,
    });
  }
  if (!provided.includes(`infrastructure:${infrastructure}`)) {
    problems.push({
      path: `${path}.infrastructure`,
      value: infrastructure,
      message: "nothing in the management cluster can make machines there",
      hint: `switch on addons.cluster-api-operator, with ${infrastructure} in its settings.infrastructure`,
    });
  }
  const described = config.downstream?.[infrastructure];
  if (!described) {
    problems.push({
      path: `downstream.${infrastructure}`,
      message: `is missing, and ${name} is to be made there`,
      allowed: infrastructure === "proxmox" ? "url and tokenId" : "server, network, images and sshKeyPair",
    });
  } else if ("images" in described && release && !(releaseName in described.images)) {
    problems.push({
      path: `downstream.harvester.images.${releaseName}`,
      message: `is missing, and ${name} runs that release`,
      allowed: "an image on Harvester, as namespace/name",
    });
  }
  const hosts = Object.keys(shared.proxmox.hosts);
  if (infrastructure === "proxmox" && described && "hosts" in described) {
    for (const [index, host] of (described.hosts ?? []).entries()) {
      problems.push(...unknownName(pathOf(["downstream", "proxmox", "hosts", index]), host, "host", hosts));
    }
  }
  return problems;
}
