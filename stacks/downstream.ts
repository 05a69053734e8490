/** What a management cluster's stack is to make of the clusters below it: everything known before the first resource. */
import { type DownstreamPlan, planDownstreamCluster } from "../components/downstream-clusters/plan.ts";
import { type MachineTemplate, templateTags } from "../components/downstream-clusters/vm-template.ts";
import type { ClusterFacts, KubernetesObject } from "../components/facts.ts";
import { planDownstreamAddresses } from "../components/network/downstream.ts";
import { planImage } from "../components/talos-image/plan.ts";
import {
  type ClusterConfig,
  type DownstreamClusterConfig,
  pathOf,
  type Release,
  type SharedConfig,
  unknownName,
} from "../config/index.ts";
import type { Problem } from "../config/problems.ts";

/** The clusters that a cluster makes. */
export interface Downstream {
  clusters: DownstreamPlan[];
  /** VM templates on Proxmox, one per release that is used there. */
  templates: MachineTemplate[];
  /** Objects for the clusters as a whole. */
  platform: KubernetesObject[];
  /** `up` waits until the machines are as wanted. */
  wait: boolean;
}

/** What is known about the management cluster. */
interface Management {
  config: ClusterConfig;
  shared: SharedConfig;
  facts: ClusterFacts;
  /** Names and ids of the other stacks' clusters. */
  taken: { names: readonly string[]; ids: readonly number[] };
  /** What its add-ons provide. */
  provided: readonly string[];
}

/** Plans the downstream clusters of a stack; paths of problems are relative to `orrery:cluster`. */
export function planDownstream(management: Management): { downstream?: Downstream; problems: Problem[] } {
  const { config, shared } = management;
  const { downstream } = config;
  if (!downstream || Object.keys(downstream.clusters).length === 0) return { problems: [] };
  const { plans, problems } = planDownstreamAddresses(downstream);
  const templates = new Map<string, MachineTemplate>();
  const clusters: DownstreamPlan[] = [];
  for (const [name, cluster] of Object.entries(downstream.clusters)) {
    const path = pathOf(["downstream", "clusters", name]);
    problems.push(...clusterProblems(name, cluster, path, management));
    const releaseName = cluster.release ?? config.release;
    const release = shared.releases[releaseName];
    const addresses = plans[name];
    if (!release || !addresses) continue;
    const image = planImage(release, shared.proxmox);
    const hosts = downstream.proxmox?.hosts ?? Object.keys(shared.proxmox.hosts);
    const storage = downstream.proxmox?.storage ?? shared.proxmox.diskStorage;
    if (cluster.infrastructure === "proxmox" && !templates.has(image.name)) {
      const host = hosts[0] ?? "";
      templates.set(image.name, { name: image.name, release, image: image.published, host, storage });
    }
    clusters.push(
      planDownstreamCluster({
        name,
        config: cluster,
        release,
        releaseName,
        installer: image.published.installer,
        templateTags: templateTags(image.name),
        addresses,
        managementId: config.id,
        hosts,
        storage,
        dnsServers: downstream.network.dnsServers ?? shared.dns.servers.filter((address) => !address.includes(":")),
        ntpServers: shared.ntpServers,
        downstream,
      }),
    );
  }
  const wait = downstream.wait;
  return { downstream: { clusters, templates: [...templates.values()], platform: [], wait }, problems };
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
