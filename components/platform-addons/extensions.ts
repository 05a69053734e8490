import type { ClusterFacts, NodePlan } from "../facts.ts";
import type { Need } from "./addon.ts";

/**
 * System extensions of Talos that an add-on cannot do without, as needs that no add-on can meet: they are part of the
 * release's image, or of a bare-metal machine's own.
 *
 * @param names any of the names in an inner list will do: `["siderolabs/iscsi-tools"]`
 * @param nodes those that need them
 */
export function missingExtensions(
  { release, nodes: all }: Pick<ClusterFacts, "release" | "nodes">,
  names: readonly (readonly string[])[],
  nodes: readonly NodePlan[] = all,
): Need[] {
  const inRelease = release.extensions.map(({ name }) => name);
  const onNode = ({ metal }: NodePlan) => [
    ...(metal?.releaseExtensions === false ? [] : inRelease),
    ...(metal?.extensions ?? []),
  ];
  const present = nodes.map((node) => new Set(onNode(node)));
  return names
    .filter((anyOf) => present.some((extensions) => !anyOf.some((name) => extensions.has(name))))
    .map((anyOf) => ({
      capability: `extension:${anyOf[0]}`,
      otherwise: `add it to the extensions of the release (orrery:shared) or of the bare-metal machines`,
    }));
}
