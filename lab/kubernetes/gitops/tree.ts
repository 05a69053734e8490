import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { isRecord } from "../../protocol/values.ts";
import type { KubernetesObject } from "../../talos/interface.ts";
import type { World } from "../../world/world.ts";
import { type ClusterApi, withoutSecrets } from "../api.ts";
import { serverSideApplied } from "../server-side-apply.ts";
import type { GitState, ObjectReference } from "../state.ts";
import { isReady } from "../workloads.ts";

/** True when the controller of an engine runs. */
export function runs(world: World, api: ClusterApi, controller: string): boolean {
  const workload = api.state.workloads[controller];
  return workload !== undefined && isReady(world, workload);
}

/** How far an engine is with an object of its own; from the start when the object asks for something else now. */
export function gitStateOf(world: World, api: ClusterApi, object: KubernetesObject): GitState {
  api.state.git ??= {};
  const key = api.keyFor(object);
  const spec = createHash("sha256").update(JSON.stringify(object.spec)).digest("hex");
  const before = api.state.git[key];
  if (before?.spec === spec) return before;
  const kept = before ? { objects: before.objects, ...(before.applied ? { applied: before.applied } : {}) } : undefined;
  const started: GitState = { objects: [], ...kept, spec, onDelete: "keep" };
  api.state.git[key] = started;
  world.touch();
  return started;
}

/** Takes away what was put in place for objects that are gone, as far as they say so. */
export function forgetGone(world: World, api: ClusterApi, prefix: string, present: readonly KubernetesObject[]): void {
  const keys = new Set(present.map((object) => api.keyFor(object)));
  for (const [key, state] of Object.entries(api.state.git ?? {})) {
    if (!key.startsWith(prefix) || keys.has(key)) continue;
    delete api.state.git?.[key];
    if (state.onDelete === "remove") for (const object of state.objects) remove(api, object);
    world.touch();
  }
}

/** True when something that was looked at before is due again. */
export function isDue(world: World, { lookedAtMs }: GitState, intervalMs: number): boolean {
  return lookedAtMs === undefined || world.clock.nowMs >= lookedAtMs + intervalMs;
}

/** Puts an object in place and notes it; false when it was so already. */
export function put(
  api: ClusterApi,
  state: GitState,
  wish: KubernetesObject,
  before: KubernetesObject | undefined,
): boolean {
  const changed = changedBy(api, wish, before);
  if (changed) api.apply(changed);
  track(state, wish);
  return changed !== undefined;
}

/** Notes that an object is in place. */
export function track(state: GitState, wish: KubernetesObject): void {
  const reference = referenceTo(wish);
  if (!state.objects.some((other) => isDeepStrictEqual(other, reference))) state.objects.push(reference);
}

/** The object as it has to become; undefined when it is so already. Fields that others have written stay. */
export function changedBy(
  api: ClusterApi,
  wish: KubernetesObject,
  before: KubernetesObject | undefined,
): KubernetesObject | undefined {
  const found = find(api, referenceTo(wish));
  if (!found) return wish;
  const { status: _, ...live } = found;
  // The data of Secrets is kept as digests.
  if (wish.kind === "Secret") return isDeepStrictEqual(withoutSecrets(wish).data, live.data) ? undefined : wish;
  const after = serverSideApplied(found, before, wish);
  return isDeepStrictEqual(after, live) ? undefined : after;
}

/** Objects that were put in place and are wanted no more. */
export function stale(state: GitState, wanted: readonly KubernetesObject[]): ObjectReference[] {
  const wishes = new Set(wanted.map((object) => JSON.stringify(referenceTo(object))));
  return state.objects.filter((object) => !wishes.has(JSON.stringify(object)));
}

/** Finds an object; undefined when it or its kind is not there. */
export function find(api: ClusterApi, { apiVersion, kind, name, namespace }: ObjectReference) {
  return api.get(apiVersion, kind, name, namespace);
}

/** Takes an object away, whose kind may be gone already. */
export function remove(api: ClusterApi, object: ObjectReference): void {
  const { apiVersion, kind, name, namespace } = object;
  if (find(api, object)) api.delete(apiVersion, kind, name, namespace);
}

/** Forgets that objects were put in place. */
export function drop(state: GitState, objects: readonly ObjectReference[]): void {
  state.objects = state.objects.filter((object) => !objects.includes(object));
}

/** What names an object, as it stands in it. */
export function referenceTo({ apiVersion, kind, metadata }: KubernetesObject): ObjectReference {
  const { name, namespace } = metadata;
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** The same object in a namespace, if its kind lives in namespaces and it names none. */
export function inNamespace(api: ClusterApi, object: KubernetesObject, namespace: string): KubernetesObject {
  if (object.metadata.namespace !== undefined) return object;
  const known = find(api, { ...referenceTo(object), namespace });
  const clusterWide = known ? known.metadata.namespace === undefined : isClusterWide(api, object);
  return clusterWide ? object : { ...object, metadata: { ...object.metadata, namespace } };
}

function isClusterWide(api: ClusterApi, object: KubernetesObject): boolean {
  try {
    return api.keyFor(object).split("/")[1] === "";
  } catch {
    // A kind that is not there yet: the API will say so.
    return true;
  }
}

/** An annotation of an object; undefined when it has none of that name. */
export function annotationOf(object: KubernetesObject | undefined, name: string): string | undefined {
  const annotations = object?.metadata.annotations;
  return isRecord(annotations) && typeof annotations[name] === "string" ? annotations[name] : undefined;
}

/** Shows how far an engine is, in the object itself. */
export function show(world: World, api: ClusterApi, object: KubernetesObject, status: Record<string, unknown>): void {
  const stored = api.state.objects[api.keyFor(object)];
  if (!stored || isDeepStrictEqual(stored.status, status)) return;
  stored.status = status;
  world.touch();
}
