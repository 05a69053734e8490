/** Objects that the project writes itself: those of entries, those of the deliveries, those of downstream clusters. */
import type { Addon, AddonPlan, Delivery } from "../components/platform-addons/addon.ts";
import { repositoryPart } from "../fleet/render/repository.ts";
import type { ClusterPlan } from "../stacks/plan.ts";
import type { ObjectSet } from "./api/check-objects.ts";
import { readManifests } from "./api/manifests.ts";
import type { Bag } from "./chart-files.ts";
import { entryIn } from "./planned.ts";

const engines: readonly Delivery[] = ["argocd", "flux", "sveltos"];

/** The objects of entries for all clusters, those by which each engine delivers them among them. */
export function entryObjects(plans: readonly ClusterPlan[], entries: readonly Addon[]): ObjectSet[] {
  return plans.flatMap((plan) => entries.flatMap((entry) => [...ownObjects(plan, entry), ...delivered(plan, entry)]));
}

/** The objects of the clusters that clusters make. */
export function downstreamObjects(plans: readonly ClusterPlan[]): ObjectSet[] {
  return plans.flatMap((plan) => {
    const { clusters = [], platform = [] } = plan.downstream ?? {};
    const made = clusters.map((one) =>
      setOf(plan, "downstream", `cluster ${one.name}`, [one.cluster, ...one.steps.flat()]),
    );
    return platform.length > 0 ? [...made, setOf(plan, "downstream", "platform", platform)] : made;
  });
}

function ownObjects(plan: ClusterPlan, entry: Addon): ObjectSet[] {
  const addon = entryIn(plan, entry);
  const objects = [...(addon?.objectsBefore ?? []), ...(addon?.objects ?? [])];
  return objects.length > 0 ? [setOf(plan, entry.name, "its objects", objects)] : [];
}

function delivered(plan: ClusterPlan, entry: Addon): ObjectSet[] {
  if (entry.directOnly !== undefined) return [];
  return engines.flatMap((engine) => {
    const addon: AddonPlan | undefined = entryIn(plan, entry, engine);
    if (!addon) return [];
    const { files } = repositoryPart(plan.facts, [addon]);
    const objects = Object.values(files).flatMap((text) => readManifests(text).objects);
    return objects.length > 0 ? [setOf(plan, entry.name, `delivery by ${engine}`, objects)] : [];
  });
}

function setOf({ facts }: ClusterPlan, entry: string, from: string, objects: readonly object[]): ObjectSet {
  const { name, release } = facts;
  return { entry, from, clusters: [name], kubernetes: release.kubernetes, objects: objects as readonly Bag[] };
}
