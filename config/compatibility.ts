/**
 * Kubernetes minor versions that each Talos minor version runs, as `pkg/machinery/compatibility` of siderolabs/talos
 * has them. A Talos version that is not here is one this program was never made for.
 */
const kubernetesByTalos: Record<string, { lowest: number; highest: number }> = {
  "1.11": { lowest: 29, highest: 34 },
  "1.12": { lowest: 30, highest: 35 },
  "1.13": { lowest: 31, highest: 36 },
  "1.14": { lowest: 32, highest: 37 },
};

/** Talos minor versions that this program makes machine configurations for. */
export const supportedTalos: readonly string[] = Object.keys(kubernetesByTalos);

/** `v1.11.5` as `1.11`, `1.31.4` as `1.31`. */
export function minorOf(version: string): string {
  return version.replace(/^v/, "").split(".").slice(0, 2).join(".");
}

/** The Kubernetes versions that a Talos version runs, or undefined when this program does not know that Talos. */
export function kubernetesRange(talos: string): { text: string; holds(kubernetes: string): boolean } | undefined {
  const range = kubernetesByTalos[minorOf(talos)];
  if (!range) return undefined;
  return {
    text: `Kubernetes 1.${range.lowest} to 1.${range.highest} on Talos ${minorOf(talos)}`,
    holds(kubernetes) {
      const [major, minor] = minorOf(kubernetes).split(".").map(Number);
      return major === 1 && minor !== undefined && minor >= range.lowest && minor <= range.highest;
    },
  };
}
