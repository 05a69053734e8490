/**
 * Flux' source-controller for Git repositories.
 *
 * Facts: github.com/fluxcd/source-controller, v1.6.2: internal/controller/gitrepository_controller.go (reasons, what stays when
 * a repository cannot be read), docs/spec/v1/gitrepositories.md.
 */
import { GitError, type Repositories } from "../../git/repositories.ts";
import { isRecord } from "../../protocol/values.ts";
import { parseDuration } from "../../talos/duration.ts";
import type { KubernetesObject } from "../../talos/interface.ts";
import type { World } from "../../world/world.ts";
import { type ClusterApi, timestamp } from "../api.ts";
import type { GitState } from "../state.ts";
import { gitStateOf, isDue, show } from "./tree.ts";

/** Asks every repository that is due for the commit of its branch. */
export function checkOutSources(world: World, api: ClusterApi, repositories: Repositories): void {
  for (const object of api.list("gitrepositories.source.toolkit.fluxcd.io") ?? []) {
    lookUp(world, api, object, repositories);
  }
}

function lookUp(world: World, api: ClusterApi, object: KubernetesObject, repositories: Repositories): void {
  const spec = isRecord(object.spec) ? object.spec : {};
  const state = gitStateOf(world, api, object);
  const { nowMs } = world.clock;
  if (spec.suspend === true || !isDue(world, state, durationOf(spec.interval, 60_000))) return;
  state.lookedAtMs = nowMs;
  const branch = isRecord(spec.ref) ? String(spec.ref.branch ?? "master") : "master";
  const problem = credentialsProblem(api, object, spec) ?? checkOut(state, String(spec.url), branch, repositories);
  const revision = state.commit && `${branch}@sha1:${state.commit}`;
  const before = isRecord(object.status) ? object.status.artifact : undefined;
  const artifact =
    isRecord(before) && before.revision === revision ? before : { revision, lastUpdateTime: timestamp(nowMs) };
  const ready = problem
    ? { type: "Ready", status: "False", ...problem }
    : { type: "Ready", status: "True", reason: "Succeeded", message: `stored artifact for revision '${revision}'` };
  show(world, api, object, { observedGeneration: 1, conditions: [ready], ...(revision ? { artifact } : {}) });
}

function credentialsProblem(api: ClusterApi, { metadata }: KubernetesObject, { secretRef }: Record<string, unknown>) {
  if (!isRecord(secretRef) || api.get("v1", "Secret", String(secretRef.name), metadata.namespace)) return undefined;
  const message = `failed to get secret '${metadata.namespace}/${secretRef.name}': secrets "${secretRef.name}" not found`;
  return { reason: "AuthenticationFailed", message };
}

function checkOut(state: GitState, url: string, branch: string, repositories: Repositories) {
  try {
    state.commit = repositories.commitOf(url, `refs/heads/${branch}`);
    return undefined;
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    // What was stored before stays, and Kustomizations go on with it.
    const message = `failed to checkout and determine revision: unable to clone '${url}': ${error.message}`;
    return { reason: "GitOperationFailed", message };
  }
}

/** A duration of Go in milliseconds. */
export function durationOf(text: unknown, otherwise: number): number {
  return typeof text === "string" ? (parseDuration(text) ?? otherwise) : otherwise;
}
