/** The plan of a cluster stack: everything that is known before the first resource is registered. */
import type { ClusterFacts, NodePlan, SharedFacts } from "../components/facts.ts";
import { planAddresses } from "../components/network/addresses.ts";
import { contains, parseRange } from "../components/network/ranges.ts";
import { routerProblems } from "../components/network/router-access.ts";
import { type AddonPlan, planAddons } from "../components/platform-addons/plan.ts";
import { podsOnControlPlanes } from "../components/scheduling.ts";
import { planNodes } from "../components/talos-cluster/node-plan.ts";
import {
  type ClusterConfig,
  checkStackFiles,
  clusterKey,
  either,
  locate,
  type Release,
  type SharedConfig,
  type StackFiles,
  stackFileName,
  suggestion,
  unknownName,
} from "../config/index.ts";
import { ConfigError, type Problem } from "../config/problems.ts";
import { collisionProblems, type Site } from "./collisions.ts";
import { credentialProblems } from "./credentials.ts";
import { type Downstream, planDownstream } from "./downstream.ts";
import { downstreamCollisionProblems } from "./downstream-collisions.ts";
import { memoryProblems } from "./host-capacity.ts";
import { type Guest, takenVmProblems } from "./taken-vms.ts";

/** A cluster, fully decided. */
export interface ClusterPlan {
  facts: ClusterFacts;
  /** In the order in which they are applied. */
  addons: AddonPlan[];
  /** The clusters that it makes; absent when there are none. */
  downstream?: Downstream;
  config: ClusterConfig;
  shared: SharedConfig;
}

/**
 * Plans one cluster stack.
 *
 * @param published what the stack `shared` exports; the releases in it hold over those of the file, because images
 * exist for them. Without it the file's are taken.
 * @param guests what runs on the hosts already; VM ids are not looked for in it without
 * @throws ConfigError with all problems of the stack, those with other stacks and on the hosts among them
 */
export function planCluster(stack: string, files: StackFiles, published?: SharedFacts, guests?: Guest[]): ClusterPlan {
  const { plan, problems } = checkCluster(stack, files, published, guests);
  if (!plan || problems.length > 0) throw new ConfigError(problems);
  return plan;
}

/**
 * Plans one cluster stack for a Git repository, out of which an engine in the cluster delivers.
 * @throws ConfigError with all problems of the stack
 */
export function planForGit(stack: string, files: StackFiles): ClusterPlan {
  const { plan, problems } = checkCluster(stack, files, undefined, [], "repository");
  if (!plan || problems.length > 0) throw new ConfigError(problems);
  return plan;
}

/**
 * Reads the stack files of a folder for one stack.
 *
 * @param env environment that has to hold the credentials for Proxmox VE; not looked at when undefined
 * @throws ConfigError with all problems of all files, those in the plan of this stack among them
 */
export function readSite(stack: string, folder: string, env?: Record<string, string | undefined>): StackFiles {
  const { shared, clusters, problems } = checkStackFiles(folder);
  if (!shared) throw new ConfigError(problems);
  const missing = env ? credentialProblems(env, shared) : [];
  if (problems.length === 0 && missing.length === 0) return { shared, clusters };
  const planned = stack in clusters ? checkCluster(stack, { shared, clusters }).problems : [];
  throw new ConfigError([...problems, ...planned, ...missing]);
}

