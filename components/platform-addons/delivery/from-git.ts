import type { AddonPlan, KubernetesObject } from "../addon.ts";
import { argoApplication } from "./argocd.ts";
import { deliveredBy, hasChart } from "./delivered.ts";
import { fluxRelease } from "./flux.ts";

/**
 * The objects of which Git alone says what becomes of them, as far as Pulumi applies the same under that delivery
 * otherwise. Namespaces and Secrets are not among them.
 */
export function ownedByGit(addons: readonly AddonPlan[]): KubernetesObject[] {
  return [
    ...deliveredBy("argocd", addons).map((addon) => ({
      addon,
      handed: hasChart(addon) ? [argoApplication(addon)] : [],
    })),
    ...deliveredBy("flux", addons).map((addon) => ({ addon, handed: hasChart(addon) ? fluxRelease(addon) : [] })),
  ]
    .filter(({ addon }) => addon.fromGit)
    .flatMap(({ addon, handed }) => [...addon.objectsBefore, ...handed, ...addon.objects]);
}

/** True for what an engine acts on when deleting it deletes what was delivered. */
export function takesAlong({ kind, metadata }: KubernetesObject): boolean {
  if (kind === "Application") return "finalizers" in metadata;
  return kind === "HelmRelease" && metadata.annotations?.["kustomize.toolkit.fluxcd.io/prune"] === "enabled";
}

/** What tells an object from all others of a cluster. */
export function objectId({ apiVersion, kind, metadata }: KubernetesObject): string {
  return [apiVersion, kind, metadata.namespace ?? "", metadata.name].join(" ");
}
