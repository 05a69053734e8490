/**
 * The autoscaler of a downstream cluster. It runs beside the cluster's objects on the management cluster, so that the
 * downstream cluster holds no credentials for Cluster API.
 *
 * Facts: github.com/kubernetes/autoscaler, cluster-autoscaler-chart-9.59.0: cluster-autoscaler/charts/cluster-autoscaler/
 * values.yaml, templates/deployment.yaml (`kubeconfig-incluster`: the first is the cluster that is scaled, the second the
 * one with Cluster API), README.md; Cluster API writes the Secret `<cluster>-kubeconfig`.
 */
import type { DownstreamCluster } from "./plan.ts";

/** The chart, at exactly one version. */
export const autoscalerChart = {
  repository: "https://kubernetes.github.io/autoscaler",
  name: "cluster-autoscaler",
  version: "9.59.0",
} as const;

/** A release of the chart. */
export interface AutoscalerPlan {
  name: string;
  namespace: string;
  values: Record<string, unknown>;
}

/** The autoscaler of a cluster whose workers have bounds; none of one that has a number. */
export function autoscaler({ name, config }: DownstreamCluster): AutoscalerPlan | undefined {
  if (typeof config.workers === "number") return undefined;
  return {
    name: `${name}-autoscaler`,
    namespace: name,
    values: {
      fullnameOverride: `${name}-autoscaler`,
      cloudProvider: "clusterapi",
      clusterAPIMode: "kubeconfig-incluster",
      clusterAPIKubeconfigSecret: `${name}-kubeconfig`,
      autoDiscovery: { clusterName: name, namespace: name },
      resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    },
  };
}

/** What runs of a release with these values. */
export function autoscalerWorkloads({ fullnameOverride }: Record<string, unknown>) {
  return [{ kind: "Deployment", name: String(fullnameOverride) }] as const;
}
