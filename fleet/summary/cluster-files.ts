import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StackOutputs } from "../engine.ts";
import { clusterFolder, type Folders } from "../folders.ts";

/** Where a cluster's files for kubectl and talosctl are. */
export function clusterFiles(folders: Folders, stack: string): { kubeconfig: string; talosconfig: string } {
  const folder = clusterFolder(folders, stack);
  return { kubeconfig: join(folder, "kubeconfig"), talosconfig: join(folder, "talosconfig") };
}

/** Writes kubeconfig and talosconfig, for the owner's eyes only. */
export function keepClusterFiles(folders: Folders, stack: string, outputs: StackOutputs): void {
  const files = clusterFiles(folders, stack);
  for (const name of ["kubeconfig", "talosconfig"] as const) {
    const text = outputs[name];
    if (typeof text !== "string") continue;
    mkdirSync(clusterFolder(folders, stack), { recursive: true, mode: 0o700 });
    writeFileSync(files[name], text, { mode: 0o600 });
    chmodSync(files[name], 0o600);
  }
}

/** Removes them; they are of no use once the cluster is gone. */
export function removeClusterFiles(folders: Folders, stack: string): void {
  const { kubeconfig, talosconfig } = clusterFiles(folders, stack);
  rmSync(kubeconfig, { force: true });
  rmSync(talosconfig, { force: true });
}
