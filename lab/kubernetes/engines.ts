import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Repositories } from "../git/repositories.ts";
import type { KubernetesObject } from "../talos/interface.ts";
import type { World } from "../world/world.ts";
import type { ClusterApi } from "./api.ts";
import { findChart } from "./charts.ts";
import { argocd } from "./engines/argocd.ts";
import type { Engine, Order } from "./engines/engine.ts";
import { flux } from "./engines/flux.ts";
import { sveltos } from "./engines/sveltos.ts";
import { notFound } from "./errors.ts";
import { makeSecrets } from "./external-secrets.ts";
import { type Destinations, syncFromGit } from "./gitops/argocd.ts";
import { applyFromGit } from "./gitops/flux.ts";
import { Helm, type ReleaseInputs, workloadKeys } from "./helm.ts";
import type { DeliveryState, ObjectReference } from "./state.ts";
import { isReady } from "./workloads.ts";

const engines: readonly Engine[] = [argocd, flux, sveltos];

/** How long an engine takes to notice an object, to fetch its chart and to render it. */
const fetchMs = 8_000;

/**
 * Lets the delivery engines of a cluster do what the present time allows: charts that their objects ask for come into the
 * cluster on the same way as a release of Pulumi's. An engine whose controller does not run does nothing.
 * @param repositories that engines read; without any they leave objects alone that ask for one
 * @param destinations clusters that Argo CD delivers manifests into besides its own
 */
export function deliver(
  world: World,
  api: ClusterApi,
  repositories?: Repositories,
  destinations: Destinations = () => undefined,
): void {
  makeSecrets(world, api);
  if (repositories) applyFromGit(world, api, repositories);
  syncFromGit(world, api, repositories, destinations);
  const helm = new Helm(world);
  for (const engine of engines) {
    const controller = api.state.workloads[engine.controller];
    if (!controller || !isReady(world, controller)) continue;
    engine.started?.(api);
    run(world, api, helm, engine, api);
  }
}

/**
 * Lets an engine of the management cluster deliver into a cluster that it manages.
 * @param home the management cluster, which has the engine's objects
 */
export function deliverInto(world: World, api: ClusterApi, engine: Engine, home: ClusterApi): void {
  const controller = home.state.workloads[engine.controller];
  if (controller && isReady(world, controller)) run(world, api, new Helm(world), engine, home);
}

function run(world: World, api: ClusterApi, helm: Helm, engine: Engine, home: ClusterApi): void {
  const present = new Set<string>();
  for (const object of home.list(engine.resource) ?? []) {
    const order = engine.orderOf(object, api);
    if (!order) continue;
    const key = home.keyFor(object);
    present.add(key);
    const state = stateOf(world, api, key, object, order);
    advance(world, api, helm, engine, key, order, state);
    if (home === api || engine.tellsHome) show(world, home, object, engine.statusOf(order, state, world.clock.nowMs));
    if (engine.reportOf) report(api, state, engine.reportOf(object, order, state));
  }
  forget(world, api, helm, engine, present);
}

function stateOf(world: World, api: ClusterApi, key: string, object: KubernetesObject, order: Order): DeliveryState {
  api.state.deliveries ??= {};
  const wish = JSON.stringify([object.spec, order.release?.values]);
  const spec = createHash("sha256").update(wish).digest("hex");
  const before = api.state.deliveries[key];
  if (before && before.spec === spec) {
    before.onDelete = order.onDelete;
    return before;
  }
  const started: DeliveryState = {
    spec,
    phase: "fetching",
    sinceMs: world.clock.nowMs,
    workloads: before?.workloads ?? [],
    ...(order.release ? { release: { name: order.release.name, namespace: order.release.namespace } } : {}),
    ...(before?.objects ? { objects: before.objects } : {}),
    onDelete: order.onDelete,
  };
  api.state.deliveries[key] = started;
  world.touch();
  return started;
}

