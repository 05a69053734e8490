/** The platform of downstream clusters: what of the catalogue each of them gets, and how it gets there. */
import { type Entry, kubeRoute } from "../components/downstream-clusters/kube-route.ts";
import { clusterLabel } from "../components/downstream-clusters/names.ts";
import { kubeconfigReader } from "../components/downstream-clusters/registration.ts";
import type { ClusterFacts, KubernetesObject, MachineRequirement, NodePlan } from "../components/facts.ts";
import type { DownstreamAddresses } from "../components/network/downstream.ts";
import type { AddonPlan } from "../components/platform-addons/addon.ts";
import { catalogue } from "../components/platform-addons/catalogue/index.ts";
import { type ArgoPlatform, argoPlatform } from "../components/platform-addons/delivery/argocd-downstream.ts";
import { managementCluster, managementReference } from "../components/platform-addons/delivery/sveltos-cluster.ts";
import {
  type DownstreamPlatform,
  downstreamFacts,
  downstreamProfiles,
  downstreamValues,
  selectingLabels,
} from "../components/platform-addons/delivery/sveltos-downstream.ts";
import { mergeValues } from "../components/platform-addons/merge.ts";
import { machineRequirements, planAddons } from "../components/platform-addons/plan.ts";
import { type ClusterConfig, clusterSchema, type DownstreamConfig, pathOf, type Release } from "../config/index.ts";
import type { Problem } from "../config/problems.ts";
import { addonsOf, placesOf } from "./downstream-addons.ts";

/** A downstream cluster, before it is known what its add-ons ask for. */
export interface PlatformTarget {
  name: string;
  labels: Record<string, string>;
  release: Release;
  releaseName: string;
  addresses: DownstreamAddresses;
}

/** What the add-ons of a cluster say about its objects. */
export interface PlatformPart {
  /** Annotations by which Argo CD knows the cluster; absent where Sveltos brings its platform. */
  registered?: Record<string, string>;
  selection: { labels: Record<string, string>; annotations: Record<string, string> };
  requirements: MachineRequirement[];
}

/** The platform of all downstream clusters. */
export interface Platform {
  /** What each cluster gets, with stand-ins for what differs between clusters. */
  addons: Record<string, readonly AddonPlan[]>;
  objects: KubernetesObject[];
  /** Text of files that the engine needs in the repository, by path. */
  files: Record<string, string>;
  parts: Record<string, PlatformPart>;
  problems: Problem[];
}

/** Everything has to come by the engine, what Pulumi applies itself elsewhere included. */
const entries = () => catalogue().map((addon) => ({ ...addon, directOnly: undefined }));

/** Decides the add-ons of downstream clusters; paths of problems are relative to `orrery:cluster`. */
export function planPlatform(
  targets: readonly PlatformTarget[],
  config: ClusterConfig,
  management: ClusterFacts,
): Platform {
  const { downstream } = config;
  if (!downstream) return { addons: {}, objects: [], files: {}, parts: {}, problems: [] };
  const problems: Problem[] = [];
  const parts: Record<string, PlatformPart> = {};
  const platforms: DownstreamPlatform[] = [];
  const places = placesOf(downstream, entries());
  for (const target of targets) {
    const facts = factsOf(target, downstream, management);
    const standing = downstreamFacts(facts);
    const { addons, problems: own } = planAddons(configOf(target, downstream), standing, entries(), "repository");
    const { moved, placeOf, namesItself } = places(target.name);
    problems.push(...own.map(moved));
    for (const addon of addons.filter(({ secrets }) => secrets.length > 0)) {
      const place = placeOf(addon.name);
      problems.push({
        path: namesItself(addon.name) ? place : pathOf(["downstream", "clusters", target.name, "labels"]),
        message: `the add-on ${addon.name} expects a Secret in ${target.name}, and ${engineNames[downstream.platform]} does not know its value`,
        hint: `let external-secrets bring it and set ${place}.existingSecrets to true, or switch it off: ${place}: false`,
      });
    }
    const selecting = selectingLabels(addons);
    parts[target.name] = {
      ...(downstream.platform === "argocd" ? { registered: registeredAs(facts) } : {}),
      selection: { labels: selecting, annotations: downstreamValues(facts) },
      requirements: machineRequirements(addons),
    };
    platforms.push({
      name: target.name,
      own: { [clusterLabel]: target.name },
      labels: { ...selecting, ...target.labels },
      addons,
      facts: standing,
    });
  }
  const { objects: engine, files } = enginePart(platforms, config, management);
  const objects = [...engine, ...routes(platforms, downstream, management)];
  // The same mistake in each of many clusters is one mistake.
  const addons = Object.fromEntries(platforms.map((platform) => [platform.name, platform.addons]));
  return { addons, objects, files, parts, problems: unique(problems) };
}

const engineNames = { sveltos: "Sveltos", argocd: "Argo CD" } as const;

