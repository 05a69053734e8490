import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { KubernetesObject } from "../talos/interface.ts";
import type { World } from "../world/world.ts";
import type { ClusterApi } from "./api.ts";
import { findChart } from "./charts.ts";
import { argocd } from "./engines/argocd.ts";
import type { Engine, Order } from "./engines/engine.ts";
import { flux } from "./engines/flux.ts";
import { notFound } from "./errors.ts";
import { Helm } from "./helm.ts";
import type { DeliveryState } from "./state.ts";
import { isReady } from "./workloads.ts";

const engines: readonly Engine[] = [argocd, flux];

/** How long an engine takes to notice an object, to fetch its chart and to render it. */
const fetchMs = 8_000;

/**
 * Lets the delivery engines of a cluster do what the present time allows: charts that their objects ask for come into the
 * cluster on the same way as a release of Pulumi's. An engine whose controller does not run does nothing.
 */
export function deliver(world: World, api: ClusterApi): void {
  const helm = new Helm(world);
  for (const engine of engines) {
    const controller = api.state.workloads[engine.controller];
    if (!controller || !isReady(world, controller)) continue;
    const objects = api.list(engine.resource) ?? [];
    for (const object of objects) {
      const order = engine.orderOf(object, api);
      if (!order) continue;
      const state = stateOf(world, api, object, order);
      advance(world, api, helm, engine, api.keyFor(object), order, state);
      show(world, api, object, engine.statusOf(order, state, world.clock.nowMs));
    }
    forget(world, api, helm, engine, objects);
  }
}

function stateOf(world: World, api: ClusterApi, object: KubernetesObject, order: Order): DeliveryState {
  api.state.deliveries ??= {};
  const key = api.keyFor(object);
  const spec = createHash("sha256").update(JSON.stringify(object.spec)).digest("hex");
  const before = api.state.deliveries[key];
  if (before && before.spec === spec) {
    before.onDelete = order.onDelete;
    return before;
  }
  const { name, namespace } = order.release;
  const started: DeliveryState = {
    spec,
    phase: "fetching",
    sinceMs: world.clock.nowMs,
    workloads: before?.workloads ?? [],
    release: { name, namespace },
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
    world.record(`${engine.name}.apply`, `${order.release.namespace}/${order.release.name}`);
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

/** Puts a chart in place; answers why that cannot be done. */
function place(api: ClusterApi, helm: Helm, engine: Engine, key: string, order: Order, state: DeliveryState) {
  try {
    const { chart, version, repositoryOpts, namespace } = order.release;
    const found = findChart(chart, version, repositoryOpts?.repo);
    if (!api.get("v1", "Namespace", namespace)) {
      if (!order.createNamespace) throw notFound("namespaces", namespace);
      const labels = order.createNamespace;
      api.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
    }
    engine.placing?.(api, helm, order, found);
    state.workloads = helm.apply(api, order.release, found, engine.ownerOf(key, order.release));
    return undefined;
  } catch (error) {
    return engine.problemOf(error as Error, order);
  }
}

/** What was delivered for objects that are gone stays or goes with them. */
function forget(world: World, api: ClusterApi, helm: Helm, engine: Engine, objects: readonly KubernetesObject[]): void {
  const present = new Set(objects.map((object) => api.keyFor(object)));
  for (const [key, state] of Object.entries(api.state.deliveries ?? {})) {
    if (!key.startsWith(engine.keyPrefix) || present.has(key)) continue;
    delete api.state.deliveries?.[key];
    if (state.onDelete === "remove") {
      helm.removeObjects(api, engine.ownerOf(key, state.release));
      if (engine.keepsRecords) helm.removeRecords(api, state.release);
      world.record(`${engine.name}.remove`, `${state.release.namespace}/${state.release.name}`);
    }
    world.touch();
  }
}

function show(world: World, api: ClusterApi, object: KubernetesObject, status: Record<string, unknown>): void {
  const stored = api.state.objects[api.keyFor(object)];
  if (!stored || isDeepStrictEqual(stored.status, status)) return;
  stored.status = status;
  world.touch();
}
