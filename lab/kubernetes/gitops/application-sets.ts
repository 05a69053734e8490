/**
 * Argo CD's ApplicationSet controller, for its generators of Git directories and of clusters, and templates of Go.
 *
 * Facts: github.com/argoproj/argo-cd, v3.2.3: docs/operator-manual/applicationset/Generators-Git.md (parameters `path.*`,
 * asked again after three minutes), Generators-Cluster.md (parameters of the clusters' Secrets), Application-Deletion.md (`preserveResourcesOnDeletion`), Controlling-Resource-Modification.md;
 * applicationset/controllers/applicationset_controller.go (conditions).
 */
import type { Repositories } from "../../git/repositories.ts";
import { isRecord } from "../../protocol/values.ts";
import type { KubernetesObject } from "../../talos/interface.ts";
import type { World } from "../../world/world.ts";
import type { ClusterApi } from "../api.ts";
import { instantiate } from "../engines/template.ts";
import { type LabelSelector, selects } from "../label-selector.ts";
import { drop, forgetGone, gitStateOf, isDue, put, remove, show, stale } from "./tree.ts";

const finalizer = "resources-finalizer.argocd.argoproj.io";
const requeueMs = 180_000;

interface GitGenerator {
  repoURL: string;
  revision?: string;
  directories?: { path: string; exclude?: boolean }[];
}

interface ClusterGenerator {
  selector?: LabelSelector;
}

interface SetSpec {
  generators: { git?: GitGenerator; clusters?: ClusterGenerator }[];
  syncPolicy?: { preserveResourcesOnDeletion?: boolean };
  template: { metadata: Record<string, unknown>; spec: unknown };
}

/** Keeps the applications of every set as its generators say. */
export function generateApplications(world: World, api: ClusterApi, repositories: Repositories | undefined): void {
  const sets = api.list("applicationsets.argoproj.io") ?? [];
  for (const object of sets) generate(world, api, object, repositories);
  forgetGone(world, api, "ApplicationSet.argoproj.io/", sets);
}

function generate(
  world: World,
  api: ClusterApi,
  object: KubernetesObject,
  repositories: Repositories | undefined,
): void {
  const state = gitStateOf(world, api, object);
  // Applications have the set as their owner, and go with it.
  state.onDelete = "remove";
  const spec = object.spec as unknown as SetSpec;
  // It hears of Secrets at once, and of commits when it asks.
  const heard = spec.generators.some(({ clusters }) => clusters) && state.seen !== api.state.revision;
  if (!heard && !isDue(world, state, requeueMs)) return;
  state.lookedAtMs = world.clock.nowMs;
  try {
    const parameters = spec.generators.flatMap(({ git, clusters }): unknown[] => {
      if (clusters) return clustersOf(clusters, api);
      return git && repositories ? directoriesOf(git, repositories) : [];
    });
    const wanted = parameters.map((each) => applicationOf(object, spec, each));
    for (const application of wanted) put(api, state, application, undefined);
    const gone = stale(state, wanted);
    for (const each of gone) remove(api, each);
    drop(state, gone);
    showConditions(world, api, object, undefined);
  } catch (error) {
    showConditions(world, api, object, (error as Error).message);
  }
  state.seen = api.state.revision;
  world.touch();
}

/** Parameters for each folder that a generator finds. */
function directoriesOf({ repoURL, revision = "HEAD", directories = [] }: GitGenerator, repositories: Repositories) {
  const files = repositories.files(repoURL, repositories.commitOf(repoURL, revision), "");
  const folders = new Set([...files.keys()].flatMap(foldersAbove));
  const matches = (folder: string, exclude: boolean) =>
    directories.some((each) => (each.exclude ?? false) === exclude && patternOf(each.path).test(folder));
  return [...folders]
    .filter((folder) => matches(folder, false) && !matches(folder, true))
    .sort()
    .map((path) => {
      const basename = path.split("/").at(-1) as string;
      const basenameNormalized = basename.toLowerCase().replace(/[^a-z0-9.-]/g, "-");
      return { path: { path, basename, basenameNormalized, segments: path.split("/") } };
    });
}

/** Parameters for each registered cluster that a generator selects. */
function clustersOf({ selector }: ClusterGenerator, api: ClusterApi) {
  return registeredClusters(api)
    .filter(({ metadata: { labels } }) => selects(selector ?? {}, labels))
    .map(({ name, metadata }) => ({ name, nameNormalized: name, metadata }));
}

/**
 * The clusters that Argo CD knows besides its own. What is in their Secrets is kept as a digest: their names are read where
 * they were written.
 */
export function registeredClusters(api: ClusterApi) {
  const wishes = api.list("externalsecrets.external-secrets.io") ?? [];
  if (wishes.length === 0) return [];
  return (api.list("secrets") ?? []).flatMap(({ metadata }) => {
    const labels = (metadata.labels ?? {}) as Record<string, string>;
    const annotations = (metadata.annotations ?? {}) as Record<string, string>;
    if (labels["argocd.argoproj.io/secret-type"] !== "cluster" || metadata.namespace !== "argocd") return [];
    const owner = wishes.find((wish) => wish.metadata.name === metadata.name);
    const template = (owner?.spec as { target?: { template?: { data?: { name?: string } } } } | undefined)?.target
      ?.template;
    return template?.data?.name ? [{ name: template.data.name, metadata: { labels, annotations } }] : [];
  });
}

function foldersAbove(file: string): string[] {
  const parts = file.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function patternOf(glob: string): RegExp {
  const text = glob
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", "[^/]*")
    .replaceAll("?", "[^/]");
  return new RegExp(`^${text}$`);
}

function applicationOf(set: KubernetesObject, spec: SetSpec, parameters: unknown): KubernetesObject {
  const { metadata, ...rest } = filledIn(spec.template, parameters) as { metadata: Record<string, unknown> };
  const { apiVersion, kind } = set;
  const { name, namespace, uid } = set.metadata;
  const finalizers = spec.syncPolicy?.preserveResourcesOnDeletion ? {} : { finalizers: [finalizer] };
  return {
    apiVersion,
    kind: "Application",
    ...rest,
    metadata: {
      ...finalizers,
      ...metadata,
      name: String(metadata.name),
      namespace: String(namespace),
      ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }],
    },
  };
}

/** A template with the parameters in every text of it. */
function filledIn(template: unknown, parameters: unknown): unknown {
  if (typeof template === "string") return instantiate(template, parameters);
  if (Array.isArray(template)) return template.map((each) => filledIn(each, parameters));
  if (!isRecord(template)) return template;
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, filledIn(value, parameters)]));
}

function showConditions(world: World, api: ClusterApi, object: KubernetesObject, problem: string | undefined): void {
  const condition = (type: string, holds: boolean, reason: string, message: string) => ({
    type,
    status: holds ? "True" : "False",
    reason,
    message,
  });
  const conditions = problem
    ? [
        condition("ErrorOccurred", true, "ApplicationGenerationFromParamsError", problem),
        condition("ResourcesUpToDate", false, "ApplicationGenerationFromParamsError", problem),
      ]
    : [
        condition(
          "ErrorOccurred",
          false,
          "ApplicationSetUpToDate",
          "All applications have been generated successfully",
        ),
        condition(
          "ResourcesUpToDate",
          true,
          "ApplicationSetUpToDate",
          "All applications have been generated successfully",
        ),
      ];
  show(world, api, object, { conditions });
}
