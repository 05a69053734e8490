import type { ClusterFacts } from "../../facts.ts";
import type { AddonPlan, KubernetesObject } from "../addon.ts";
import { argoApplication } from "./argocd.ts";
import { type DeliveredAddon, type DeliveredChart, deliveredBy, hasChart } from "./delivered.ts";
import { fluxRelease } from "./flux.ts";
import { sveltosAddons, sveltosChart } from "./sveltos.ts";

/** What Pulumi hands to an engine, so that it makes a release of one add-on's chart. */
export interface Handed {
  /** In the order in which they are applied; the last is the one that the engine acts on. */
  objects: KubernetesObject[];
  /** What the last object says when the release is ready, as the annotation `pulumi.com/waitFor` wants it. */
  waitFor?: string;
}

/**
 * What is handed over for every add-on with a chart that an engine delivers, by its name; nothing for what the engine has
 * from Git alone. Namespaces, Secrets and the
 * add-on's own objects are not among it: they are Pulumi's under every delivery.
 */
export function handedOver(addons: readonly AddonPlan[], facts: ClusterFacts): Map<string, Handed> {
  const handed = new Map<string, Handed>();
  for (const addon of deliveredBy("argocd", addons).filter(isHanded)) {
    handed.set(addon.name, { objects: [argoApplication(addon)], waitFor: healthy });
  }
  for (const addon of deliveredBy("flux", addons).filter(isHanded)) {
    handed.set(addon.name, { objects: fluxRelease(addon), waitFor: "condition=Ready" });
  }
  for (const addon of sveltosAddons(addons)) {
    // A profile says nothing about how far it is: a hook looks at what Sveltos reports elsewhere.
    if (hasChart(addon)) handed.set(addon.name, { objects: sveltosChart(addon, addon.afterReleases, facts) });
  }
  return handed;
}

function isHanded(addon: DeliveredAddon): addon is DeliveredChart {
  return hasChart(addon) && !addon.fromGit;
}

const healthy = "jsonpath={.status.health.status}=Healthy";
