/**
 * Argo CD's application controller, for applications whose source is a folder in a Git repository: plain manifests, or a chart
 * whose templates use nothing but values.
 *
 * Facts: github.com/argoproj/argo-cd, v3.2.3: controller/appcontroller.go (`autoSync`: when it syncs and when not),
 * controller/state.go (conditions, resources), docs/user-guide/sync-waves.md, sync-options.md, auto_sync.md, app_deletion.md, operator-manual/health.md;
 * gitops-engine, pkg/sync/sync_context.go (a wave begins when that before it is healthy; what is pruned comes last).
 */
import type { Repositories } from "../../git/repositories.ts";
import { parseDuration } from "../../talos/duration.ts";
import type { KubernetesObject } from "../../talos/interface.ts";
import type { World } from "../../world/world.ts";
import type { ClusterApi } from "../api.ts";
import { groupVersionOf } from "../kinds.ts";
import type { GitState, ObjectReference } from "../state.ts";
import { isReady } from "../workloads.ts";
import {
  destinationOf,
  folderOf,
  type GitSource,
  hasOption,
  namespaceOf,
  type SyncPolicy,
  trackingId,
  treeOf,
  wavesOf,
} from "./application.ts";
import { generateApplications } from "./application-sets.ts";
import {
  annotationOf,
  changedBy,
  drop,
  find,
  forgetGone,
  gitStateOf,
  isDue,
  put,
  referenceTo,
  remove,
  runs,
  show,
  stale,
  track,
} from "./tree.ts";

const finalizer = "resources-finalizer.argocd.argoproj.io";

/** How often a repository is asked, without the jitter: `timeout.reconciliation`. */
const refreshMs = 120_000;

/** Answers the API of another cluster that Argo CD can reach; undefined for one that it cannot. */
export type Destinations = (cluster: string) => ClusterApi | undefined;

/** Lets Argo CD look into its repositories, and sync what differs. */
export function syncFromGit(
  world: World,
  api: ClusterApi,
  repositories: Repositories | undefined,
  destinations: Destinations,
): void {
  if (runs(world, api, "Deployment.apps/argocd/argocd-applicationset-controller")) {
    generateApplications(world, api, repositories);
  }
  if (!repositories || !runs(world, api, "StatefulSet.apps/argocd/argocd-application-controller")) return;
  const applications = (api.list("applications.argoproj.io") ?? []).filter((object) => folderOf(object) !== undefined);
  for (const application of applications) {
    const cluster = destinationOf(application);
    const target = cluster === undefined ? api : destinations(cluster);
    if (target) new Reconciliation(world, api, application, repositories, target).run();
    else showUnreachable(world, api, application);
  }
  forgetGone(world, api, "Application.argoproj.io/", applications);
}

function showUnreachable(world: World, api: ClusterApi, application: KubernetesObject): void {
  const message = `there are no clusters with this name: ${destinationOf(application)}`;
  const conditions = [{ type: "InvalidSpecError", message: `application destination can't be resolved: ${message}` }];
  show(world, api, application, { health: { status: "Unknown" }, sync: { status: "Unknown" }, conditions });
}

/** One look at one application. */
class Reconciliation {
  private readonly world: World;
  /** The cluster that it delivers into. */
  private readonly api: ClusterApi;
  /** The cluster that the application is in. */
  private readonly home: ClusterApi;
  private readonly object: KubernetesObject;
  private readonly repositories: Repositories;
  private readonly state: GitState;
  private readonly source: GitSource;
  private readonly policy: SyncPolicy;
  private readonly namespace: string;

  constructor(
    world: World,
    home: ClusterApi,
    object: KubernetesObject,
    repositories: Repositories,
    target: ClusterApi,
  ) {
    this.world = world;
    this.home = home;
    this.api = target;
    this.object = object;
    this.repositories = repositories;
    this.state = gitStateOf(world, home, object);
    this.source = folderOf(object) as GitSource;
    this.policy = (object.spec as { syncPolicy?: SyncPolicy }).syncPolicy ?? {};
    this.namespace = namespaceOf(object);
    const { finalizers } = object.metadata;
    this.state.onDelete = Array.isArray(finalizers) && finalizers.includes(finalizer) ? "remove" : "keep";
  }

  run(): void {
    const { state, world, api } = this;
    const refresh = isDue(world, state, refreshMs);
    const retry = state.retryAtMs !== undefined && world.clock.nowMs >= state.retryAtMs;
    if (!refresh && !retry && !state.syncing && state.seen === api.state.revision) return;
    if (refresh) this.refresh();
    const wanted = this.target();
    if (!wanted) return;
    const before = new Map(this.earlier().map((object) => [nameOf(object), object]));
    const differing = () => wanted.filter((object) => changedBy(api, object, before.get(nameOf(object))));
    if (this.maySync(wanted, differing())) this.sync(wanted, before, differing());
    state.seen = api.state.revision;
    this.showSync(wanted, differing(), this.gone(wanted));
    world.touch();
  }

