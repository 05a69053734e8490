/**
 * provider-kubernetes: applies what its `Object`s ask for, with the rights of its service account, and tells how it is.
 *
 * Facts: github.com/crossplane-contrib/provider-kubernetes, v1.2.1: internal/controller/namespaced/object (readiness, what a
 * deletion does); crossplane/crossplane-runtime, v2.0.0-rc.1: pkg/reconciler/managed (management policies, conditions).
 */
import { isDeepStrictEqual } from "node:util";
import { isRecord } from "../../protocol/values.ts";
import type { KubernetesObject } from "../../talos/interface.ts";
import type { World } from "../../world/world.ts";
import type { ClusterApi } from "../api.ts";
import { groupVersionOf } from "../kinds.ts";
import { serverSideApplied } from "../server-side-apply.ts";
import { holds } from "./functions.ts";
import type { CrossplaneState } from "./state.ts";

const account = "provider-kubernetes";

interface ObjectSpec {
  managementPolicies?: string[];
  providerConfigRef?: { kind: string; name: string };
  readiness?: { policy?: string; celQuery?: string };
  forProvider: { manifest: KubernetesObject };
}

/** Does what all `Object`s ask for. */
export function applyObjects(world: World, api: ClusterApi, state: CrossplaneState): void {
  const objects = api.list("objects.kubernetes.m.crossplane.io") ?? [];
  const groups = objects.length > 0 ? groupsOf(api) : new Set<string>();
  for (const object of objects) {
    const key = api.keyFor(object);
    const { managementPolicies = ["*"], forProvider } = object.spec as ObjectSpec;
    const may = (action: string) => managementPolicies.includes("*") || managementPolicies.includes(action);
    const { manifest } = forProvider;
    try {
      if (object.metadata.deletionTimestamp !== undefined) {
        if (!may("Delete") || isGone(api, manifest)) {
          delete state.applied[key];
          api.release(object);
        }
        continue;
      }
      refuseWithoutRight(api, object, manifest, groups);
      if (may("Update")) put(world, api, state, key, manifest);
      show(world, object, undefined, isReady(api, object));
    } catch (error) {
      show(world, object, (error as Error).message, false);
    }
  }
  for (const key of Object.keys(state.applied)) if (!(key in api.state.objects)) delete state.applied[key];
}

/** Deletes an object; true when it is gone. */
function isGone(api: ClusterApi, { apiVersion, kind, metadata }: KubernetesObject): boolean {
  const live = api.get(apiVersion, kind, metadata.name, metadata.namespace);
  if (live && live.metadata.deletionTimestamp === undefined) {
    api.delete(apiVersion, kind, metadata.name, metadata.namespace);
  }
  return api.get(apiVersion, kind, metadata.name, metadata.namespace) === undefined;
}

function put(world: World, api: ClusterApi, state: CrossplaneState, key: string, manifest: KubernetesObject): void {
  const { apiVersion, kind, metadata } = manifest;
  const live = api.get(apiVersion, kind, metadata.name, metadata.namespace);
  const wish = serverSideApplied(live, state.applied[key], manifest);
  const { status: _, ...present } = live ?? ({} as KubernetesObject);
  if (!live || !isDeepStrictEqual(present, wish)) {
    const written = api.apply(wish);
    if (live?.status !== undefined) written.status = live.status;
    world.record(live ? "crossplane.update" : "crossplane.create", `${kind} ${metadata.name}`);
  }
  if (!isDeepStrictEqual(state.applied[key], manifest)) state.applied[key] = manifest;
}

function isReady(api: ClusterApi, { spec }: KubernetesObject): boolean {
  const { readiness, forProvider } = spec as ObjectSpec;
  const { apiVersion, kind, metadata } = forProvider.manifest;
  const live = api.get(apiVersion, kind, metadata.name, metadata.namespace);
  if (!live) return false;
  if (readiness?.policy !== "DeriveFromCelQuery") return true;
  const { generation } = live.metadata;
  const asked = { metadata: { generation }, spec: live.spec, ...(live.status ? { status: live.status } : {}) };
  return holds(readiness.celQuery ?? "", asked);
}

/** @throws Error in the API's words when the provider's service account may not do it, or its configuration is missing */
function refuseWithoutRight(
  api: ClusterApi,
  object: KubernetesObject,
  manifest: KubernetesObject,
  groups: ReadonlySet<string>,
): void {
  const { providerConfigRef } = object.spec as ObjectSpec;
  const { kind = "", name = "" } = providerConfigRef ?? {};
  if (!api.get("kubernetes.m.crossplane.io/v1alpha1", kind, name, object.metadata.namespace)) {
    throw new Error(
      `connect failed: cannot get provider config: ${kind}.kubernetes.m.crossplane.io "${name}" not found`,
    );
  }
  const { group } = groupVersionOf(manifest.apiVersion);
  if (groups.has(group)) return;
  throw new Error(
    `observe failed: cannot get object: ${manifest.kind}.${group} "${manifest.metadata.name}" is forbidden: User "system:serviceaccount:crossplane-system:${account}" cannot get resource`,
  );
}

/** API groups that the provider's service account has rights in. */
function groupsOf(api: ClusterApi): Set<string> {
  const bindings = (api.list("clusterrolebindings") ?? []).filter(({ subjects }) =>
    recordsIn(subjects).some((subject) => subject.kind === "ServiceAccount" && subject.name === account),
  );
  const rules = bindings.flatMap(({ roleRef }) => {
    const name = isRecord(roleRef) ? String(roleRef.name) : "";
    return recordsIn(api.get("rbac.authorization.k8s.io/v1", "ClusterRole", name)?.rules);
  });
  return new Set(rules.flatMap(({ apiGroups }) => (Array.isArray(apiGroups) ? apiGroups.map(String) : [])));
}

function show(world: World, object: KubernetesObject, problem: string | undefined, ready: boolean): void {
  const observedGeneration = object.metadata.generation;
  const synced =
    problem === undefined
      ? { type: "Synced", status: "True", reason: "ReconcileSuccess", observedGeneration }
      : { type: "Synced", status: "False", reason: "ReconcileError", message: problem, observedGeneration };
  const status = {
    conditions: [synced, { type: "Ready", status: ready ? "True" : "False", observedGeneration }],
  };
  if (isDeepStrictEqual(object.status, status)) return;
  object.status = status;
  world.touch();
}

function recordsIn(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
