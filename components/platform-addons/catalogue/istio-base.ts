import { defineAddon, noSettings } from "../addon.ts";
import {
  istioNamespace,
  istioRepository,
  istioSelectedBy,
  istioSources,
  istioValidation,
  istioVersion,
} from "../istio.ts";

export default defineAddon({
  name: "istio-base",
  description: "custom resources of the service mesh Istio",
  sources: istioSources("base"),
  chart: { repository: istioRepository, name: "base", version: istioVersion },
  valueKeys: "base compatibilityVersion defaultRevision experimental global platform profile".split(" "),
  namespace: istioNamespace,
  settings: noSettings,
  values: () => ({
    profile: "ambient",
    ...istioValidation,
    // The webhook that checks Istio's resources belongs to the one control plane that there is.
    defaultRevision: "default",
  }),
  provides: () => ["crd:networking.istio.io"],
  definitions: [
    {
      group: "networking.istio.io",
      version: "v1",
      namespaced: "DestinationRule Gateway ServiceEntry Sidecar VirtualService WorkloadEntry WorkloadGroup".split(" "),
    },
    { group: "networking.istio.io", version: "v1alpha3", namespaced: ["EnvoyFilter"] },
    { group: "networking.istio.io", version: "v1beta1", namespaced: ["ProxyConfig"] },
    {
      group: "security.istio.io",
      version: "v1",
      namespaced: ["AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication"],
    },
    { group: "telemetry.istio.io", version: "v1", namespaced: ["Telemetry"] },
    { group: "extensions.istio.io", version: "v1alpha1", namespaced: ["WasmPlugin"] },
  ],
  selectedBy: istioSelectedBy,
});