  /** Asks the repository. An operation that is under way stays at its commit; one that is tried again may be told otherwise. */
  private refresh(): void {
    const { state, source, policy } = this;
    state.lookedAtMs = this.world.clock.nowMs;
    this.world.touch();
    let commit: string;
    try {
      commit = this.repositories.commitOf(source.repoURL, source.targetRevision ?? "HEAD");
    } catch (error) {
      state.problem = { reason: "ComparisonError", message: (error as Error).message };
      return;
    }
    if (state.problem?.reason === "ComparisonError") state.problem = undefined;
    if (commit === state.commit || state.syncing || (state.retryAtMs !== undefined && !policy.retry?.refresh)) return;
    this.state.commit = commit;
    Object.assign(state, { failures: 0, retryAtMs: undefined, problem: undefined, syncing: false });
  }

  /** What is wanted; undefined while that is not known. */
  private target(): KubernetesObject[] | undefined {
    const { state } = this;
    try {
      if (state.problem?.reason === "ComparisonError") throw new Error(state.problem.message);
      return this.treeAt(String(state.commit));
    } catch (error) {
      this.showUnknown(`Failed to load target state: ${(error as Error).message}`);
      return undefined;
    }
  }

  private treeAt(commit: string): KubernetesObject[] {
    return treeOf(this.object, commit, this.repositories, this.api);
  }

  private earlier(): KubernetesObject[] {
    try {
      return this.state.applied ? this.treeAt(this.state.applied) : [];
    } catch {
      // History was rewritten, or it is another repository now.
      return [];
    }
  }

  /** What left the repository and is still there as this application's own. */
  private gone(wanted: readonly KubernetesObject[]): ObjectReference[] {
    const { api, state, object } = this;
    const left = stale(state, wanted);
    const own = left.filter((each) =>
      annotationOf(find(api, each), trackingId)?.startsWith(`${object.metadata.name}:`),
    );
    drop(
      state,
      left.filter((each) => !own.includes(each)),
    );
    return own;
  }

  /** Whether an automated sync goes on or begins. */
  private maySync(wanted: readonly KubernetesObject[], differing: readonly KubernetesObject[]): boolean {
    const { state, policy, world } = this;
    const { automated } = policy;
    if (!automated) return false;
    if (state.syncing) return true;
    const gone = this.gone(wanted).filter((each) => automated.prune && !this.isKept(each));
    if (differing.length + gone.length === 0) {
      for (const object of wanted) track(state, object);
      state.applied = state.commit;
      return false;
    }
    if ((state.failures ?? 0) > this.attempts) return false;
    if (state.retryAtMs !== undefined && world.clock.nowMs < state.retryAtMs) return false;
    if (state.applied === state.commit && !automated.selfHeal) return false;
    if (wanted.length === 0 && !automated.allowEmpty) {
      const message = `Skipping sync attempt to ${state.commit}: auto-sync will wipe out all resources`;
      state.problem = { reason: "SyncError", message };
      return false;
    }
    return true;
  }

  private sync(
    wanted: readonly KubernetesObject[],
    before: ReadonlyMap<string, KubernetesObject>,
    differing: readonly KubernetesObject[],
  ): void {
    const { api, state, world } = this;
    // Of a commit that is applied only what differs is healed.
    const tasks = state.applied === state.commit ? differing : wanted;
    const unknown = tasks.find(
      (object) => !this.isKnown(object) && !hasOption(object, "SkipDryRunOnMissingResource=true"),
    );
    if (unknown) {
      const { group } = groupVersionOf(unknown.apiVersion);
      this.fail(
        `one or more synchronization tasks are not valid: The Kubernetes API could not find ${group}/${unknown.kind} for requested resource ${unknown.metadata.namespace ?? ""}/${unknown.metadata.name}. Make sure the "${unknown.kind}" CRD is installed on the destination cluster.`,
      );
      return;
    }
    this.createNamespace();
    for (const wave of wavesOf(tasks)) {
      const failures = wave.flatMap((object) => {
        try {
          if (put(api, state, object, before.get(nameOf(object)))) world.record("argocd.sync", nameOf(object));
          return [];
        } catch (error) {
          return [(error as Error).message];
        }
      });
      if (failures.length > 0) {
        this.fail(`one or more objects failed to apply, reason: ${failures.join(", ")}`);
        return;
      }
      const waiting = wave.find((object) => this.healthOf(object) !== "Healthy");
      if (waiting && this.healthOf(waiting) === "Degraded") {
        this.fail(`one or more synchronization tasks completed unsuccessfully: ${nameOf(waiting)} is degraded`);
        return;
      }
      state.syncing = waiting !== undefined;
      if (waiting) {
        const { group } = groupVersionOf(waiting.apiVersion);
        const message = `waiting for healthy state of ${group}/${waiting.kind}/${waiting.metadata.name}`;
        state.problem = { reason: "Running", message };
        return;
      }
    }
    this.prune(wanted);
    const done = { applied: state.commit, syncing: false, failures: 0 };
    Object.assign(state, { ...done, retryAtMs: undefined, problem: undefined });
  }

