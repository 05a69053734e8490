/**
 * The chart of Cluster Autoscaler: what of its templates decides whether it works.
 *
 * Facts: github.com/kubernetes/autoscaler, cluster-autoscaler-chart-9.59.0: cluster-autoscaler/charts/cluster-autoscaler/
 * templates/deployment.yaml and templates/_helpers.tpl.
 */
import {
  autoscalerChart,
  autoscalerValueKeys,
  autoscalerWorkloads,
} from "../../components/downstream-clusters/autoscaler.ts";
import type { Values } from "../../components/platform-addons/addon.ts";
import { isRecord } from "../protocol/values.ts";
import type { ChartSource } from "./charts.ts";

/** The chart as the lab's Helm knows it. */
export const autoscaler: ChartSource = {
  chart: autoscalerChart,
  namespace: { name: "" },
  valueKeys: autoscalerValueKeys,
  // Without anything to look for the chart has no Deployment.
  workloads: (values) => (discovery(values) ? [...autoscalerWorkloads(values)] : []),
  command: (values) => [
    "./cluster-autoscaler",
    `--cloud-provider=${values.cloudProvider}`,
    `--node-group-auto-discovery=clusterapi:${discovery(values)}`,
    ...(values.clusterAPIMode === "kubeconfig-incluster"
      ? ["--kubeconfig=/etc/kubernetes/value", "--clusterapi-cloud-config-authoritative"]
      : []),
    ...Object.entries(isRecord(values.extraArgs) ? values.extraArgs : {}).map(([key, value]) => `--${key}=${value}`),
  ],
};

function discovery({ autoDiscovery }: Values): string {
  const { clusterName, namespace } = isRecord(autoDiscovery) ? autoDiscovery : {};
  return [clusterName ? `clusterName=${clusterName}` : "", namespace ? `namespace=${namespace}` : ""]
    .filter(Boolean)
    .join(",");
}
