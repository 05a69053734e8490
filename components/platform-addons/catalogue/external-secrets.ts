import { z } from "zod";
import { defineAddon } from "../addon.ts";

const settings = z.strictObject({
  /** Controllers, one of them at work. @default 2 */
  replicas: z.number().int().min(1).default(2),
});

export default defineAddon({
  name: "external-secrets",
  description: "Kubernetes Secrets out of a secret store",
  sources: [
    "https://github.com/external-secrets/external-secrets, helm-chart-2.9.0: deploy/charts/external-secrets/values.yaml",
    "https://external-secrets.io/latest/introduction/stability-support/: only the newest minor version is maintained",
  ],
  chart: { repository: "https://charts.external-secrets.io", name: "external-secrets", version: "2.9.0" },
  valueKeys: `affinity bitwarden-sdk-server certController commonLabels concurrent controllerClass crds createOperator
    deploymentAnnotations dnsConfig dnsPolicy enableHTTP2 extendedMetricLabels extraArgs extraContainers extraEnv
    extraInitContainers extraObjects extraVolumeMounts extraVolumes fullnameOverride genericTargets global
    grafanaDashboard hostAliases hostNetwork hostUsers image imagePullSecrets installCRDs leaderElect leaderElectionID
    leaderElectionLeaseDuration leaderElectionRenewDeadline leaderElectionRetryPeriod livenessProbe log metrics
    nameOverride namespaceOverride networkPolicy nodeSelector openshiftFinalizers podAnnotations podDisruptionBudget
    podLabels podSecurityContext podSpecExtra priorityClassName processClusterExternalSecret processClusterGenerator
    processClusterPushSecret processClusterStore processPushSecret processSecretStore rbac readinessProbe replicaCount
    resources revisionHistoryLimit runtimeClassName schedulerName scopedNamespace scopedRBAC securityContext service
    serviceAccount serviceMonitor storeRequeueInterval systemAuthDelegator tolerations topologySpreadConstraints vault
    webhook`.split(/\s+/),
  namespace: { name: "external-secrets", podSecurity: "restricted" },
  settings,
  values: (_, { replicas }) => ({
    installCRDs: true,
    replicaCount: replicas,
    leaderElect: replicas > 1,
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    podDisruptionBudget: replicas > 1 ? { enabled: true, minAvailable: 1 } : { enabled: false },
    webhook: {
      replicaCount: replicas,
      resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
    },
    certController: { resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } } },
  }),
  needs: () => [{ capability: "cni" }],
  after: ["dns"],
  provides: () => ["crd:external-secrets.io"],
  definitions: [
    {
      group: "external-secrets.io",
      version: "v1",
      namespaced: ["ExternalSecret", "SecretStore"],
      clusterWide: ["ClusterExternalSecret", "ClusterSecretStore"],
    },
    {
      group: "external-secrets.io",
      version: "v1alpha1",
      namespaced: ["PushSecret"],
      clusterWide: ["ClusterPushSecret"],
    },
  ],
  workloads: () => [
    { kind: "Deployment", name: "external-secrets" },
    { kind: "Deployment", name: "external-secrets-cert-controller" },
    { kind: "Deployment", name: "external-secrets-webhook" },
  ],
  selectedBy: [{ "external-secrets": "true" }],
});
