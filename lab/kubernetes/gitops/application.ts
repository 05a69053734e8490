/**
 * What an Application of Argo CD says, and what its folder in a Git repository holds for it.
 *
 * Facts: github.com/argoproj/argo-cd, v3.2.3: reposerver/repository/repository.go (which files of a folder are read),
 * docs/user-guide/resource_tracking.md, sync-waves.md, sync-options.md.
 */
import { manifestsIn } from "../../git/manifests.ts";
import type { Repositories } from "../../git/repositories.ts";
import { isRecord } from "../../protocol/values.ts";
import type { KubernetesObject } from "../../talos/interface.ts";
import type { ClusterApi } from "../api.ts";
import { instantiate } from "../engines/template.ts";
import { groupVersionOf } from "../kinds.ts";
import { annotationOf, inNamespace } from "./tree.ts";

/** By which Argo CD knows its own. */
export const trackingId = "argocd.argoproj.io/tracking-id";

/** A folder of plain manifests, or of a chart. */
export interface GitSource {
  repoURL: string;
  path: string;
  targetRevision?: string;
  directory?: { recurse?: boolean };
  helm?: { releaseName?: string; valuesObject?: Record<string, unknown> };
}

/** The cluster that an application is for; undefined for the one that Argo CD runs in. */
export function destinationOf({ spec }: KubernetesObject): string | undefined {
  const destination = isRecord(spec) && isRecord(spec.destination) ? spec.destination : {};
  return typeof destination.name === "string" && destination.name !== "in-cluster" ? destination.name : undefined;
}

/** The source of an application, when it is a folder in Git. */
export function folderOf({ spec }: KubernetesObject): GitSource | undefined {
  const source = isRecord(spec) ? spec.source : undefined;
  return isRecord(source) && typeof source.path === "string" && source.chart === undefined
    ? (source as unknown as GitSource)
    : undefined;
}

/** When and how an application is synced. */
export interface SyncPolicy {
  automated?: { prune?: boolean; selfHeal?: boolean; allowEmpty?: boolean };
  syncOptions?: string[];
  managedNamespaceMetadata?: { labels?: Record<string, string> };
  retry?: { limit?: number; refresh?: boolean; backoff?: { duration?: string; factor?: number; maxDuration?: string } };
}

/** Namespace of objects that name none. */
export function namespaceOf({ spec }: KubernetesObject): string {
  const { destination } = spec as { destination?: { namespace?: string } };
  return destination?.namespace ?? "default";
}

/**
 * The objects of an application at a commit, as they are to be in the cluster.
 * @throws Error when the folder is not there or a file does not hold what it should
 */
export function treeOf(
  application: KubernetesObject,
  commit: string,
  repositories: Repositories,
  api: ClusterApi,
): KubernetesObject[] {
  const source = folderOf(application) as GitSource;
  const path = source.path.replace(/^\.\/|\/$/g, "");
  const all = repositories.files(source.repoURL, commit, path);
  if (all.size === 0) throw new Error(`${path}: app path does not exist`);
  const files = all.has(`${path}/Chart.yaml`)
    ? templated(application, source, all, `${path}/templates/`)
    : [...all].filter(([file]) => source.directory?.recurse || !file.slice(path.length + 1).includes("/"));
  const namespace = namespaceOf(application);
  return manifestsIn(new Map(files)).map((object) => tracked(application, inNamespace(api, object, namespace)));
}

/** The templates of a chart, with its values in them. */
function templated(
  application: KubernetesObject,
  { helm = {} }: GitSource,
  files: ReadonlyMap<string, string>,
  folder: string,
): [string, string][] {
  const data = {
    Values: helm.valuesObject ?? {},
    Release: { Name: helm.releaseName ?? application.metadata.name, Namespace: namespaceOf(application) },
  };
  return [...files].filter(([file]) => file.startsWith(folder)).map(([file, text]) => [file, instantiate(text, data)]);
}

function tracked(application: KubernetesObject, object: KubernetesObject): KubernetesObject {
  const { apiVersion, kind, metadata } = object;
  const { group } = groupVersionOf(apiVersion);
  const id = `${application.metadata.name}:${group}/${kind}:${metadata.namespace ?? ""}/${metadata.name}`;
  const annotations = { ...(isRecord(metadata.annotations) ? metadata.annotations : {}), [trackingId]: id };
  return { ...object, metadata: { ...metadata, annotations } };
}

/** Objects by wave, first waves first; namespaces and definitions come before the others of a wave. */
export function wavesOf(objects: readonly KubernetesObject[]): KubernetesObject[][] {
  const waves = new Map<number, KubernetesObject[]>();
  for (const object of objects) {
    const wave = Number(annotationOf(object, "argocd.argoproj.io/sync-wave") ?? 0);
    waves.set(wave, [...(waves.get(wave) ?? []), object]);
  }
  const isFirst = ({ kind }: KubernetesObject) => Number(kind === "Namespace" || kind === "CustomResourceDefinition");
  return [...waves].sort(([a], [b]) => a - b).map(([, wave]) => wave.sort((a, b) => isFirst(b) - isFirst(a)));
}

/** True when the annotation for sync options has one. */
export function hasOption(object: KubernetesObject, option: string): boolean {
  return (annotationOf(object, "argocd.argoproj.io/sync-options") ?? "").split(",").includes(option);
}
