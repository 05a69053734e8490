/** What control planes and workers have to agree on. */
import type { MachinePatch, PatchContext } from "./types.ts";

/** Pod and service ranges; no built-in CNI and no kube-proxy, because Cilium does both. */
export function clusterNetworkPatch({ facts }: PatchContext): MachinePatch {
  return {
    cluster: {
      network: {
        cni: { name: "none" },
        podSubnets: facts.addresses.podSubnets,
        serviceSubnets: facts.addresses.serviceSubnets,
      },
      proxy: { disabled: true },
    },
  };
}

/** Container registry mirrors: the cluster's over the site's. */
export function registriesPatch({ config, shared }: PatchContext): MachinePatch | undefined {
  const mirrors = { ...shared.registryMirrors, ...config.machine.registryMirrors };
  const names = Object.keys(mirrors).sort();
  if (names.length === 0) return undefined;
  return {
    machine: {
      registries: { mirrors: Object.fromEntries(names.map((name) => [name, { endpoints: mirrors[name] ?? [] }])) },
    },
  };
}
