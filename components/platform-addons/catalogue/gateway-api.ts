import { defineAddon, noSettings } from "../addon.ts";

/**
 * Gateway API bundles by the Cilium minor version that was tested with them, and the chart version that carries each.
 * The chart is Traefik's chart of nothing but custom resource definitions, with Traefik's own switched off. Envoy's
 * chart of the same kind cannot be installed by Helm: with it, Helm's record of a release would be 1.17 MB large, and
 * a Secret holds 1 MB. This one needs 0.74 MB.
 */
const chartVersions: Record<string, string> = {
  // Gateway API v1.3.0
  "1.18": "1.11.1",
  // Gateway API v1.4.0
  "1.19": "1.14.0",
};
const newest = "1.14.0";

export default defineAddon({
  name: "gateway-api",
  description: "custom resource definitions of the Gateway API, standard channel",
  sources: [
    "https://github.com/traefik/traefik-helm-chart, traefik-crds 1.11.1 and 1.14.0: values.yaml, crds-files/gatewayAPI/",
    "https://docs.cilium.io/en/v1.18/network/servicemesh/gateway-api/gateway-api/: Gateway API v1.3.0",
  ],
  chart: {
    repository: "https://traefik.github.io/charts",
    name: "traefik-crds",
    version: ({ release }) => chartVersions[release.cilium.split(".").slice(0, 2).join(".")] ?? newest,
  },
  valueKeys: [
    "deleteOnUninstall",
    "enabled",
    "gatewayAPI",
    "gatewayAPIExperimental",
    "global",
    "hub",
    "knative",
    "traefik",
  ],
  namespace: { name: "kube-system" },
  settings: noSettings,
  // Definitions stay when the release goes: with them all gateways and routes would go.
  values: () => ({ traefik: false, gatewayAPI: true, deleteOnUninstall: false }),
  provides: () => ["crd:gateway.networking.k8s.io"],
  definitions: [
    {
      group: "gateway.networking.k8s.io",
      version: "v1",
      namespaced: ["GRPCRoute", "Gateway", "HTTPRoute"],
      clusterWide: ["GatewayClass"],
    },
    { group: "gateway.networking.k8s.io", version: "v1beta1", namespaced: ["ReferenceGrant"] },
  ],
  workloads: () => [],
  byDefault: true,
  directOnly: "the network looks for these definitions when it starts",
  timeoutSeconds: 300,
});
