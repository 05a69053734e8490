/**
 * Downstream clusters that Pulumi takes back from Git: as long as an engine may still delete an object when its file leaves the
 * repository, with a cluster all of its machines, Pulumi does not take it, so that nobody goes on to the next step.
 */
import * as pulumi from "@pulumi/pulumi";
import type { KubernetesObject } from "../facts.ts";
import { knownSoFar, refusalHook } from "../hooks.ts";
import { withKubectl } from "../kubectl.ts";
import type { AddonPlan } from "../platform-addons/addon.ts";
import {
  enginesWithGit,
  type GitReader,
  gitReaders,
  listed,
  pruneAnnotations,
  readerThatMayPrune,
  staysWithout,
  unpruned,
} from "../platform-addons/delivery/git-readers.ts";

const engineNames = { argocd: "Argo CD", flux: "Flux" } as const;

/**
 * Makes the hook that runs before Pulumi makes one of the objects; at preview it warns. It looks at all of them, so that
 * either all are taken back or none is.
 */
export function takenBackHook(
  name: string,
  {
    objects,
    addons,
    kubeconfig,
  }: { objects: readonly KubernetesObject[]; addons: readonly AddonPlan[]; kubeconfig: pulumi.Output<string> },
): pulumi.ResourceHook {
  const engines = enginesWithGit(addons);
  const preview = pulumi.runtime.isDryRun();
  const config = knownSoFar(kubeconfig);
  let looked: Promise<string | undefined> | undefined;
  return refusalHook(`${name}-still-in-git`, async () => {
    const known = config();
    // A cluster that is only planned, or cannot be reached at preview, has nothing to say.
    if (known === undefined || engines.length === 0 || objects.length === 0) return undefined;
    looked ??= problemIn(name, known, engines, objects);
    return preview ? looked.catch(() => undefined) : looked;
  });
}

async function problemIn(
  name: string,
  kubeconfig: string,
  engines: readonly GitReader["engine"][],
  objects: readonly KubernetesObject[],
): Promise<string | undefined> {
  const readers = await gitReaders(kubeconfig, engines);
  const kinds = new Set(objects.filter((object) => readerThatMayPrune(object, readers)).map(typeOf));
  if (kinds.size === 0) return undefined;
  const live = await withKubectl(kubeconfig, "cannot see what Git would take along", async (kubectl) => {
    const found: KubernetesObject[] = [];
    for (const kind of kinds) found.push(...(await listed(kubectl, kind)));
    return found;
  });
  return takeBackProblem(name, objects, readers, live);
}

/**
 * Why objects cannot be taken back from Git now; undefined when nothing speaks against it.
 * @param name of the management cluster
 * @param live those of the objects that are in the cluster, among others
 */
export function takeBackProblem(
  name: string,
  objects: readonly KubernetesObject[],
  readers: readonly GitReader[],
  live: readonly KubernetesObject[],
): string | undefined {
  const present = new Map(live.map((object) => [keyOf(object), object]));
  const inDanger = objects.flatMap((object) => {
    const reader = readerThatMayPrune(object, readers);
    const found = present.get(keyOf(object));
    return reader && found && !staysWithout(reader.engine, found) ? [{ object: found, reader }] : [];
  });
  // Those that matter most are named.
  const [worst] = [...inDanger].sort((a, b) => Number(isCluster(b.object)) - Number(isCluster(a.object)));
  if (!worst) return undefined;
  const { engine, name: place } = worst.reader;
  const { kind, metadata } = worst.object;
  const others = inDanger.length > 1 ? ` and ${inDanger.length - 1} more` : "";
  const key = pruneAnnotations[engine];
  return `the ${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}${others}: the ${place} would delete it when its file leaves Git, and with a cluster all of its machines, because the object in the cluster does not say ${key}: ${unpruned[key]} yet. Nothing is taken back before that: render ${name} so that its files say so (npm run fleet -- render ${name} --to <folder>; when they have left already, bring back the commit before), commit and push, wait until ${engineNames[engine]} has synced that revision, and run this again`;
}

function isCluster({ kind }: KubernetesObject): boolean {
  return kind === "Cluster" || kind === "TenantCluster";
}

/** The type as kubectl knows it, whatever the version: `Cluster.cluster.x-k8s.io`. */
function typeOf({ apiVersion, kind }: KubernetesObject): string {
  const group = groupOf(apiVersion);
  return group === "" ? kind : `${kind}.${group}`;
}

function keyOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  return [groupOf(apiVersion), kind, metadata.namespace ?? "", metadata.name].join(" ");
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
}
