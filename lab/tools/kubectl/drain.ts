import type { KubernetesObject } from "../../talos/interface.ts";

/** What the flags of a drain allow. */
export interface DrainRules {
  /** Pods of DaemonSets may stay. */
  daemonSets: boolean;
  /** Data in emptyDir volumes may be lost. */
  emptyDirs: boolean;
  /** Pods that nothing would start again may go. */
  unmanaged: boolean;
}

interface PodShape {
  spec?: { nodeName?: string; volumes?: Record<string, unknown>[] };
  status?: { phase?: string };
}

/** Which pods of a node a drain evicts, which it leaves, and what keeps it from starting. */
export function evictable(pods: KubernetesObject[], node: string, rules: DrainRules) {
  const result = { evicted: [] as KubernetesObject[], ignored: [] as string[], refused: [] as string[] };
  for (const pod of pods) {
    const { spec, status } = pod as PodShape;
    if (spec?.nodeName !== node) continue;
    const { annotations = {}, ownerReferences = [] } = pod.metadata as {
      annotations?: Record<string, string>;
      ownerReferences?: { kind: string }[];
    };
    const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
    // Static pods belong to the kubelet: the API only mirrors them.
    if (annotations["kubernetes.io/config.mirror"] || ownerReferences.some(({ kind }) => kind === "Node")) continue;
    if (status?.phase === "Succeeded" || status?.phase === "Failed") result.evicted.push(pod);
    else if (ownerReferences.some(({ kind }) => kind === "DaemonSet")) {
      if (rules.daemonSets) result.ignored.push(name);
      else result.refused.push(`cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): ${name}`);
    } else if (ownerReferences.length === 0 && !rules.unmanaged) {
      result.refused.push(`cannot delete Pods that declare no controller (use --force to override): ${name}`);
    } else if (spec?.volumes?.some((volume) => "emptyDir" in volume) && !rules.emptyDirs) {
      result.refused.push(`cannot delete Pods with local storage (use --delete-emptydir-data to override): ${name}`);
    } else result.evicted.push(pod);
  }
  return result;
}
