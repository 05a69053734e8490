/** Objects that the project writes itself: those of entries, those of the deliveries, those of downstream clusters. */
import type { Delivery } from "../components/platform-addons/addon.ts";
import { repositoryPart } from "../fleet/render/repository.ts";
import type { ClusterPlan } from "../stacks/plan.ts";
import type { ObjectSet } from "./api/check-objects.ts";
import { readManifests } from "./api/manifests.ts";
import type { Bag } from "./chart-files.ts";
import type { NamedCluster } from "./clusters.ts";
import { type Case, planOf } from "./planned.ts";

const engines: readonly Delivery[] = ["argocd", "flux", "sveltos"];

/** The objects of entries, those by which each engine delivers them among them. */
export function entryObjects(cases: readonly Case[]): ObjectSet[] {
  return cases.flatMap((one) => [...ownObjects(one), ...delivered(one)]);
}

/** The objects of the clusters that clusters make. */
export function downstreamObjects(makers: readonly NamedCluster[]): ObjectSet[] {
  return makers.flatMap(({ cluster: plan, title }) => {
    const { clusters = [], platform = [], interfaces = [] } = plan.downstream ?? {};
    const shared = [...platform, ...interfaces];
    const set = (from: string, objects: readonly object[]) => setOf(plan, "downstream", from, objects, title);
    const made = clusters.map(({ name, cluster, steps, registration, tenant = [] }) =>
      set(`cluster ${name}`, [cluster, ...steps.flat(), ...registration, ...[tenant].flat()]),
    );
    return shared.length > 0 ? [...made, set("platform", shared)] : made;
  });
}

function ownObjects(one: Case): ObjectSet[] {
  const addon = planOf(one);
  const objects = [...(addon?.objectsBefore ?? []), ...(addon?.objects ?? [])];
  return objects.length > 0 ? [setOf(one.cluster, one.entry.name, "its objects", objects, one.title)] : [];
}

function delivered(one: Case): ObjectSet[] {
  const { cluster, entry, title } = one;
  if (entry.directOnly !== undefined) return [];
  return engines.flatMap((engine) => {
    const addon = planOf(one, engine);
    if (!addon) return [];
    const { files } = repositoryPart(cluster.facts, [addon]);
    const objects = Object.values(files).flatMap((text) => readManifests(text).objects);
    return objects.length > 0 ? [setOf(cluster, entry.name, `delivery by ${engine}`, objects, title)] : [];
  });
}

function setOf(
  { facts }: ClusterPlan,
  entry: string,
  from: string,
  objects: readonly object[],
  title: string,
): ObjectSet {
  return { entry, from, clusters: [title], kubernetes: facts.release.kubernetes, objects: objects as readonly Bag[] };
}
