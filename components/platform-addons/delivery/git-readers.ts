/**
 * What engines apply out of Git, as they say it themselves: the repository cannot be asked, because its credentials are in the
 * cluster.
 *
 * Facts: github.com/argoproj/argo-cd, v3.2.3: controller/state.go (`status.resources` of an Application has what is in Git, and
 * with `requiresPruning` what was); github.com/fluxcd/kustomize-controller, v1.6.1: internal/controller/kustomization_controller.go
 * (`status.inventory` has what was applied last, without what left Git, whether it was pruned or not); fluxcd/cli-utils,
 * pkg/object/objmetadata.go (form of the ids in it). Whether something may be pruned both look up in the object in the cluster, not
 * in what Git said last: argoproj/gitops-engine, pkg/sync/sync_context.go (`pruneObject`); kustomize-controller, as above.
 */
import { type Kubectl, withKubectl } from "../../kubectl.ts";
import type { AddonPlan, KubernetesObject } from "../addon.ts";

/** Something that applies objects out of Git. */
export interface GitReader {
  engine: "argocd" | "flux";
  /** For people: `Application argocd/apps`. */
  name: string;
  /** Ids of the objects, in Flux' form. */
  has: ReadonlySet<string>;
  /** Ids of all that it may delete: those objects, and what has left Git and is in the cluster still. */
  mayPrune: ReadonlySet<string>;
}

/** An object, as far as it has to be known to find it. */
export type ObjectIdentity = Pick<KubernetesObject, "apiVersion" | "kind" | "metadata">;

/** Engines that may read Git, by the resource type of what they say it in. */
const types = {
  argocd: "applications.argoproj.io",
  flux: "kustomizations.kustomize.toolkit.fluxcd.io",
} as const;

/** Annotations with which an object stays when it leaves Git, one for each engine. */
export const unpruned = {
  "argocd.argoproj.io/sync-options": "Prune=false",
  "kustomize.toolkit.fluxcd.io/prune": "disabled",
} as const;

/** Keys of those annotations. */
export const pruneAnnotations = {
  argocd: "argocd.argoproj.io/sync-options",
  flux: "kustomize.toolkit.fluxcd.io/prune",
} as const;

/** True for an object that an engine leaves in the cluster when it leaves Git. */
export function staysWithout(engine: GitReader["engine"], { metadata }: Pick<KubernetesObject, "metadata">): boolean {
  const key = pruneAnnotations[engine];
  const options = (metadata.annotations?.[key] ?? "").split(",").map((option) => option.trim());
  return options.includes(unpruned[key]);
}

/** The engines among a cluster's add-ons that may read Git. */
export function enginesWithGit(addons: readonly AddonPlan[]): GitReader["engine"][] {
  return (["argocd", "flux"] as const).filter((engine) =>
    addons.some(({ provides }) => provides.includes(`delivery:${engine}`)),
  );
}

/**
 * What the engines of a cluster say that they apply out of Git.
 * @throws Error with what kubectl says
 */
export async function gitReaders(kubeconfig: string, engines: readonly GitReader["engine"][]): Promise<GitReader[]> {
  if (engines.length === 0) return [];
  return withKubectl(kubeconfig, "cannot see what Git still has", async (kubectl) => {
    const readers: GitReader[] = [];
    for (const engine of engines) {
      readers.push(...readersIn(engine, await listed(kubectl, types[engine])));
    }
    return readers;
  });
}

/** What objects of an engine say that it applies. */
export function readersIn(engine: GitReader["engine"], objects: readonly KubernetesObject[]): GitReader[] {
  return objects.map((object) => readerOf(engine, object as Reporting, objects as readonly Reporting[]));
}

/** Who applies an object out of Git; undefined when nobody does. */
export function readerWith(object: ObjectIdentity, readers: readonly GitReader[]): GitReader | undefined {
  return readers.find(({ has }) => has.has(idOfObject(object)));
}

/** Who deletes an object as soon as Git does not have it, or is about to; undefined when nobody does. */
export function readerThatMayPrune(object: ObjectIdentity, readers: readonly GitReader[]): GitReader | undefined {
  return readers.find(({ mayPrune }) => mayPrune.has(idOfObject(object)));
}

interface Resource {
  group?: string;
  kind: string;
  name: string;
  namespace?: string;
}

type Reporting = KubernetesObject & {
  spec?: { destination?: { namespace?: string }; syncPolicy?: { syncOptions?: string[] } };
  status?: {
    resources?: (Resource & { requiresPruning?: boolean })[];
    inventory?: { entries?: { id: string }[] };
  };
};

function readerOf(
  engine: GitReader["engine"],
  { kind, metadata, status = {} }: Reporting,
  all: readonly Reporting[],
): GitReader {
  const resources = (status.resources ?? []).filter(({ requiresPruning }) => !requiresPruning);
  const entries = (status.inventory?.entries ?? []).map(({ id }) => id);
  const has = engine === "argocd" ? [...resources, ...namespacesOf(resources, all)].map(idOf) : entries;
  const mayPrune = engine === "argocd" ? (status.resources ?? []).map(idOf) : entries;
  const name = `${kind} ${metadata.namespace}/${metadata.name}`;
  return { engine, name, has: new Set(has), mayPrune: new Set(mayPrune) };
}

/** Namespaces that Applications among resources make, which stand in no file of their own. */
function namespacesOf(resources: readonly Resource[], all: readonly Reporting[]): Resource[] {
  const applications = new Set(resources.filter(({ kind }) => kind === "Application").map(idOf));
  return all.flatMap(({ apiVersion, kind, metadata, spec = {} }) => {
    const { destination, syncPolicy } = spec;
    const isOne = applications.has(idOf({ group: groupOf(apiVersion), kind, ...metadata }));
    if (!isOne || !destination?.namespace || !syncPolicy?.syncOptions?.includes("CreateNamespace=true")) return [];
    return [{ kind: "Namespace", name: destination.namespace }];
  });
}

function idOfObject({ apiVersion, kind, metadata: { name, namespace } }: ObjectIdentity): string {
  return idOf({ group: groupOf(apiVersion), kind, name, ...(namespace === undefined ? {} : { namespace }) });
}

function idOf({ group = "", kind, name, namespace = "" }: Resource): string {
  return `${namespace}_${name}_${group}_${kind}`;
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
}

/** All objects of a type; none when the cluster does not know it yet. */
export async function listed(kubectl: Kubectl, type: string): Promise<KubernetesObject[]> {
  try {
    const text = await kubectl("get", type, "--all-namespaces", "--output", "json");
    return (JSON.parse(text) as { items: KubernetesObject[] }).items;
  } catch (error) {
    if (/doesn't have a resource type/.test(String(error))) return [];
    throw error;
  }
}
