/**
 * Metrics of Cilium and of Hubble, which sees every flow. Cilium comes before the definitions of monitors, so that it says
 * where its metrics are and the stack that reads them brings the monitors.
 *
 * Facts: github.com/cilium/charts, cilium-1.18.4: values.yaml, templates/cilium-agent/daemonset.yaml,
 * templates/cilium-operator/deployment.yaml, templates/cilium-envoy/daemonset.yaml: labels and ports by name;
 * github.com/cilium/cilium, v1.18.4: Documentation/observability/metrics.rst: metrics of Hubble.
 */
import type { Values } from "./addon.ts";

/** Values for Cilium. Without Hubble the metrics of it are not there, and nothing else changes. */
export const networkMetrics: Values = {
  prometheus: { enabled: true },
  hubble: { metrics: { enabled: ["dns", "drop", "tcp", "flow", "icmp", "port-distribution"] } },
};

const node = {
  sourceLabels: ["__meta_kubernetes_pod_node_name"],
  targetLabel: "node",
};

function monitor(name: string, labels: Record<string, string>, ports: string[]): Values {
  return {
    name,
    namespaceSelector: { matchNames: ["kube-system"] },
    selector: { matchLabels: labels },
    podMetricsEndpoints: ports.map((port) => ({ port, honorLabels: true, relabelings: [node] })),
  };
}

/** One for each workload of Cilium. */
export const networkMonitors: readonly Values[] = [
  monitor("cilium-agent", { "k8s-app": "cilium" }, ["prometheus", "hubble-metrics"]),
  monitor("cilium-envoy", { "k8s-app": "cilium-envoy" }, ["envoy-metrics"]),
  monitor("cilium-operator", { "io.cilium/app": "operator" }, ["prometheus"]),
];
