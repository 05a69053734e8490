import { join, resolve } from "node:path";

/** Where the fleet program keeps what it needs and what it makes; all of it is left out of Git. */
export interface Folders {
  /** Folder with `Pulumi.yaml` and the stack files. */
  project: string;
  /** `.orrery` or, in the lab, `.orrery/lab`. */
  root: string;
  /** Copies of the stack files that the engine may write to. */
  work: string;
  /** State of the lab's stacks; a real fleet's state is where the user's Pulumi backend is. */
  state: string;
}

/** The project folder of a request. */
export function projectFolder({ folder }: { folder?: string }): string {
  return resolve(folder ?? join(import.meta.dirname, ".."));
}

/** The folders of a project, for the lab or for real. */
export function foldersOf(project: string, lab: boolean): Folders {
  const root = lab ? join(project, ".orrery", "lab") : join(project, ".orrery");
  return {
    project,
    root,
    work: join(root, "work"),
    state: join(root, "state"),
  };
}

/** Where a cluster's kubeconfig and talosconfig go. */
export function clusterFolder(folders: Folders, stack: string): string {
  return join(folders.root, stack);
}