function checkCluster(
  stack: string,
  site: Site,
  published?: SharedFacts,
  guests: Guest[] = [],
  target: "cluster" | "repository" = "cluster",
): { plan?: ClusterPlan; problems: Problem[] } {
  const config = site.clusters[stack];
  const file = stackFileName(stack);
  if (!config) {
    const stacks = Object.keys(site.clusters);
    const hint = suggestion(stack, stacks);
    return { problems: [{ file, path: "", message: "file is missing", allowed: `stack ${either(stacks)}`, hint }] };
  }
  const shared = published ? { ...site.shared, releases: published.releases } : site.shared;
  const addresses = planAddresses(config, shared, stack);
  const { nodes, problems: nodeProblems } = planNodes(config, shared, addresses.plan);
  const problems = [
    ...releaseProblems(config, site.shared, published),
    ...addresses.problems,
    ...routerProblems(config, site.shared, addresses.plan),
    ...collisionProblems(stack, site),
    ...downstreamCollisionProblems(stack, site),
    ...nodeProblems,
    ...takenVmProblems(nodes, config, addresses.plan.clusterName, guests),
    ...memoryProblems(stack, site),
    ...placeProblems(config, nodes),
    ...(addresses.problems.length === 0 ? rangeProblems(nodes, addresses.plan) : []),
  ];
  // With an unknown release the add-ons are still looked through, to tell of their mistakes in the same message.
  const release = shared.releases[config.release] ?? Object.values(shared.releases)[0];
  if (!release) return { problems: locate(problems, file, clusterKey) };
  const facts = factsOf(stack, config, shared, release, addresses.plan, nodes);
  const { addons, problems: addonProblems } = planAddons(config, facts, undefined, target);
  problems.push(...addonProblems);
  const others = Object.entries(site.clusters).filter(([name]) => name !== stack);
  const { downstream, problems: downstreamProblems } = planDownstream({
    config,
    shared,
    facts,
    taken: { names: others.map(([name, other]) => other.name ?? name), ids: others.map(([, { id }]) => id) },
    chosen: addons.map(({ name }) => name),
    provided: addons.flatMap(({ provides }) => provides),
  });
  problems.push(...downstreamProblems);
  const plan = { facts, addons, ...(downstream ? { downstream } : {}), config, shared: site.shared };
  return { plan, problems: locate(problems, file, clusterKey) };
}

function factsOf(
  stack: string,
  config: ClusterConfig,
  shared: SharedConfig,
  release: Release,
  addresses: ClusterFacts["addresses"],
  nodes: NodePlan[],
): ClusterFacts {
  const { domain, purpose, owner, contacts, labels } = config;
  return {
    name: config.name ?? stack,
    ...(domain === undefined ? {} : { domain }),
    purpose,
    owner,
    contacts,
    labels,
    releaseName: config.release,
    release,
    addresses,
    nodes,
    hosts: Object.keys(shared.proxmox.hosts),
    ...(podsOnControlPlanes(config.machine.scheduleOnControlPlanes, nodes)
      ? { podsOnControlPlanes: true as const }
      : {}),
    ...(config.machine.oidc ? { oidcIssuer: config.machine.oidc.issuerUrl } : {}),
  };
}

function releaseProblems(config: ClusterConfig, shared: SharedConfig, published?: SharedFacts): Problem[] {
  const inFile = unknownName("release", config.release, "release", Object.keys(shared.releases));
  if (inFile.length > 0 || !published || config.release in published.releases) return inFile;
  return [
    {
      path: "release",
      value: config.release,
      message: "is not published yet",
      hint: "bring the shared stack up first: pulumi up -s shared",
    },
  ];
}

/** Without a node for ordinary pods the platform would wait for ever. */
function placeProblems({ machine }: ClusterConfig, nodes: NodePlan[]): Problem[] {
  if (machine.scheduleOnControlPlanes !== false || nodes.some(({ role }) => role === "worker")) return [];
  return [
    {
      path: "machine.scheduleOnControlPlanes",
      value: false,
      message: "leaves no node for pods, because there are no workers",
      allowed: "true",
    },
  ];
}

/** What only shows when nodes and ranges are looked at together. */
function rangeProblems(nodes: NodePlan[], { nodeSubnets, loadBalancerRanges }: ClusterFacts["addresses"]): Problem[] {
  return nodes.flatMap(({ name, suffix, addresses }): Problem[] => {
    if (addresses.length < nodeSubnets.length) {
      const cidrs = nodeSubnets.map(({ cidr }) => cidr).join(" and ");
      return [{ path: "network.nodeSubnets", value: suffix, message: `${name} has no address in each of ${cidrs}` }];
    }
    return addresses.flatMap((address) => {
      const taken = loadBalancerRanges.find((cidr) => contains(parseRange(cidr), parseRange(address)));
      if (!taken) return [];
      return [
        {
          path: "network.loadBalancerRanges",
          value: taken,
          message: `holds the address ${address} of node ${name}`,
          allowed: "addresses that no node has",
        },
      ];
    });
  });
}
