/**
 * The autoscaler of a downstream cluster. It runs beside the cluster's objects on the management cluster, so that the
 * downstream cluster holds no credentials for Cluster API.
 *
 * Facts: github.com/kubernetes/autoscaler, cluster-autoscaler-chart-9.59.0: cluster-autoscaler/charts/cluster-autoscaler/
 * values.yaml, templates/deployment.yaml (`kubeconfig-incluster`: the first is the cluster that is scaled, the second the
 * one with Cluster API), templates/role.yaml; Cluster API writes the Secret `<cluster>-kubeconfig` with the key `value`.
 * cluster-autoscaler/README.md: the version is that of the scaled cluster, because it simulates that one's scheduler.
 */
import type { DownstreamCluster } from "./plan.ts";

/** The chart, at exactly one version. */
export const autoscalerChart = {
  repository: "https://kubernetes.github.io/autoscaler",
  name: "cluster-autoscaler",
  version: "9.59.0",
} as const;

/** Its top-level values. */
export const autoscalerValueKeys: readonly string[] =
  `additionalLabels affinity autoDiscovery autoscalingGroups autoscalingGroupsnamePrefix awsAccessKeyID awsRegion
  awsSecretAccessKey azureClientID azureClientSecret azureEnableForceDelete azureEnableVMSSEtag azureResourceGroup
  azureSubscriptionID azureTenantID azureUserAssignedIdentityID azureUseManagedIdentityExtension
  azureUseWorkloadIdentityExtension azureVMType civoApiKey civoApiUrl civoClusterID civoRegion cloudConfigPath
  cloudProvider clusterAPICloudConfigPath clusterAPIConfigMapsNamespace clusterAPIKubeconfigSecret clusterAPIMode
  clusterAPIWorkloadKubeconfigPath containerSecurityContext customArgs deployment dnsConfig dnsPolicy envFromConfigMap
  envFromSecret expanderPriorities extraArgs extraEnv extraEnvConfigMaps extraEnvSecrets extraObjects extraVolumeMounts
  extraVolumes extraVolumeSecrets fullnameOverride hostNetwork image initContainers kubeTargetVersionOverride
  kwokConfigMapName magnumCABundlePath magnumClusterName nameOverride nodeSelector podAnnotations podDisruptionBudget
  podLabels priorityClassName priorityConfigMapAnnotations prometheusRule rbac replicaCount resources
  revisionHistoryLimit secretKeyRefNameOverride securityContext service serviceMonitor tolerations
  topologySpreadConstraints updateStrategy vpa`.split(/\s+/);

/** The newest release for each version of Kubernetes; all of them know Cluster API's v1beta2. */
const releases: Record<string, string> = {
  "1.30": "v1.30.7",
  "1.31": "v1.31.5",
  "1.32": "v1.32.7",
  "1.33": "v1.33.6",
  "1.34": "v1.34.5",
  "1.35": "v1.35.2",
  "1.36": "v1.36.1",
};

/** A release of the chart. */
export interface AutoscalerPlan {
  name: string;
  namespace: string;
  values: Record<string, unknown>;
}

/** The autoscaler of a cluster whose workers have bounds; none of one that has a number. */
export function autoscaler({ name, config, release }: DownstreamCluster): AutoscalerPlan | undefined {
  if (typeof config.workers === "number") return undefined;
  const tag = releases[release.kubernetes.split(".").slice(0, 2).join(".")];
  return {
    name: `${name}-autoscaler`,
    namespace: name,
    values: {
      fullnameOverride: `${name}-autoscaler`,
      // The chart's own where none is known for the cluster's version.
      ...(tag ? { image: { tag } } : {}),
      cloudProvider: "clusterapi",
      clusterAPIMode: "kubeconfig-incluster",
      clusterAPIKubeconfigSecret: `${name}-kubeconfig`,
      autoDiscovery: { clusterName: name, namespace: name },
      // Without it a larger minimum takes effect only when pods want for room.
      extraArgs: { "enforce-node-group-min-size": "true" },
      // On the management cluster it may do nothing outside of the cluster's own namespace.
      rbac: { clusterScoped: false },
      resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "256Mi" } },
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65_534,
        runAsGroup: 65_534,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containerSecurityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      },
    },
  };
}

/** What runs of a release with these values. */
export function autoscalerWorkloads({ fullnameOverride }: Record<string, unknown>) {
  return [{ kind: "Deployment", name: String(fullnameOverride) }] as const;
}
