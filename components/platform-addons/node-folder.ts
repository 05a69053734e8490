import type { MachineRequirement } from "../facts.ts";

/**
 * A folder of every node that volumes are in. Talos makes it when it is not there; the kubelet, a container itself, sees of
 * the node what is mounted into it and no more.
 */
export function nodeFolder(path: string, reason: string): MachineRequirement {
  const mount = { destination: path, type: "bind", source: path, options: ["bind", "rshared", "rw"] };
  return { nodes: "all", patch: { machine: { kubelet: { extraMounts: [mount] } } }, reason };
}
