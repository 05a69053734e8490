import type { KubernetesObject } from "../../talos/interface.ts";

/** What Crossplane is at in one cluster. */
export interface CrossplaneState {
  /** When a package was taken up, by the key of its object. */
  packages: Record<string, number>;
  /** When a definition was taken up, by the key of its object. */
  definitions: Record<string, number>;
  /** What provider-kubernetes has applied last, by the key of its `Object`: what it does not wish for any more goes. */
  applied: Record<string, KubernetesObject>;
}

/** The state of a cluster in which Crossplane has done nothing yet. */
export function emptyCrossplane(): CrossplaneState {
  return { packages: {}, definitions: {}, applied: {} };
}
