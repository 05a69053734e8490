/**
 * Flux' kustomize-controller for folders of plain manifests, without `kustomization.yaml`, dependencies and health checks.
 *
 * Facts: github.com/fluxcd/kustomize-controller, v1.6.1:
 * internal/controller/kustomization_controller.go (reasons, inventory, what is deleted with the object),
 * docs/spec/v1/kustomizations.md (intervals, `kustomize.toolkit.fluxcd.io/prune`); fluxcd/cli-utils, pkg/object/objmetadata.go
 * (ids in the inventory); fluxcd/pkg/ssa, manager_apply.go
 * (namespaces and definitions first; nothing of a stage is applied when the dry run of one of it fails), patch.go with the
 * options of kustomization_controller.go (fields of managers whose names begin with `kubectl` go with each apply).
 */

import { ManifestError, manifestsIn } from "../../git/manifests.ts";
import type { Repositories } from "../../git/repositories.ts";
import { isRecord } from "../../protocol/values.ts";
import type { KubernetesObject } from "../../talos/interface.ts";
import type { World } from "../../world/world.ts";
import { type ClusterApi, mergedFields } from "../api.ts";
import { groupVersionOf } from "../kinds.ts";
import type { GitState } from "../state.ts";
import { checkOutSources, durationOf } from "./flux-sources.ts";
import {
  annotationOf,
  drop,
  find,
  forgetGone,
  gitStateOf,
  inNamespace,
  put,
  referenceTo,
  remove,
  runs,
  show,
  stale,
} from "./tree.ts";

const sourceApi = "source.toolkit.fluxcd.io/v1";
const group = "kustomize.toolkit.fluxcd.io";

/** How long it takes until something is looked at again that waits for something else. */
const requeueMs = 30_000;

/** Lets Flux look into its repositories, and apply what it finds. */
export function applyFromGit(world: World, api: ClusterApi, repositories: Repositories): void {
  if (runs(world, api, "Deployment.apps/flux-system/source-controller")) {
    checkOutSources(world, api, repositories);
  }
  if (!runs(world, api, "Deployment.apps/flux-system/kustomize-controller")) return;
  const objects = api.list(`kustomizations.${group}`) ?? [];
  for (const object of objects) reconcile(world, api, object, repositories);
  forgetGone(world, api, `Kustomization.${group}/`, objects);
}

function reconcile(world: World, api: ClusterApi, object: KubernetesObject, repositories: Repositories): void {
  const spec = isRecord(object.spec) ? object.spec : {};
  const state = gitStateOf(world, api, object);
  state.onDelete = spec.prune === true && spec.suspend !== true ? "remove" : "keep";
  if (spec.suspend === true) return;
  const { nowMs } = world.clock;
  const source = sourceOf(api, object, spec);
  const commit = source && api.state.git?.[api.keyFor(source)]?.commit;
  const waits = state.retryAtMs !== undefined && nowMs < state.retryAtMs;
  if (waits && commit === state.commit) return;
  state.commit = commit;
  const interval = durationOf(spec.interval, 60_000);
  const problem =
    source && commit
      ? applyTree(
          world,
          api,
          object,
          spec,
          state,
          { url: String((source.spec as { url: string }).url), commit },
          repositories,
        )
      : withoutSource(spec, source);
  state.problem = problem;
  const retry = problem?.reason === "ArtifactFailed" ? requeueMs : durationOf(spec.retryInterval, interval);
  state.retryAtMs = nowMs + (problem ? retry : interval);
  const branch =
    source && isRecord(source.status) && isRecord(source.status.artifact) ? source.status.artifact.revision : "";
  const ready = problem
    ? { type: "Ready", status: "False", ...problem }
    : { type: "Ready", status: "True", reason: "ReconciliationSucceeded", message: `Applied revision: ${branch}` };
  show(world, api, object, {
    observedGeneration: 1,
    conditions: [ready],
    ...(problem ? { lastAttemptedRevision: branch } : { lastAppliedRevision: branch }),
    inventory: {
      entries: state.objects.map(({ apiVersion, kind, name, namespace = "" }) => {
        const { group: own, version } = groupVersionOf(apiVersion);
        return { id: `${namespace}_${name}_${own}_${kind}`, v: version };
      }),
    },
  });
  world.touch();
}

