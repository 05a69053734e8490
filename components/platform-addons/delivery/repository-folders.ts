import type { AddonPlan, Delivery } from "../addon.ts";

/** Folders of a Git repository that hold what is rendered for one cluster, by who delivers it. */
export type RepositoryFolders = Record<Exclude<Delivery, "direct">, string> & {
  /** Objects of add-ons that Flux delivers. */
  fluxObjects: string;
  /** Objects of downstream clusters. */
  downstream: string;
};

/** The folders of a cluster. */
export function repositoryFolders(cluster: string, addons: readonly AddonPlan[]): RepositoryFolders {
  const apps = appsFolder(cluster, addons);
  return {
    argocd: `${apps}/platform`,
    flux: `clusters/${cluster}/flux/platform`,
    sveltos: `clusters/${cluster}/sveltos`,
    fluxObjects: `clusters/${cluster}/flux/objects`,
    downstream: `${apps}/downstream`,
  };
}

/** The folder that the application of applications looks into; the one that the catalogue's entry has by default, else. */
function appsFolder(cluster: string, addons: readonly AddonPlan[]): string {
  for (const { kind, spec } of addons.find(({ name }) => name === "argocd")?.objects ?? []) {
    if (kind === "Application") return (spec as { source: { path: string } }).source.path;
    if (kind === "ApplicationSet") return parentFolder(spec as ApplicationSetSpec);
  }
  return `clusters/${cluster}/apps`;
}

interface ApplicationSetSpec {
  generators: [{ git: { directories: [{ path: string }] } }];
}

/** `clusters/sol/apps` of a generator for `clusters/sol/apps/*`. */
function parentFolder({ generators }: ApplicationSetSpec): string {
  return generators[0].git.directories[0].path.replace(/\/\*$/, "");
}
