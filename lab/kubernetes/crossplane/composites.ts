/**
 * Composite resources: what the pipeline of a composition wishes for is made, and what it does not wish for any more goes.
 *
 * Facts: github.com/crossplane/crossplane, v2.3.4: internal/controller/apiextensions/composite (composition_functions.go:
 * what is composed, what is deleted, owner references; reconciler.go: conditions).
 */
import { isDeepStrictEqual } from "node:util";
import type { KubernetesObject } from "../../talos/interface.ts";
import type { World } from "../../world/world.ts";
import type { ClusterApi } from "../api.ts";
import { controlled } from "../owners.ts";
import type { CompositeKind } from "./definitions.ts";
import { conditionsOf, type Result, resourceName, runPipeline } from "./pipeline.ts";

const compositeLabel = "crossplane.io/composite";

/** Composes all resources of a kind. */
export function compose(world: World, api: ClusterApi, kind: CompositeKind, functions: ReadonlySet<string>): void {
  for (const composite of api.list(kind.resource) ?? []) {
    if (composite.metadata.deletionTimestamp !== undefined) {
      takeDown(api, composite);
      continue;
    }
    try {
      const result = runPipeline(api, kind, { composite, observed: observedOf(api, composite) }, functions);
      collectGarbage(api, composite, result);
      const unready = apply(world, api, composite, result);
      show(world, api, composite, result.status, unready);
    } catch (error) {
      const synced = { type: "Synced", status: "False", reason: "ReconcileError", message: (error as Error).message };
      const others = conditionsOf(composite).filter(({ type }) => type !== "Synced");
      setStatus(world, api, composite, { ...(composite.status as object), conditions: [synced, ...others] });
    }
  }
}

/** Composed resources that are there, by the names that the composition gives them. */
function observedOf(api: ClusterApi, composite: KubernetesObject): Map<string, KubernetesObject> {
  const found = new Map<string, KubernetesObject>();
  for (const { apiVersion, kind, name } of referencesOf(composite)) {
    const object = api.get(apiVersion, kind, name, composite.metadata.namespace);
    const key = (object?.metadata.annotations as Record<string, string> | undefined)?.[resourceName];
    if (object && key !== undefined && controlled(object, composite)) found.set(key, object);
  }
  return found;
}

function collectGarbage(api: ClusterApi, composite: KubernetesObject, { resources }: Result): void {
  for (const [name, { apiVersion, kind, metadata }] of observedOf(api, composite)) {
    if (!resources.has(name)) api.delete(apiVersion, kind, metadata.name, metadata.namespace);
  }
}

/** Makes what is wished for; answers the names of what is not ready. */
function apply(world: World, api: ClusterApi, composite: KubernetesObject, { resources }: Result): string[] {
  const references = [...resources.values()].map(({ object: { apiVersion, kind, metadata } }) => ({
    apiVersion,
    kind,
    name: metadata.name,
  }));
  const spec = { ...(composite.spec as object), crossplane: { resourceRefs: references } };
  if (!isDeepStrictEqual(composite.spec, spec)) Object.assign(composite, api.apply({ ...composite, spec }));
  for (const { object } of resources.values()) {
    const { metadata, ...rest } = object;
    const { namespace } = composite.metadata;
    const live = api.get(object.apiVersion, object.kind, metadata.name, namespace);
    const wish: KubernetesObject = {
      ...rest,
      ...(live?.status === undefined ? {} : { status: live.status }),
      metadata: {
        ...live?.metadata,
        ...metadata,
        ...(namespace === undefined ? {} : { namespace }),
        labels: { ...(metadata.labels as object | undefined), [compositeLabel]: composite.metadata.name },
        ownerReferences: ownersWith(live, composite),
      },
    } as KubernetesObject;
    if (live && isDeepStrictEqual(live, wish)) continue;
    api.apply(wish);
    world.record("crossplane.compose", `${object.kind} ${metadata.name}`, { composite: composite.metadata.name });
  }
  return [...resources].filter(([, { ready }]) => ready !== true).map(([name]) => name);
}

/** @throws Error when somebody else is the controller already: there can be one only */
function ownersWith(live: KubernetesObject | undefined, { apiVersion, kind, metadata }: KubernetesObject): unknown[] {
  const owners = (live?.metadata.ownerReferences ?? []) as Record<string, unknown>[];
  const others = owners.filter(({ uid }) => uid !== metadata.uid);
  const rival = others.find(({ controller }) => controller === true);
  if (rival) {
    throw new Error(
      `cannot apply composed resource: metadata.ownerReferences: Only one reference can have Controller set to true. Found "true" in references for ${rival.kind}/${rival.name} and ${kind}/${metadata.name}`,
    );
  }
  const mine = { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
  return [...others, mine];
}

/** What was composed goes with its composite, which is gone when all of it is: deletions are in the foreground. */
function takeDown(api: ClusterApi, composite: KubernetesObject): void {
  const { namespace } = composite.metadata;
  let left = 0;
  for (const { apiVersion, kind, name } of referencesOf(composite)) {
    const object = api.get(apiVersion, kind, name, namespace);
    if (!object || !controlled(object, composite)) continue;
    if (object.metadata.deletionTimestamp === undefined) api.delete(apiVersion, kind, name, namespace);
    if (api.get(apiVersion, kind, name, namespace)) left += 1;
  }
  if (left === 0) api.release(composite);
}

function show(
  world: World,
  api: ClusterApi,
  composite: KubernetesObject,
  status: Record<string, unknown>,
  unready: string[],
): void {
  const observedGeneration = composite.metadata.generation;
  const ready =
    unready.length === 0
      ? { type: "Ready", status: "True", reason: "Available", observedGeneration }
      : {
          type: "Ready",
          status: "False",
          reason: "Creating",
          message: `Unready resources: ${unready.sort().join(", ")}`,
          observedGeneration,
        };
  const synced = { type: "Synced", status: "True", reason: "ReconcileSuccess", observedGeneration };
  setStatus(world, api, composite, { ...status, conditions: [synced, ready] });
}

function setStatus(world: World, api: ClusterApi, composite: KubernetesObject, status: object): void {
  const { apiVersion, kind, metadata } = composite;
  const stored = api.get(apiVersion, kind, metadata.name, metadata.namespace);
  if (!stored || isDeepStrictEqual(stored.status, status)) return;
  stored.status = status;
  world.touch();
}

function referencesOf({ spec }: KubernetesObject): { apiVersion: string; kind: string; name: string }[] {
  const { crossplane } = spec as {
    crossplane?: { resourceRefs?: { apiVersion: string; kind: string; name: string }[] };
  };
  return crossplane?.resourceRefs ?? [];
}
