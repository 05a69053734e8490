import type { ClusterFacts, NodePlan } from "../facts.ts";

/**
 * Nodes with a GPU of one maker: VMs by their override, bare-metal machines by the driver among their own extensions.
 *
 * @param mappings PCI mappings of GPUs by that maker; every mapping without any
 * @param drivers extensions with drivers for its GPUs
 */
export function gpuNodes(
  { nodes }: Pick<ClusterFacts, "nodes">,
  mappings: readonly string[] | undefined,
  drivers: readonly string[],
): NodePlan[] {
  return nodes.filter(({ gpu, metal }) =>
    gpu ? (mappings?.includes(gpu.mapping) ?? true) : metal?.extensions.some((name) => drivers.includes(name)),
  );
}