function sourceOf(api: ClusterApi, { metadata }: KubernetesObject, { sourceRef }: Record<string, unknown>) {
  if (!isRecord(sourceRef)) return undefined;
  const namespace = String(sourceRef.namespace ?? metadata.namespace);
  return api.get(sourceApi, String(sourceRef.kind), String(sourceRef.name), namespace);
}

function withoutSource({ sourceRef }: Record<string, unknown>, source: KubernetesObject | undefined) {
  const { kind, name } = isRecord(sourceRef) ? sourceRef : {};
  const message = source
    ? "Source artifact not found, retrying in 30s"
    : `unable to get source '${kind}/${name}': ${String(kind).toLowerCase()}.source.toolkit.fluxcd.io "${name}" not found`;
  return { reason: "ArtifactFailed", message };
}

/** Applies a folder as a whole; answers why that cannot be done. */
function applyTree(
  world: World,
  api: ClusterApi,
  object: KubernetesObject,
  spec: Record<string, unknown>,
  state: GitState,
  { url, commit }: { url: string; commit: string },
  repositories: Repositories,
) {
  const path = String(spec.path ?? "./");
  const files = repositories.files(url, commit, path);
  if (files.size === 0) {
    return {
      reason: "ArtifactFailed",
      message: `kustomization path not found: stat ${path}: no such file or directory`,
    };
  }
  let wanted: KubernetesObject[];
  try {
    wanted = treeOf(api, object, files);
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    return { reason: "BuildFailed", message: `failed to decode Kubernetes YAML from ${error.message}` };
  }
  const before = new Map(earlier(api, object, state, url, path, repositories).map((each) => [keyOf(each), each]));
  for (const stage of stages(wanted)) {
    for (const each of stage) {
      const refused = refusal(api, each);
      if (refused) return { reason: "ReconciliationFailed", message: `${keyOf(each)} dry-run failed: ${refused}` };
    }
    for (const each of stage) {
      const fields = api.takeFromKubectl(each);
      const earlier = before.get(keyOf(each));
      const owned = fields ? (mergedFields(earlier, fields) as KubernetesObject) : earlier;
      if (put(api, state, each, owned)) world.record("flux.apply", keyOf(each));
    }
  }
  const gone = stale(state, wanted);
  if (spec.prune === true) {
    for (const each of gone) {
      if (annotationOf(find(api, each), `${group}/prune`) === "disabled") continue;
      remove(api, each);
      world.record("flux.prune", `${each.kind}/${each.namespace ?? ""}/${each.name}`);
    }
  }
  drop(state, gone);
  state.applied = commit;
  return undefined;
}

/** What was applied last: fields that it had and that are not wanted any more go. */
function earlier(
  api: ClusterApi,
  object: KubernetesObject,
  { applied }: GitState,
  url: string,
  path: string,
  repositories: Repositories,
): KubernetesObject[] {
  if (!applied) return [];
  try {
    return treeOf(api, object, repositories.files(url, applied, path));
  } catch {
    // History was rewritten, or it is another repository now.
    return [];
  }
}

function treeOf(
  api: ClusterApi,
  { metadata }: KubernetesObject,
  files: ReadonlyMap<string, string>,
): KubernetesObject[] {
  const owner = { [`${group}/name`]: metadata.name, [`${group}/namespace`]: metadata.namespace };
  return manifestsIn(files).map((each) => {
    const labels = isRecord(each.metadata.labels) ? each.metadata.labels : {};
    return inNamespace(api, { ...each, metadata: { ...each.metadata, labels: { ...labels, ...owner } } }, "default");
  });
}

function stages(objects: readonly KubernetesObject[]): KubernetesObject[][] {
  const isFirst = ({ kind }: KubernetesObject) => kind === "Namespace" || kind === "CustomResourceDefinition";
  return [objects.filter(isFirst), objects.filter((object) => !isFirst(object))];
}

/** What the API would say to an object; undefined when it would take it. */
function refusal(api: ClusterApi, object: KubernetesObject): string | undefined {
  try {
    api.keyFor(object);
  } catch (error) {
    return (error as Error).message;
  }
  const { namespace } = object.metadata;
  return namespace === undefined || api.get("v1", "Namespace", namespace)
    ? undefined
    : `namespaces "${namespace}" not found`;
}

function keyOf(object: KubernetesObject): string {
  const { kind, name, namespace } = referenceTo(object);
  return [kind, ...(namespace === undefined ? [] : [namespace]), name].join("/");
}
