/** What leaves the repository although it is wanted still: it may not leave the cluster with its file. */
import { parseAllDocuments } from "yaml";
import { annotated } from "../../components/annotated.ts";
import type { AddonPlan, KubernetesObject } from "../../components/platform-addons/addon.ts";
import { takesAlong } from "../../components/platform-addons/delivery/from-git.ts";
import { staysWithout, unpruned } from "../../components/platform-addons/delivery/git-readers.ts";
import { manifestText } from "../../components/platform-addons/delivery/manifests.ts";
import type { Downstream } from "../../stacks/downstream.ts";
import { firstLine } from "./repository.ts";

/**
 * Of what Git alone has, a file that leaves the repository takes everything along, whoever is to deliver it from then on.
 * @param leaving text of the files that are rendered no more, by path
 * @throws Error that names the add-ons that would be lost
 */
export function refuseLosses(leaving: Readonly<Record<string, string>>, addons: readonly AddonPlan[]): void {
  const wanted = new Set(addons.map(({ name }) => name));
  const lost = Object.values(leaving)
    .flatMap(objectsIn)
    .filter((object) => wanted.has(object.metadata.name) && takesAlong(object))
    .map(({ metadata }) => metadata.name);
  if (lost.length === 0) return;
  throw new Error(
    `${lost.join(", ")} would be uninstalled when the repository loses the file, because Git alone has it: first set repository.takesOver of the engine to false, render, commit and run up; then change the delivery. Nothing was written`,
  );
}

/**
 * A cluster whose file says it in another way than before: Argo CD would prune what it was, and with it all of its machines.
 * @param before text of the files as they are, by path
 * @param after text of the same files as they are to be
 * @throws Error that names the clusters
 */
export function refuseMoves(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): void {
  const moved = Object.entries(before).flatMap(([path, text]) => {
    if (!/\/downstream\/[^/]+\.yaml$/.test(path)) return [];
    const next = objectsIn(after[path] ?? "").map(identity);
    return objectsIn(text)
      .filter((object) => isCluster(object) && !next.includes(identity(object)))
      .map(({ metadata }) => metadata.name);
  });
  if (moved.length === 0) return;
  throw new Error(
    `${moved.join(", ")}: another writeAs would let Argo CD delete the cluster with all of its machines; first set downstream.delivery to direct, render, commit and run up as docs/downstream-clusters.md says; then change writeAs and run up; then set downstream.delivery to git again. Nothing was written`,
  );
}

function isCluster({ apiVersion, kind }: KubernetesObject): boolean {
  return kind === "TenantCluster" || (kind === "Cluster" && apiVersion.startsWith("cluster.x-k8s.io/"));
}

function identity({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}

/**
 * Files of downstream clusters that Pulumi is to apply from now on. With such a file Argo CD would prune the cluster, and all
 * of its machines would go; so the file says that it may not, and stays until somebody says that Pulumi has taken them back.
 * @param leaving text of the files that are rendered no more, by path
 * @param takenBack whether `up` has gone through since
 * @returns text of those that stay
 */
export function keptInGit(
  leaving: Readonly<Record<string, string>>,
  downstream: Downstream | undefined,
  takenBack: boolean,
): Record<string, string> {
  const wanted = ["platform", ...(downstream?.clusters.map(({ name }) => name) ?? [])];
  const files = Object.entries(leaving).filter(
    ([path, text]) =>
      wanted.some((name) => path.endsWith(`/downstream/${name}.yaml`)) &&
      !(takenBack && objectsIn(text).every(isUnpruned)),
  );
  return Object.fromEntries(
    files.map(([path, text]) => [
      path,
      firstLine + manifestText(objectsIn(text).map((each) => annotated(each, unpruned))),
    ]),
  );
}

function isUnpruned(object: KubernetesObject): boolean {
  return staysWithout("argocd", object) && staysWithout("flux", object);
}

function objectsIn(text: string): KubernetesObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJSON() as Partial<KubernetesObject> | null)
    .filter((object): object is KubernetesObject => object?.metadata?.name !== undefined);
}
