import { isRecord } from "../../protocol/values.ts";
import type { KubernetesObject } from "../../talos/interface.ts";

const annotation = "cluster.x-k8s.io/cluster-api-autoscaler-node-group";

/** Bounds that a MachineDeployment sets to the autoscaler; undefined when it sets none. */
export function boundsOf({ metadata }: KubernetesObject): { min: number; max: number } | undefined {
  const annotations = isRecord(metadata.annotations) ? metadata.annotations : {};
  const [min, max] = [annotations[`${annotation}-min-size`], annotations[`${annotation}-max-size`]];
  return min === undefined || max === undefined ? undefined : { min: Number(min), max: Number(max) };
}
