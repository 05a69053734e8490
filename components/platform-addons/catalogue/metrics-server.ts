import { z } from "zod";
import { defineAddon } from "../addon.ts";

const settings = z.strictObject({
  /** @default 2 */
  replicas: z.number().int().min(1).default(2),
});

export default defineAddon({
  name: "metrics-server",
  description: "CPU and memory use of nodes and pods, for kubectl top and autoscaling",
  sources: [
    "https://github.com/kubernetes-sigs/metrics-server, metrics-server-helm-chart-3.13.1: charts/metrics-server/values.yaml",
    "https://github.com/kubernetes-sigs/metrics-server, README.md: 0.8 supports Kubernetes 1.31 and newer",
  ],
  chart: {
    repository: "https://kubernetes-sigs.github.io/metrics-server",
    name: "metrics-server",
    version: "3.13.1",
  },
  valueKeys:
    `addonResizer affinity apiService args commonLabels containerPort defaultArgs deploymentAnnotations dnsConfig
    extraVolumeMounts extraVolumes fullnameOverride hostNetwork hostUsers image imagePullSecrets livenessProbe metrics
    nameOverride namespaceOverride nodeSelector podAnnotations podDisruptionBudget podLabels podSecurityContext
    priorityClassName rbac readinessProbe replicas resources revisionHistoryLimit schedulerName securityContext service
    serviceAccount serviceMonitor tls tmpVolume tolerations topologySpreadConstraints updateStrategy`.split(/\s+/),
  namespace: { name: "kube-system" },
  settings,
  // No `--kubelet-insecure-tls`: kubelets have certificates that the cluster's CA signed.
  values: (_, { replicas }) => ({
    replicas,
    podDisruptionBudget: { enabled: replicas > 1, ...(replicas > 1 ? { maxUnavailable: 1 } : {}) },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: { "app.kubernetes.io/name": "metrics-server" } },
      },
    ],
  }),
  needs: () => [{ capability: "cni" }, { capability: "kubelet-serving-certificates" }],
  after: ["dns"],
  provides: () => ["metrics"],
  workloads: () => [{ kind: "Deployment", name: "metrics-server" }],
  selectedBy: [{ "metrics-server": "true" }],
});
