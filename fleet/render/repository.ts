import { annotated } from "../../components/annotated.ts";
import { clusterObjects } from "../../components/downstream-clusters/plan.ts";
import type { ClusterFacts } from "../../components/facts.ts";
import type { AddonPlan, KubernetesObject } from "../../components/platform-addons/addon.ts";
import { argoApplication, argoObjects } from "../../components/platform-addons/delivery/argocd.ts";
import { type DeliveredAddon, deliveredBy, hasChart } from "../../components/platform-addons/delivery/delivered.ts";
import {
  fluxNamespace,
  fluxNamespaceName,
  fluxObjects,
  fluxRelease,
} from "../../components/platform-addons/delivery/flux.ts";
import { manifestText } from "../../components/platform-addons/delivery/manifests.ts";
import {
  type RepositoryFolders,
  repositoryFolders,
} from "../../components/platform-addons/delivery/repository-folders.ts";
import { sveltosAddons, sveltosProfiles } from "../../components/platform-addons/delivery/sveltos.ts";
import type { Downstream } from "../../stacks/downstream.ts";

/** What a Git repository holds of one cluster. */
export interface RepositoryPart {
  /** Folders that hold nothing but what is rendered. */
  folders: string[];
  /** That of them whose folders are charts: what is in those is no manifest. */
  charts: string;
  /** Text of the files, by path inside the repository; all are in one of the folders. */
  files: Record<string, string>;
}

/** First line of every file; files that begin otherwise are somebody else's. */
export const firstLine = "# Made by `npm run fleet -- render`: change the stack file instead.\n";

/**
 * The files of a cluster's add-ons that Argo CD, Flux or Sveltos delivers. None of them holds a secret: Secrets that add-ons
 * expect stay with Pulumi, which knows their values.
 */
export function repositoryPart(
  facts: ClusterFacts,
  addons: readonly AddonPlan[],
  downstream?: Downstream,
): RepositoryPart {
  const cluster = facts.name;
  const folders = repositoryFolders(cluster, addons);
  const charts = downstream?.files ?? {};
  const chartsFolder = `clusters/${cluster}/downstream`;
  const profiles = [...sveltosProfiles(sveltosAddons(addons), facts)];
  const objects: [string, readonly KubernetesObject[]][] = [
    ...deliveredBy("argocd", addons).map((addon): [string, KubernetesObject[]] => [
      `${folders.argocd}/${addon.name}.yaml`,
      [...(hasChart(addon) ? [argoApplication(addon)] : []), ...argoObjects(addon)],
    ]),
    ...deliveredBy("flux", addons).flatMap((addon) => fluxFiles(addon, folders)),
    ...downstreamFiles(folders.downstream, downstream),
    ...(takesOver("argocd", addons) ? [lastObject(`${folders.argocd}/cluster.yaml`, cluster, "argocd")] : []),
    ...(takesOver("flux", addons) ? [lastObject(`${folders.flux}/cluster.yaml`, cluster, fluxNamespaceName)] : []),
    ...profiles.map(([name, content]): [string, KubernetesObject[]] => [`${folders.sveltos}/${name}.yaml`, content]),
  ];
  return {
    folders: [...Object.values(folders), chartsFolder],
    charts: chartsFolder,
    files: Object.fromEntries(
      [...objects.map(([path, content]): [string, string] => [path, manifestText(content)]), ...Object.entries(charts)]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([path, text]) => [path, firstLine + text]),
    ),
  };
}

function takesOver(engine: string, addons: readonly AddonPlan[]): boolean {
  return addons.some(({ provides }) => provides.includes(`git:${engine}`));
}

/** Keeps a folder from becoming empty: engines take that for a mistake, and what left it last would stay in the cluster. */
function lastObject(path: string, cluster: string, namespace: string): [string, KubernetesObject[]] {
  const metadata = { name: "rendered-cluster", namespace };
  return [path, [{ apiVersion: "v1", kind: "ConfigMap", metadata, data: { cluster } }]];
}

/** A file per downstream cluster, and one for what they have in common. Secrets stay with Pulumi, namespaces with them. */
function downstreamFiles(folder: string, downstream: Downstream | undefined): [string, KubernetesObject[]][] {
  if (downstream?.delivery !== "git") return [];
  const clusters = downstream.clusters.map((plan): [string, KubernetesObject[]] => [
    `${folder}/${plan.name}.yaml`,
    clusterObjects(plan).map(afterPlatform),
  ]);
  const shared = [...downstream.platform, ...downstream.interfaces];
  return [...clusters, [`${folder}/platform.yaml`, shared.map(afterPlatform)]];
}

/** What brings their kinds may come out of the same repository: Argo CD is not to ask for them before. */
function afterPlatform(object: KubernetesObject): KubernetesObject {
  return annotated(object, {
    "argocd.argoproj.io/sync-options": "SkipDryRunOnMissingResource=true",
    // The definition of a TenantCluster is one of the others.
    "argocd.argoproj.io/sync-wave": object.kind === "TenantCluster" ? "1001" : "1000",
  });
}

/** Charts are in one folder, which Flux applies as a whole; the objects of each add-on are in one of their own. */
function fluxFiles(
  addon: DeliveredAddon,
  { flux, fluxObjects: objectsFolder }: RepositoryFolders,
): [string, KubernetesObject[]][] {
  const namespace = fluxNamespace(addon);
  const own = `${objectsFolder}/${addon.name}`;
  const folders = (["before", "objects"] as const)
    .map((which) => ({
      which,
      path: which === "before" ? `${own}-before` : own,
      objects: which === "before" ? addon.objectsBefore : addon.objects,
    }))
    .filter(({ objects }) => objects.length > 0);
  const release = [
    ...(namespace ? [namespace] : []),
    ...(hasChart(addon) ? fluxRelease(addon) : []),
    ...folders.map(({ which, path }) => fluxObjects(addon, path, which)),
  ];
  return [
    [`${flux}/${addon.name}.yaml`, release],
    ...folders.map(({ path, objects }): [string, KubernetesObject[]] => [`${path}/objects.yaml`, objects]),
  ];
}
