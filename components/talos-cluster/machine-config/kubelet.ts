/** The kubelet, and what it says of its node. */
import type { ClusterFacts, NodePlan } from "../../facts.ts";
import type { MachinePatch, PatchContext } from "./types.ts";

/** Parallel image pulls; addresses out of the node ranges only, never a loopback. */
export function kubeletPatch({ facts }: PatchContext): MachinePatch {
  return {
    machine: {
      kubelet: {
        extraConfig: { maxParallelImagePulls: 5, serializeImagePulls: false },
        nodeIP: { validSubnets: facts.addresses.nodeSubnets.map(({ cidr }) => cidr) },
      },
    },
  };
}

/**
 * Labels, annotations and taints of a node. Its host is its topology zone, so that replicas spread over hosts.
 *
 * Kubernetes lets a worker set its taints when it joins and at no other time (admission plug-in NodeRestriction), and
 * refuses an update that tries to, with the labels in it. So the kubelet of a worker brings its taints along.
 */
export function nodeObjectPatch(facts: ClusterFacts, node: NodePlan): MachinePatch {
  const { settings } = node;
  const labels = {
    ...(node.vm ? { "topology.kubernetes.io/region": region, "topology.kubernetes.io/zone": node.vm.host } : {}),
    "orrery/pool": node.pool,
    ...labelOf("orrery/purpose", facts.purpose),
    ...labelOf("orrery/owner", facts.owner),
    ...settings.labels,
  };
  const annotations = {
    ...(facts.contacts.length > 0 ? { "orrery/contacts": facts.contacts.join(", ") } : {}),
    ...settings.annotations,
  };
  const taints = settings.taints ?? [];
  return {
    machine: {
      nodeLabels: sorted(labels),
      ...(Object.keys(annotations).length > 0 ? { nodeAnnotations: sorted(annotations) } : {}),
      ...(taints.length > 0 ? taintsOf(node.role, taints) : {}),
    },
  };
}

function taintsOf(
  role: NodePlan["role"],
  taints: NonNullable<NodePlan["settings"]["taints"]>,
): MachinePatch["machine"] {
  if (role === "worker") return { kubelet: { extraConfig: { registerWithTaints: taints } } };
  const entries = taints.map(({ key, value, effect }) => [key, value ? `${value}:${effect}` : effect]);
  return { nodeTaints: sorted(Object.fromEntries(entries)) };
}

/** One Proxmox cluster is one region. */
const region = "proxmox";

/** A label made of free text: what a label value may not hold becomes a dash; nothing when nothing is left. */
function labelOf(key: string, text: string): Record<string, string> {
  const value = text
    .replace(/[^A-Za-z0-9_.-]+/g, "-")
    .slice(0, 63)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
  return value ? { [key]: value } : {};
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
