/**
 * Metrics of other clusters come in by a gateway, which knows who may report.
 *
 * Facts: github.com/envoyproxy/gateway, v1.5: api/v1alpha1/basic_auth_types.go (htpasswd with SHA, key `.htpasswd`);
 * github.com/prometheus/prometheus: docs/querying/api.md: remote-write receiver below /api/v1/write.
 */
import { z } from "zod";
import type { ClusterFacts } from "../facts.ts";
import { type ExpectedSecret, type KubernetesObject, secretPlaceholder, type Values } from "./addon.ts";
import { gatewayReference, httpRoute } from "./routes.ts";

/** Settings of the central stack. */
export const receiverSettings = z.strictObject({
  /** Gateway of envoy-gateway that ends TLS. */
  gateway: gatewayReference,
  /** Host name, as clusters that report have it in `report.url`. @default metrics.<domain of the cluster> */
  host: z.string().min(1).optional(),
});

/** Who may report. */
export function reportersSecret(namespace: string): ExpectedSecret {
  return {
    configKey: "metricsReporters",
    description: "users that may report metrics, one a line as htpasswd -s writes them",
    name: "metrics-reporters",
    namespace,
    keys: { ".htpasswd": secretPlaceholder },
  };
}

/**
 * A cluster that is down reports nothing, and rules over nothing do not fire: this one tells of it for a day.
 * Text of its own for each cluster would take templates, which Sveltos would take for its own; the label `cluster` tells.
 */
export const silentClusters: Values = {
  "cluster-reports": {
    groups: [
      {
        name: "cluster-reports",
        rules: [
          {
            alert: "ClusterNotReporting",
            expr: 'group by (cluster) (last_over_time(up{job="apiserver"}[1d])) unless group by (cluster) (up{job="apiserver"})',
            for: "10m",
            labels: { severity: "critical" },
            annotations: {
              summary: "A cluster that reported metrics within the last day does so no longer.",
              description:
                "It is down, cannot reach this cluster, or is not let in. One that is gone for good is told of for a day.",
            },
          },
        ],
      },
    ],
  },
};

/** The one address that takes metrics, for users that the gateway knows. */
export function metricsReceiver(
  { domain }: ClusterFacts,
  namespace: string,
  { gateway, host }: z.output<typeof receiverSettings>,
): KubernetesObject[] {
  const name = "metrics-receiver";
  const hostname = host ?? `metrics.${domain}`;
  const route = httpRoute({ name, namespace, hostname, port: 9090 }, gateway, "kube-prometheus-stack-prometheus");
  const [rule] = (route.spec as { rules: [Values] }).rules;
  return [
    {
      ...route,
      spec: {
        ...(route.spec as Values),
        rules: [{ ...rule, matches: [{ path: { type: "Exact", value: "/api/v1/write" }, method: "POST" }] }],
      },
    },
    {
      apiVersion: "gateway.envoyproxy.io/v1alpha1",
      kind: "SecurityPolicy",
      metadata: { name, namespace },
      spec: {
        targetRefs: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", name }],
        basicAuth: { users: { name: reportersSecret(namespace).name } },
      },
    },
  ];
}
