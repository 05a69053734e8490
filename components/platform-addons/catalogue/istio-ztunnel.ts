import { defineAddon, noSettings } from "../addon.ts";
import { istioNamespace, istioRepository, istioSelectedBy, istioSources, istioVersion } from "../istio.ts";

export default defineAddon({
  name: "istio-ztunnel",
  description: "encrypts and identifies the traffic between pods in the mesh, one proxy on each node",
  sources: istioSources("ztunnel"),
  chart: { repository: istioRepository, name: "ztunnel", version: istioVersion },
  valueKeys: `affinity annotations caAddress compatibilityVersion env global hub image imagePullPolicy imagePullSecrets
    istioNamespace labels logAsJson logLevel meshConfig multiCluster network nodeSelector peerCaCrl platform
    podAnnotations podLabels profile resourceName resourceQuotas resourceScope resources revision seLinuxOptions tag
    terminationGracePeriodSeconds tolerations updateStrategy variant volumeMounts volumes xdsAddress`.split(/\s+/),
  namespace: istioNamespace,
  settings: noSettings,
  // Pods join the mesh by the label `istio.io/dataplane-mode: ambient` on them or on their namespace.
  values: ({ name }) => ({
    profile: "ambient",
    multiCluster: { clusterName: name },
    // Connections of meshed pods break when it is restarted: the old one is given time to finish them.
    terminationGracePeriodSeconds: 60,
    resources: { requests: { cpu: "100m", memory: "256Mi" } },
  }),
  needs: () => [{ capability: "cni" }, { capability: "istiod" }, { capability: "istio-cni" }],
  provides: () => ["mesh"],
  workloads: () => [{ kind: "DaemonSet", name: "ztunnel" }],
  selectedBy: istioSelectedBy,
});
