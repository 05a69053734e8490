/** What the bootstrap program is told, apart from the program itself, which components do not have to load. */
import type { NodeAddress } from "./talosctl.ts";

/** How the program is started, from the project's folder. */
export const bootstrapProgram = "node components/talos-cluster/lifecycle/bootstrap.ts";

/** The same for a cluster that has been bootstrapped: it waits, and bootstraps nothing. */
export const joinProgram = `${bootstrapProgram} join`;

/** What has to be known to bootstrap a cluster. */
export interface BootstrapRequest {
  cluster: string;
  /** Talos version of the release. */
  talos: string;
  /** In order of suffixes; the first one is the one that is bootstrapped. */
  controlPlanes: NodeAddress[];
  /** How long installing and starting may take together. */
  timeoutSeconds: number;
}