  private prune(wanted: readonly KubernetesObject[]): void {
    if (!this.policy.automated?.prune) return;
    const pruned = this.gone(wanted).filter((each) => !this.isKept(each));
    for (const each of pruned) {
      remove(this.api, each);
      this.world.record("argocd.prune", `${each.kind}/${each.namespace ?? ""}/${each.name}`);
    }
    drop(this.state, pruned);
  }

  private isKept(reference: ObjectReference): boolean {
    const object = find(this.api, reference);
    return object !== undefined && hasOption(object, "Prune=false");
  }

  private fail(message: string): void {
    const { state, policy, world } = this;
    const { duration = "5s", factor = 2, maxDuration = "3m" } = policy.retry?.backoff ?? {};
    const failures = (state.failures ?? 0) + 1;
    const waitMs = Math.min(
      (parseDuration(duration) ?? 5000) * factor ** (failures - 1),
      parseDuration(maxDuration) ?? 180_000,
    );
    const again = failures <= this.attempts;
    Object.assign(state, { failures, syncing: false, problem: { reason: "SyncError", message } });
    state.retryAtMs = again ? world.clock.nowMs + waitMs : undefined;
  }

  /** How often a failed sync is tried again. */
  private get attempts(): number {
    const { limit = 5 } = this.policy.retry ?? {};
    return limit < 0 ? Number.POSITIVE_INFINITY : limit;
  }

  private isKnown(object: KubernetesObject): boolean {
    try {
      this.api.keyFor(object);
      return true;
    } catch {
      return false;
    }
  }

  private createNamespace(): void {
    const { api, policy, namespace } = this;
    if (!policy.syncOptions?.includes("CreateNamespace=true") || api.get("v1", "Namespace", namespace)) return;
    const { labels = {} } = policy.managedNamespaceMetadata ?? {};
    api.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
  }

  /** An application is as healthy as it says; what makes pods when they run; everything else when it is there. */
  private healthOf(wish: KubernetesObject): string {
    const live = find(this.api, referenceTo(wish));
    if (!live) return "Missing";
    if (live.kind === "Application") {
      const { health } = (live.status ?? {}) as { health?: { status?: string } };
      return health?.status ?? "Progressing";
    }
    const workload = this.api.state.workloads[this.api.keyFor(live)];
    return !workload || isReady(this.world, workload) ? "Healthy" : "Progressing";
  }

  private showSync(
    wanted: readonly KubernetesObject[],
    differing: readonly KubernetesObject[],
    gone: readonly ObjectReference[],
  ): void {
    const { state } = this;
    const outOfSync = differing.length + gone.length > 0;
    const all = wanted.map((object) => this.healthOf(object));
    const worst = ["Unknown", "Degraded", "Missing", "Progressing"].find((health) => all.includes(health));
    const failed = state.problem?.reason === "SyncError";
    show(this.world, this.home, this.object, {
      health: { status: worst ?? "Healthy" },
      sync: { status: outOfSync ? "OutOfSync" : "Synced", revision: state.commit },
      resources: [
        ...wanted.map((object) => ({
          ...resourceOf(referenceTo(object)),
          status: differing.includes(object) ? "OutOfSync" : "Synced",
        })),
        ...gone.map((object) => ({ ...resourceOf(object), status: "OutOfSync", requiresPruning: true })),
      ],
      ...(failed ? { conditions: [{ type: "SyncError", message: state.problem?.message }] } : {}),
      ...(state.syncing || failed
        ? {
            operationState: {
              phase: state.syncing || state.retryAtMs !== undefined ? "Running" : "Failed",
              message: state.problem?.message,
            },
          }
        : state.applied
          ? { operationState: { phase: "Succeeded", message: "successfully synced (all tasks run)" } }
          : {}),
    });
  }

  /** Nothing is touched while it is not known what is wanted. */
  private showUnknown(message: string): void {
    this.state.seen = this.api.state.revision;
    show(this.world, this.home, this.object, {
      health: { status: "Unknown" },
      sync: { status: "Unknown", ...(this.state.commit ? { revision: this.state.commit } : {}) },
      conditions: [{ type: "ComparisonError", message }],
    });
  }
}

/** How an application tells of a resource. */
function resourceOf({ apiVersion, kind, name, namespace }: ObjectReference): Record<string, string> {
  const { group, version } = groupVersionOf(apiVersion);
  return { ...(group === "" ? {} : { group }), version, kind, ...(namespace === undefined ? {} : { namespace }), name };
}

function nameOf(object: KubernetesObject): string {
  const { kind, name, namespace } = referenceTo(object);
  return [kind, ...(namespace === undefined ? [] : [namespace]), name].join("/");
}
