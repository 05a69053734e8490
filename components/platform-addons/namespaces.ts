import type { AddonPlan, PodSecurity } from "./addon.ts";

/** Least strict first. */
const levels: readonly PodSecurity[] = ["privileged", "baseline", "restricted"];

/** A namespace that add-ons need and nothing else brings. */
export interface NamespacePlan {
  name: string;
  labels: Record<string, string>;
}

/** Namespaces to make, sorted by name; where add-ons share one, the least strict level holds. */
export function namespacesOf(addons: readonly AddonPlan[]): NamespacePlan[] {
  const byName = new Map<string, PodSecurity>();
  for (const { namespace } of addons) {
    if (namespace.podSecurity === undefined) continue;
    const level = byName.get(namespace.name);
    byName.set(namespace.name, level ? lessStrict(level, namespace.podSecurity) : namespace.podSecurity);
  }
  return [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, level]) => ({ name, labels: { "pod-security.kubernetes.io/enforce": level } }));
}

function lessStrict(a: PodSecurity, b: PodSecurity): PodSecurity {
  return levels.indexOf(a) < levels.indexOf(b) ? a : b;
}
