/** What was said for a node at several places, merged, with defaults by role; and Talos' own minima. */
import type { NodeSettings } from "../../config/index.ts";
import type { Problem } from "../../config/problems.ts";

/** Sizes of a VM for which the stack file says nothing: what Talos recommends for each role. */
const defaults = {
  controlplane: { cores: 2, memoryMiB: 4096, diskGiB: 32 },
  worker: { cores: 4, memoryMiB: 8192, diskGiB: 64 },
} as const;

/** Talos' system requirements; below them a node does not come up. Source: Talos docs, getting started, requirements. */
export const minima = {
  controlplane: { memoryMiB: 2048, diskGiB: 10 },
  worker: { memoryMiB: 1024, diskGiB: 10 },
} as const;

/** Sizes of a node's VM. */
export interface Sizes {
  cores: number;
  memoryMiB: number;
  diskGiB: number;
  cpuType: string;
}

/**
 * Settings from the general to the specific: the later one wins, maps are merged by key, patches and user volumes add
 * up (a volume of the same name replaces the earlier one).
 */
export function mergeSettings(...layers: (NodeSettings | undefined)[]): NodeSettings {
  const given = layers.filter((layer) => layer !== undefined);
  const merged: NodeSettings = Object.assign({}, ...given.map(withoutUndefined));
  for (const key of ["labels", "annotations", "sysctls"] as const) {
    const maps = given.map((layer) => layer[key]).filter((map) => map !== undefined);
    if (maps.length > 0) merged[key] = Object.assign({}, ...maps);
  }
  const patches = given.flatMap((layer) => layer.patches ?? []);
  if (patches.length > 0) merged.patches = patches;
  const volumes = given.flatMap((layer) => layer.userVolumes ?? []);
  if (volumes.length > 0) merged.userVolumes = [...new Map(volumes.map((volume) => [volume.name, volume])).values()];
  return merged;
}

/** Only what belongs to node settings, out of a pool, an override or a metal node. */
export function settingsOf(source: Partial<NodeSettings>): NodeSettings {
  const { cores, memoryMiB, diskGiB, dataDisksGiB, storage, cpuType } = source;
  const { labels, annotations, taints, sysctls, userVolumes, watchdog, patches } = source;
  return withoutUndefined({
    ...{ cores, memoryMiB, diskGiB, dataDisksGiB, storage, cpuType },
    ...{ labels, annotations, taints, sysctls, userVolumes, watchdog, patches },
  });
}

/** The sizes of a VM, defaults filled in. */
export function sizesOf(settings: NodeSettings, role: "controlplane" | "worker"): Sizes {
  const { cores, memoryMiB, diskGiB } = defaults[role];
  return {
    cores: settings.cores ?? cores,
    memoryMiB: settings.memoryMiB ?? memoryMiB,
    diskGiB: settings.diskGiB ?? diskGiB,
    cpuType: settings.cpuType ?? "host",
  };
}

/** Settings and the place in the stack file where they stand. */
export interface SettingsLayer {
  path: string;
  settings: NodeSettings;
}

/** Sizes of a node below Talos' minima, with the path of the most specific layer that says them. */
export function sizeProblems(role: "controlplane" | "worker", layers: SettingsLayer[]): Problem[] {
  const problems: Problem[] = [];
  const roleName = role === "controlplane" ? "a control plane" : "a worker";
  const memory = layers.findLast(({ settings }) => settings.memoryMiB !== undefined);
  if (memory?.settings.memoryMiB !== undefined && memory.settings.memoryMiB < minima[role].memoryMiB) {
    problems.push({
      path: `${memory.path}.memoryMiB`,
      value: memory.settings.memoryMiB,
      message: `too little memory for ${roleName}: below Talos' minimum`,
      allowed: `${minima[role].memoryMiB} MiB or more; ${defaults[role].memoryMiB} by default`,
    });
  }
  const disk = layers.findLast(({ settings }) => settings.diskGiB !== undefined);
  if (disk?.settings.diskGiB !== undefined && disk.settings.diskGiB < minima[role].diskGiB) {
    problems.push({
      path: `${disk.path}.diskGiB`,
      value: disk.settings.diskGiB,
      message: `too small a system disk for ${roleName}: below Talos' minimum`,
      allowed: `${minima[role].diskGiB} GiB or more; ${defaults[role].diskGiB} by default`,
    });
  }
  return problems;
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
}
