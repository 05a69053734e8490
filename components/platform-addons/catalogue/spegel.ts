import { z } from "zod";
import { defineAddon } from "../addon.ts";

const settings = z.strictObject({
  /** Registries whose images nodes fetch from each other: `https://docker.io`. @default all */
  registries: z.array(z.url({ protocol: /^https?$/ })).default([]),
});

export default defineAddon({
  name: "spegel",
  description: "nodes fetch images from each other before they ask a registry",
  sources: [
    "https://github.com/spegel-org/spegel, v0.7.4: charts/spegel/values.yaml, templates/daemonset.yaml",
    "https://spegel.dev/docs/getting-started/: chart in oci://ghcr.io/spegel-org/helm-charts",
    "https://docs.siderolabs.com/kubernetes-guides/advanced-guides/spegel: unpacked layers are kept, namespace is privileged",
    "https://github.com/siderolabs/talos, v1.11.5: internal/app/machined/pkg/controllers/files/cri_registry_config.go: folder of registry hosts",
  ],
  chart: { repository: "oci://ghcr.io/spegel-org/helm-charts", name: "spegel", version: "0.7.4" },
  valueKeys: `affinity basicAuthSecretName clusterDomain commonLabels daemonsetAnnotations extraInitContainers
    extraVolumes fullnameOverride grafanaDashboard image imagePullSecrets livenessProbe nameOverride namespaceOverride
    nodeSelector podAnnotations podSecurityContext priorityClassName resources revisionHistoryLimit securityContext
    service serviceAccount serviceMonitor spegel tolerations updateStrategy verticalPodAutoscaler`.split(/\s+/),
  // It reads containerd's content and writes its registry hosts on every node.
  namespace: { name: "spegel", podSecurity: "privileged" },
  settings,
  // On nodes whose first address is IPv6 only the way by the host port works: this version leaves the brackets out of
  // the second way, by the node port (main.go, configurationCommand).
  // Unpacked layers, which it serves to others, are kept on every node of this project. The chart itself has the
  // priority system-node-critical, requests and tolerations for all nodes.
  values: (_, { registries }) => ({
    spegel: {
      // Where Talos has containerd look; the chart's own folder is read-only there.
      containerdRegistryConfigPath: "/etc/cri/conf.d/hosts",
      mirroredRegistries: registries,
      // Mirrors of the machine configuration stay in use after the neighbours.
      prependExisting: true,
    },
    // Memory is limited to 128 MiB by the chart; CPU is not, so that layers stream as fast as the link.
    resources: { requests: { cpu: "20m" } },
  }),
  needs: () => [{ capability: "cni" }],
  after: ["dns"],
  workloads: () => [{ kind: "DaemonSet", name: "spegel" }],
  selectedBy: [{ spegel: "true" }],
});
