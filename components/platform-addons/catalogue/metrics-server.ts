import { z } from "zod";
import { defineAddon } from "../addon.ts";
import { copiesOf, movesOneByOne, spreadOverNodes } from "../placement.ts";

const settings = z.strictObject({
  /** @default 2, or 1 where one node takes pods */
  replicas: z.number().int().min(1).optional(),
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
    extraVolumeMounts extraVolumes fullnameOverride hostNetwork image imagePullSecrets livenessProbe metrics
    nameOverride nodeSelector podAnnotations podDisruptionBudget podLabels podSecurityContext
    priorityClassName rbac readinessProbe replicas resources revisionHistoryLimit schedulerName securityContext service
    serviceAccount serviceMonitor tls tmpVolume tolerations topologySpreadConstraints updateStrategy`.split(/\s+/),
  namespace: { name: "kube-system" },
  settings,
  // No `--kubelet-insecure-tls`: kubelets have certificates that the cluster's CA signed.
  values: (facts, { replicas }) => ({
    replicas: copiesOf(facts, replicas),
    podDisruptionBudget: movesOneByOne(facts, copiesOf(facts, replicas))
      ? { enabled: true, maxUnavailable: 1 }
      : { enabled: false },
    topologySpreadConstraints: spreadOverNodes({ "app.kubernetes.io/name": "metrics-server" }),
  }),
  needs: () => [{ capability: "cni" }, { capability: "kubelet-serving-certificates" }],
  after: ["dns"],
  provides: () => ["metrics"],
  workloads: () => [{ kind: "Deployment", name: "metrics-server" }],
  selectedBy: [{ "metrics-server": "true" }],
});
