/**
 * What the entries for Istio have in common. In ambient mode Istio is four charts of one version, which are installed in
 * this order: definitions, control plane, CNI plugin and ztunnel, the proxy of each node.
 */

/** Version of all four charts. */
export const istioVersion = "1.29.6";

/** Where all four charts come from. */
export const istioRepository = "https://istio-release.storage.googleapis.com/charts";

/** The CNI plugin and ztunnel enter the network namespaces of pods, so that the namespace is privileged. */
export const istioNamespace = { name: "istio-system", podSecurity: "privileged" } as const;

/** One label brings all four. */
export const istioSelectedBy = [{ istio: "ambient" }] as const;

/** Addresses that Istio's probes of pods come from, in place of the kubelet's. */
export const istioProbeAddresses = ["169.254.7.127/32", "fd16:9254:7127:1337:ffff:ffff:ffff:ffff/128"] as const;

/**
 * Values of the webhook that checks Istio's resources, in the two charts that have it. By default it lets everything pass
 * until the control plane changes it to this; engines that hold a chart against the cluster would change it back for ever.
 */
export const istioValidation = { base: { validationFailurePolicy: "Fail" } } as const;

/** Sources of the facts, for all of them; `chart` is the folder of one. */
export function istioSources(chart: string): string[] {
  return [
    `https://github.com/istio/istio, ${istioVersion}: manifests/charts/${chart}: values.yaml, templates/, files/profile-ambient.yaml`,
    "https://istio.io/v1.29/news/releases/1.29.x/announcing-1.29/: supports Kubernetes 1.31 to 1.35",
    "https://istio.io/latest/docs/ambient/install/helm/: order of the charts",
  ];
}