function advance(
  world: World,
  api: ClusterApi,
  helm: Helm,
  engine: Engine,
  key: string,
  order: Order,
  state: DeliveryState,
): void {
  const elapsedMs = world.clock.nowMs - state.sinceMs;
  if (order.suspended || state.phase === "failed") return;
  if (state.phase === "fetching" && elapsedMs >= fetchMs) {
    const problem = order.blocked?.(api) ?? place(api, helm, engine, key, order, state);
    if (!isDeepStrictEqual(problem, state.problem)) world.touch();
    state.problem = problem;
    if (problem) return;
    Object.assign(state, { phase: "waiting", sinceMs: world.clock.nowMs });
    world.record(`${engine.name}.apply`, nameOf(key, order.release));
  }
  if (state.phase === "fetching") return;
  const ready = state.workloads.every((key) => {
    const workload = api.state.workloads[key];
    return workload !== undefined && isReady(world, workload);
  });
  const late = !ready && state.phase === "waiting" && elapsedMs >= order.timeoutSeconds * 1000;
  if (late) state.problem = engine.lateProblem(order);
  const phase = ready ? "ready" : late && engine.givesUp ? "failed" : "waiting";
  if (phase === state.phase) return;
  if (ready) state.problem = undefined;
  Object.assign(state, { phase, sinceMs: world.clock.nowMs });
  world.touch();
}

/** Puts a chart or objects in place; answers why that cannot be done. */
function place(api: ClusterApi, helm: Helm, engine: Engine, key: string, order: Order, state: DeliveryState) {
  try {
    if (order.release) placeChart(api, helm, engine, key, order, order.release, state);
    for (const object of order.objects?.() ?? []) {
      const put = referenceTo(api.apply(object));
      state.objects = [...(state.objects ?? []).filter((other) => !isDeepStrictEqual(other, put)), put];
    }
    return undefined;
  } catch (error) {
    return engine.problemOf(error as Error, order);
  }
}

function placeChart(
  api: ClusterApi,
  helm: Helm,
  engine: Engine,
  key: string,
  { createNamespace }: Order,
  release: ReleaseInputs,
  state: DeliveryState,
): void {
  const { chart, version, repositoryOpts, namespace } = release;
  const found = findChart(chart, version, repositoryOpts?.repo);
  if (!api.get("v1", "Namespace", namespace)) {
    if (!createNamespace) throw notFound("namespaces", namespace);
    api.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: createNamespace } });
  }
  const changes = engine.placing?.(api, helm, release, found) ?? true;
  state.workloads = changes
    ? helm.apply(api, release, found, engine.ownerOf(key, release))
    : workloadKeys(release, found);
}

/** What was delivered for objects that are gone, or ask for nothing any more, stays or goes with them. */
function forget(world: World, api: ClusterApi, helm: Helm, engine: Engine, present: ReadonlySet<string>): void {
  for (const [key, state] of Object.entries(api.state.deliveries ?? {})) {
    if (!key.startsWith(engine.keyPrefix) || present.has(key)) continue;
    delete api.state.deliveries?.[key];
    if (state.onDelete === "remove") {
      if (state.release) {
        helm.removeObjects(api, engine.ownerOf(key, state.release));
        if (engine.keepsRecords) helm.removeRecords(api, state.release);
      }
      for (const { apiVersion, kind, name, namespace } of state.objects ?? []) {
        api.delete(apiVersion, kind, name, namespace);
      }
      world.record(`${engine.name}.remove`, nameOf(key, state.release));
    }
    if (state.report) {
      const { apiVersion, kind, name, namespace } = state.report;
      api.delete(apiVersion, kind, name, namespace);
    }
    world.touch();
  }
}

/** Keeps the object in which an engine tells of an order up to date. */
function report(api: ClusterApi, state: DeliveryState, object: KubernetesObject): void {
  const { apiVersion, kind, metadata, spec, status } = object;
  const present = api.get(apiVersion, kind, metadata.name, metadata.namespace);
  if (present && isDeepStrictEqual([present.spec, present.status], [spec, status])) return;
  state.report = referenceTo(api.apply(object));
}

function referenceTo({ apiVersion, kind, metadata }: KubernetesObject): ObjectReference {
  const { name, namespace } = metadata;
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** `namespace/release`, or the object's own name. */
function nameOf(key: string, release: { name: string; namespace: string } | undefined): string {
  return release ? `${release.namespace}/${release.name}` : (key.split("/").at(-1) as string);
}

function show(world: World, api: ClusterApi, object: KubernetesObject, status: Record<string, unknown>): void {
  const stored = api.state.objects[api.keyFor(object)];
  if (!stored || isDeepStrictEqual(stored.status, status)) return;
  stored.status = status;
  world.touch();
}
