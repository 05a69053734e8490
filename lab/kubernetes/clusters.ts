import { parse } from "yaml";
import type { Repositories } from "../git/repositories.ts";
import { isRecord } from "../protocol/values.ts";
import type {
  ClusterMachines,
  ConnectedKubernetes,
  FieldChange,
  KubernetesObject,
  RunningNode,
} from "../talos/interface.ts";
import type { World } from "../world/world.ts";
import { ClusterApi } from "./api.ts";
import { attachVolumes, type DiskHost } from "./attachments.ts";
import { makeClusters } from "./cluster-api/controllers.ts";
import { giveAddresses, passEvents } from "./cluster-api/events.ts";
import type { Hypervisor } from "./cluster-api/hypervisor.ts";
import { runCrossplane } from "./crossplane/crossplane.ts";
import { argocdFor } from "./engines/argocd.ts";
import { sveltosFor } from "./engines/sveltos.ts";
import { deliver, deliverInto } from "./engines.ts";
import { ApiError } from "./errors.ts";
import { registeredClusters } from "./gitops/application-sets.ts";
import { nodesOf } from "./nodes.ts";
import { podsOf } from "./pods.ts";
import { newCluster } from "./state.ts";
import { networkRuns, refreshWorkloads } from "./workloads.ts";

/** What happens when Cluster API's controllers look after their machines without being asked, and how often it does. */
const reconcile = "clusterApi.reconcile";
const reconcileMs = 10_000;

/** All clusters of the lab with their APIs. */
export class Clusters implements ConnectedKubernetes {
  private readonly world: World;
  private readonly machines: ClusterMachines;
  /** Where Cluster API makes machines. */
  hypervisors: readonly Hypervisor[] = [];
  /** Where volumes of pods are plugged into nodes. @default nowhere */
  diskHost?: DiskHost;
  private readonly contexts = new Map<string, Context | undefined>();

  /** Git repositories that engines read. */
  private readonly repositories: Repositories | undefined;

  constructor(world: World, machines: ClusterMachines, repositories?: Repositories) {
    this.world = world;
    this.machines = machines;
    this.repositories = repositories;
    world.clock.handle(reconcile, (clusterId) => this.refresh(clusterId));
  }

  /** The API of a cluster, whether it can be reached or not. */
  api(clusterId: string): ClusterApi {
    const { clusters } = this.world.part("kubernetes", () => ({ clusters: {} }));
    clusters[clusterId] ??= newCluster();
    return new ClusterApi(this.world, clusters[clusterId]);
  }

  /**
   * Finds the cluster that a kubeconfig leads to.
   * @returns the cluster's id, or why it cannot be reached
   */
  resolve(kubeconfig: string): { clusterId: string } | { unreachable: string } {
    if (!this.contexts.has(kubeconfig)) this.contexts.set(kubeconfig, contextOf(kubeconfig));
    const config = this.contexts.get(kubeconfig);
    if (!config)
      return { unreachable: "failed to parse kubeconfig data in `kubernetes:config:kubeconfig`- no current context" };
    const clusterId = this.machines.clusterAt?.(config.server, config.clientCertificate);
    const at = `unable to load schema information from the API server: Get "${config.server}/openapi/v2?timeout=32s"`;
    if (clusterId === undefined) return { unreachable: `${at}: dial tcp: connect: no route to host` };
    if (!this.machines.hasQuorum(clusterId)) return { unreachable: `${at}: context deadline exceeded` };
    return { clusterId };
  }

  /** Lets pods start and definitions come in, as far as the present time allows. */
  refresh(clusterId: string): void {
    const api = this.api(clusterId);
    refreshWorkloads(this.world, api, this.machines.runningNodes(clusterId));
    deliver(this.world, api, this.repositories, (name) =>
      isRegistered(api, name) ? this.api(`${clusterId}/${name}`) : undefined,
    );
    if (this.diskHost) attachVolumes(this.world, api, this.diskHost);
    runCrossplane(this.world, api);
    const made = makeClusters(this.world, api, this.hypervisors, (name) => this.api(`${clusterId}/${name}`));
    for (const { cluster, nodes } of made) this.refreshDownstream(api, clusterId, cluster, nodes);
    this.forgetDownstream(clusterId, new Set(made.map(({ cluster }) => cluster.metadata.name)));
    const { clock, state } = this.world;
    // Controllers go on working when nobody looks.
    if (made.length > 0 && !state.events.some(({ kind, subject }) => kind === reconcile && subject === clusterId)) {
      clock.schedule(reconcileMs, reconcile, clusterId);
    }
  }

