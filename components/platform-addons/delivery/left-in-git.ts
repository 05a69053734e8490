/**
 * What the stack file does not say any more, Git may still say: an engine makes anew what Pulumi deletes then, and brings what it
 * has read over what another delivery brings. So nothing is moved and nothing is deleted before Git has let go of it.
 */
import * as pulumi from "@pulumi/pulumi";
import { knownSoFar, refusalHook } from "../../hooks.ts";
import type { AddonPlan, Delivery } from "../addon.ts";
import { namespacesOf } from "../namespaces.ts";
import { fluxNamespaceName } from "./flux.ts";
import { objectId, ownedByGit } from "./from-git.ts";
import { enginesWithGit, type GitReader, gitReaders, type ObjectIdentity, readerWith } from "./git-readers.ts";
import { repositoryFolders } from "./repository-folders.ts";

/** Hooks that refuse what Git would undo; at preview they warn. */
export interface GitHooks {
  /** Before an add-on's chart is brought by one delivery: no other one may have it from Git. */
  bring: pulumi.ResourceHook;
  /** Before something is deleted. */
  remove: pulumi.ResourceHook;
}

const engineNames = { argocd: "Argo CD", flux: "Flux" } as const;

/** The object by which a delivery brings an add-on; none for Pulumi itself. */
const bringers: Partial<Record<Delivery, (name: string) => ObjectIdentity>> = {
  argocd: (name) => ({
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Application",
    metadata: { name, namespace: "argocd" },
  }),
  flux: (name) => ({
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: { name, namespace: fluxNamespaceName },
  }),
  sveltos: (name) => ({ apiVersion: "config.projectsveltos.io/v1beta1", kind: "ClusterProfile", metadata: { name } }),
};

/** Makes the hooks of a cluster. */
export function gitHooks(
  name: string,
  { cluster, addons, kubeconfig }: { cluster: string; addons: readonly AddonPlan[]; kubeconfig: pulumi.Output<string> },
): GitHooks {
  const engines = enginesWithGit(addons);
  const preview = pulumi.runtime.isDryRun();
  const config = knownSoFar(kubeconfig);
  let looked: Promise<GitReader[]> | undefined;
  /** Asked once in a run; a cluster that is only planned, or cannot be reached at preview, has nothing to say. */
  const readers = async (): Promise<GitReader[]> => {
    const known = config();
    if (known === undefined) return [];
    looked ??= gitReaders(known, engines);
    return preview ? looked.catch(() => []) : looked;
  };
  const hook = (what: string, problemOf: (args: pulumi.ResourceHookArgs) => Promise<string | undefined>) =>
    refusalHook(`${name}-${what}`, async (args) => (engines.length > 0 ? problemOf(args) : undefined));
  const wanted = new Set([...namespaces(addons), ...addons.flatMap(objectsOf), ...ownedByGit(addons)].map(objectId));
  return {
    bring: hook("others-in-git", async ({ newInputs }) =>
      bringProblem(cluster, addons, nameIn(newInputs), await readers()),
    ),
    remove: hook("left-in-git", async ({ oldInputs }) => {
      const object = oldInputs as ObjectIdentity;
      // What is wanted still is replaced, or goes with its whole cluster, which may be past answering, or is Git's from now
      // on; of an add-on that moves it was said when the new delivery brought it.
      if (wanted.has(objectId(object)) || isBrought(object, addons)) return undefined;
      return removeProblem(cluster, addons, object, await readers());
    }),
  };
}

/** Why an add-on cannot be brought by its delivery now: another one has it from Git; undefined when nothing speaks against it. */
export function bringProblem(
  cluster: string,
  addons: readonly AddonPlan[],
  name: string,
  readers: readonly GitReader[],
): string | undefined {
  const addon = addons.find((each) => each.name === name);
  if (!addon) return undefined;
  for (const [delivery, bringer] of Object.entries(bringers)) {
    const object = bringer(name);
    const reader = readerWith(object, readers);
    if (delivery === addon.delivery || !reader) continue;
    const engine = engineNames[reader.engine];
    const place = `${object.kind} ${placeOf(object)}`;
    const has = `${name} is still in Git as the ${place}, which the ${reader.name} applies`;
    if (addons.some(({ provides }) => provides.includes(`git:${delivery}`))) {
      return `${has}, and with its file the add-on would go, because Git alone has it: first set settings.repository.takesOver of ${delivery} to false, render, commit and run up; then set delivery to ${addon.delivery}`;
    }
    return `${has}, so that ${engine} would bring it, too: ${wayOut(cluster, fileOf(cluster, addons, delivery, name), engine)}`;
  }
  return undefined;
}

/**
 * Why an object cannot be deleted now: an engine would make it anew; undefined when nothing speaks against it.
 * @param options of `render` that take its file out of the repository, with a space before. @default none
 */
export function removeProblem(
  cluster: string,
  addons: readonly AddonPlan[],
  object: ObjectIdentity,
  readers: readonly GitReader[],
  options = "",
): string | undefined {
  const reader = readerWith(object, readers);
  if (!reader) return undefined;
  const engine = engineNames[reader.engine];
  const delivery = deliveryBy(object);
  const file = delivery && fileOf(cluster, addons, delivery, object.metadata.name);
  return `the ${object.kind} ${placeOf(object)} is still in Git, and ${engine} would make it anew, because the ${reader.name} applies it: ${wayOut(cluster, file, engine, options)}`;
}

function wayOut(cluster: string, file: string | undefined, engine: string, options = ""): string {
  return `take ${file ?? "it"} out of the repository (npm run fleet -- render ${cluster} --to <folder>${options}, then commit and push), and run this again when ${engine} has read that`;
}

function fileOf(cluster: string, addons: readonly AddonPlan[], delivery: string, name: string): string {
  const folders: Record<string, string> = repositoryFolders(cluster, addons);
  return `${folders[delivery]}/${name}.yaml`;
}

function namespaces(addons: readonly AddonPlan[]): ObjectIdentity[] {
  return namespacesOf(addons).map(({ name }) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } }));
}

function objectsOf({ objectsBefore, objects }: AddonPlan): ObjectIdentity[] {
  return [...objectsBefore, ...objects];
}

/** True for what a delivery brings an add-on with, when Pulumi brings the add-on from now on, in whatever way. */
function isBrought(object: ObjectIdentity, addons: readonly AddonPlan[]): boolean {
  const { name } = object.metadata;
  return deliveryBy(object) !== undefined && addons.some((addon) => addon.name === name && !addon.fromGit);
}

function deliveryBy(object: ObjectIdentity): string | undefined {
  const { name } = object.metadata;
  return Object.entries(bringers).find(([, bringer]) => objectId(bringer(name)) === objectId(object))?.[0];
}

function placeOf({ metadata: { name, namespace } }: ObjectIdentity): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The name of what is made: a release of Pulumi's, or an engine's object. */
function nameIn(inputs: unknown): string {
  const { name, metadata } = inputs as { name?: string; metadata?: { name: string } };
  return metadata?.name ?? name ?? "";
}
