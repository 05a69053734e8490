import { defineAddon, noSettings } from "../addon.ts";
import { istioNamespace, istioRepository, istioSelectedBy, istioSources, istioVersion } from "../istio.ts";

export default defineAddon({
  name: "istio-cni",
  description: "leads the traffic of pods in the mesh to the node's ztunnel",
  sources: [
    ...istioSources("istio-cni"),
    "https://istio.io/latest/docs/ambient/install/platform-prerequisites/#cilium: cni.exclusive, bpf.masquerade",
    "https://github.com/cilium/cilium, v1.18.4: Documentation/network/servicemesh/istio.rst: socketLB.hostNamespaceOnly",
    "https://github.com/siderolabs/pkgs, v1.12.0: kernel/build/config-amd64: what it asks of the kernel is built in",
  ],
  chart: { repository: istioRepository, name: "cni", version: istioVersion },
  valueKeys: `affinity ambient chained cniBinDir cniConfDir cniConfFileName cniNetnsDir compatibilityVersion
    daemonSetLabels env excludeNamespaces global hub image istioOwnedCNIConfig istioOwnedCNIConfigFileName logging
    ownerName platform podAnnotations podLabels profile provider pullPolicy repair resourceQuotas resources revision
    seLinuxOptions seccompProfile tag terminationGracePeriodSeconds tolerations updateStrategy variant`.split(/\s+/),
  namespace: istioNamespace,
  settings: noSettings,
  // Talos has the plugins and their configuration where the chart looks for them. The chart itself has the priority
  // system-node-critical and tolerations for all nodes.
  values: ({ addresses }) => ({
    profile: "ambient",
    ambient: { ipv6: addresses.podSubnets.some((cidr) => cidr.includes(":")) },
    resources: { requests: { cpu: "50m", memory: "100Mi" } },
  }),
  valuesOfOthers: () => ({
    cilium: {
      // Cilium would put away the configuration of a plugin that is chained behind its own.
      cni: { exclusive: false },
      // It would choose a service's pod inside the sending pod already, and ztunnel would never see the service.
      socketLB: { hostNamespaceOnly: true },
    },
  }),
  needs: () => [{ capability: "cni" }, { capability: "istiod" }],
  provides: () => ["istio-cni"],
  workloads: () => [{ kind: "DaemonSet", name: "istio-cni-node" }],
  selectedBy: istioSelectedBy,
});