  /** The same in a cluster that this one has made, and in it what the management cluster's engine brings. */
  private refreshDownstream(
    home: ClusterApi,
    clusterId: string,
    cluster: KubernetesObject,
    nodes: RunningNode[],
  ): void {
    if (nodes.length === 0) return;
    const api = this.api(`${clusterId}/${cluster.metadata.name}`);
    refreshWorkloads(this.world, api, nodes);
    for (const engine of sveltosFor(cluster, home)) deliverInto(this.world, api, engine, home);
    if (isRegistered(home, cluster.metadata.name)) {
      deliverInto(this.world, api, argocdFor(cluster.metadata.name), home);
    }
    giveAddresses(this.world, api);
    passEvents(this.world, home, cluster, api);
  }

  private forgetDownstream(clusterId: string, names: ReadonlySet<string>): void {
    const { clusters } = this.world.part("kubernetes", () => ({ clusters: {} }));
    for (const key of Object.keys(clusters)) {
      const [home, name] = key.split("/");
      if (home === clusterId && name !== undefined && !names.has(name)) delete clusters[key];
    }
  }

  cniRunning(clusterId: string): boolean {
    this.refresh(clusterId);
    return networkRuns(this.world, this.api(clusterId).state);
  }

  list(clusterId: string, resource: string): KubernetesObject[] | undefined {
    this.refresh(clusterId);
    const api = this.api(clusterId);
    const listed = api.list(resource);
    const running = this.machines.runningNodes(clusterId);
    if (/^(nodes?|no)$/.test(resource)) return nodesOf(this.world, api, running, this.cniRunning(clusterId));
    if (/^(pods?|po)$/.test(resource)) return podsOf(this.world, api, running);
    return listed;
  }

  keepOnly(clusterIds: ReadonlySet<string>): void {
    const { clusters } = this.world.part("kubernetes", () => ({ clusters: {} }));
    for (const clusterId of Object.keys(clusters))
      if (!clusterIds.has(clusterId.split("/")[0] as string)) delete clusters[clusterId];
    this.world.touch();
  }

  setUnschedulable(clusterId: string, node: string, unschedulable: boolean): boolean {
    const nodes = this.list(clusterId, "nodes") ?? [];
    if (!nodes.some(({ metadata }) => metadata.name === node)) return false;
    const { state } = this.api(clusterId);
    state.unschedulable = state.unschedulable.filter((name) => name !== node);
    if (unschedulable) state.unschedulable.push(node);
    this.world.record(unschedulable ? "node.cordon" : "node.uncordon", node);
    return true;
  }

  replaceObject(clusterId: string, object: KubernetesObject, change: FieldChange): boolean {
    const api = this.api(clusterId);
    const { apiVersion, kind, metadata } = object;
    if (!api.get(apiVersion, kind, metadata.name, metadata.namespace)) return false;
    api.apply(object);
    api.note(object, change);
    // Controllers act on what they are told before it is gone again.
    this.refresh(clusterId);
    return true;
  }

  createObject(clusterId: string, object: KubernetesObject): string | undefined {
    try {
      this.api(clusterId).create(object);
      return undefined;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return `(${error.reason}): ${error.message}`;
    }
  }

  deleteObject(clusterId: string, resource: string, name: string, namespace?: string): boolean {
    const found = this.list(clusterId, resource)?.find(
      ({ metadata }) => metadata.name === name && (namespace === undefined || metadata.namespace === namespace),
    );
    if (!found) return false;
    const api = this.api(clusterId);
    api.delete(found.apiVersion, found.kind, name, found.metadata.namespace);
    if (found.kind === "Node") {
      api.state.unschedulable = api.state.unschedulable.filter((node) => node !== name);
      api.state.deletedNodes[name] = this.world.clock.nowMs;
      this.world.record("node.delete", name);
    }
    return true;
  }
}

/** True for a cluster that Argo CD of the management cluster has the credentials of. */
function isRegistered(home: ClusterApi, name: string): boolean {
  return registeredClusters(home).some((cluster) => cluster.name === name);
}

/** Server and client certificate of a kubeconfig's current context. */
interface Context {
  server: string;
  clientCertificate: string;
}

function contextOf(kubeconfig: string): Context | undefined {
  let config: unknown;
  try {
    config = parse(kubeconfig);
  } catch {
    return undefined;
  }
  if (!isRecord(config)) return undefined;
  const context = named(config.contexts, config["current-context"])?.context;
  if (!isRecord(context)) return undefined;
  const cluster = named(config.clusters, context.cluster)?.cluster;
  const user = named(config.users, context.user)?.user;
  if (!isRecord(cluster) || !isRecord(user)) return undefined;
  const certificate = String(user["client-certificate-data"] ?? "");
  return { server: String(cluster.server), clientCertificate: Buffer.from(certificate, "base64").toString("utf8") };
}

function named(list: unknown, name: unknown): Record<string, unknown> | undefined {
  return Array.isArray(list) ? list.find((entry) => isRecord(entry) && entry.name === name) : undefined;
}