/** What brings the platform of all clusters, in the management cluster and in the repository. */
function enginePart(
  platforms: readonly DownstreamPlatform[],
  config: ClusterConfig,
  { name }: ClusterFacts,
): ArgoPlatform {
  if (config.downstream?.platform !== "argocd") return { objects: downstreamProfiles(platforms), files: {} };
  const { url = "", revision = "HEAD" } = repositoryOf(config) ?? {};
  const { objects, files } = argoPlatform(platforms, { url, revision, folder: `clusters/${name}/downstream` });
  return { objects: [kubeconfigReader(), ...objects], files };
}

/** The repository that Argo CD reads, as the stack file says it; undefined without Argo CD. */
function repositoryOf({ addons }: ClusterConfig): { url?: string; revision?: string } | undefined {
  const { argocd } = addons;
  return typeof argocd === "object" ? (argocd.settings?.repository as { url?: string } | undefined) : undefined;
}

/** What templates of Argo CD read of a cluster: all that Sveltos' find in the `Cluster` itself, too. */
function registeredAs(facts: ClusterFacts): Record<string, string> {
  return { ...downstreamValues(facts), ...managementCluster(facts).metadata.annotations };
}

function routes(
  platforms: readonly DownstreamPlatform[],
  { domain, kubeRoute: entry, kubeRouteIssuer: issuer }: DownstreamConfig,
  management: ClusterFacts,
) {
  const zone = domain ?? management.domain;
  const wanted = platforms.some(({ addons }) => addons.some(({ name }) => name === "capsule-proxy"));
  if (!wanted || zone === undefined || entry === "none") return [];
  const [namespace = "", name = ""] = entry.split("/");
  const way: Entry =
    entry === "ingress"
      ? { kind: "Ingress", parent: { name: "nginx" }, ...(issuer ? { issuer } : {}) }
      : { kind: "HTTPRoute", parent: { namespace, name } };
  return kubeRoute(zone, way, managementReference);
}

/** The configuration of a downstream cluster, as far as the choice of add-ons looks at it. */
function configOf(
  { name, addresses, labels, releaseName }: PlatformTarget,
  downstream: DownstreamConfig,
): ClusterConfig {
  const { gateway, routerAsn } = downstream.network;
  const addons = addonsOf(downstream.addons, downstream.clusters[name]?.addons ?? {});
  const { cilium } = addons;
  const said = typeof cilium === "object" ? cilium : {};
  const router = { address: gateway, asn: routerAsn };
  return clusterSchema.parse({
    id: addresses.clusterId,
    release: releaseName,
    labels,
    provided: downstream.provided,
    delivery: "sveltos",
    addons: {
      ...addons,
      // The router learns load-balancer addresses from every node, and pods stay inside.
      cilium: cilium !== false && {
        ...said,
        settings: { router, announcePods: false, ...said.settings },
        values: mergeValues(downstream.platform === "argocd" ? steadyCertificates : {}, said.values ?? {}),
      },
    },
  });
}

/** Argo CD renders a chart again and again: certificates that Helm makes would be others each time. */
const steadyCertificates = { hubble: { tls: { auto: { method: "cronJob" } } } };

/** What stands in the annotations of a `Cluster` with these addresses. */
export function annotationsOf(
  addresses: DownstreamAddresses,
  downstream: DownstreamConfig,
  management: ClusterFacts,
): Record<string, string> {
  return downstreamValues({ ...management, addresses: withBgp(addresses, downstream, management) });
}

function withBgp(
  addresses: DownstreamAddresses,
  { network }: DownstreamConfig,
  management: ClusterFacts,
): ClusterFacts["addresses"] {
  const bgp = {
    peer: network.gateway,
    peerAsn: network.routerAsn,
    keepaliveSeconds: 10,
    holdSeconds: 30,
    bfd: false,
    ciliumAsn: 4_220_000_000 + management.addresses.clusterId * 1000 + addresses.clusterId,
  };
  return { ...addresses, bgp };
}

function factsOf(target: PlatformTarget, downstream: DownstreamConfig, management: ClusterFacts): ClusterFacts {
  const { name, labels, release, releaseName, addresses } = target;
  const zone = downstream.domain ?? management.domain;
  const { podsOnControlPlanes: _, ...site } = management;
  return {
    ...site,
    name,
    clusterApi: true,
    ...(zone === undefined ? {} : { domain: `${name}.${zone}` }),
    labels,
    release,
    releaseName,
    addresses: withBgp(addresses, downstream, management),
    // Their number changes while nobody plans: what follows from it is the same for all.
    nodes: [nodeOf(name, "controlplane"), nodeOf(name, "worker"), nodeOf(name, "worker")],
  };
}

function nodeOf(name: string, role: NodePlan["role"]): NodePlan {
  const pool = role === "controlplane" ? "cp" : "wk";
  return { name, role, pool, suffix: 0, addresses: [], interfaceAddresses: [], loopbacks: [], settings: {} };
}

function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
