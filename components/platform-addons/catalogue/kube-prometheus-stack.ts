import { z } from "zod";
import type { ClusterFacts } from "../../facts.ts";
import { placesOf } from "../../scheduling.ts";
import {
  defineAddon,
  type ExpectedSecret,
  type Need,
  secretPlaceholder,
  type Values,
  type Workload,
} from "../addon.ts";
import { alertProblems, alertSecrets, alertSettings, alertValues } from "../alerting.ts";
import { controlPlaneListens, controlPlaneTargets } from "../control-plane-metrics.ts";
import { grafanaLoginSettings, grafanaSecrets, grafanaValues } from "../grafana.ts";
import { issuerProblems } from "../login.ts";
import { mergeValues } from "../merge.ts";
import { metricsReceiver, receiverSettings, reportersSecret, silentClusters } from "../metrics-receiver.ts";
import { storageNeed } from "../named-things.ts";
import { networkMetrics } from "../network-metrics.ts";
import { copiesOf, movesOneByOne } from "../placement.ts";
import { prometheusValues, volumeOf } from "../prometheus.ts";
import { gatewayNeed } from "../routes.ts";

const settings = z.strictObject({
  /** A Prometheus elsewhere that takes the metrics; this cluster then keeps no own. @default this cluster is the central one */
  report: z
    .strictObject({
      /** Where it takes them: `https://metrics.sol.example.net/api/v1/write`. */
      url: z.url({ protocol: /^https?$/ }),
      /** User; the password stands in `orrery:metricsPassword`. @default the cluster's name */
      username: z.string().min(1).optional(),
    })
    .optional(),
  /** Where alerts are sent. @default nowhere: they show in the user interface */
  alerts: alertSettings.optional(),
  /** Takes metrics of other clusters by way of a gateway of envoy-gateway. @default from inside this cluster only */
  receive: receiverSettings.optional(),
  /** Log-in to Grafana by OpenID Connect. @default the user admin alone */
  login: grafanaLoginSettings.optional(),
  /** Days that metrics are kept. @default 15 */
  retentionDays: z.number().int().min(1).default(15),
  /** Volume for metrics; 0 keeps them in memory and loses them with the pod. @default 50 */
  storageGiB: z.number().int().min(0).default(50),
  /** Storage class of the volumes. @default the default class */
  storageClass: z.string().min(1).optional(),
  /** Copies of Prometheus, each with all metrics, on as many nodes. @default 1 */
  replicas: z.number().int().min(1).default(1),
  /** Host name of Grafana. @default grafana.<domain of the cluster> */
  grafanaHost: z.string().min(1).optional(),
});
type Settings = z.output<typeof settings>;

const namespace = "monitoring";
const reportSecret = "metrics-receiver";

export default defineAddon({
  name: "kube-prometheus-stack",
  description: "Prometheus, Alertmanager and Grafana, or an agent that reports to another cluster's",
  sources: [
    "https://github.com/prometheus-community/helm-charts, kube-prometheus-stack-88.5.3: charts/kube-prometheus-stack/values.yaml, templates/, charts/crds/crds/",
    "https://github.com/prometheus-community/helm-charts, kube-prometheus-stack-88.5.3: Chart.yaml: Kubernetes 1.25 and newer",
  ],
  chart: {
    repository: "https://prometheus-community.github.io/helm-charts",
    name: "kube-prometheus-stack",
    version: "88.5.3",
  },
  valueKeys: `additionalPrometheusRules additionalPrometheusRulesMap alertmanager cleanPrometheusOperatorObjectNames
    commonLabels coreDns crds customRules defaultRules extraManifests fullnameOverride global grafana kube-state-metrics
    kubeApiServer kubeControllerManager kubeDns kubeEtcd kubeProxy kubeScheduler kubeStateMetrics
    kubeTargetVersionOverride kubeVersionOverride kubelet kubernetesServiceMonitors nameOverride namespaceOverride
    nodeExporter prometheus prometheus-node-exporter prometheus-windows-exporter prometheusOperator thanosRuler
    windowsMonitoring`.split(/\s+/),
  // The node exporter looks at the host's network, processes and file systems.
  namespace: { name: namespace, podSecurity: "privileged" },
  settings,
  check: (facts, { report, alerts, receive: taken, login: wanted, replicas }) => [
    ...(replicas > placesOf(facts)
      ? [
          {
            path: "replicas",
            value: replicas,
            message: "is more than the cluster has nodes for pods, and no node takes two",
            allowed: `1 to ${placesOf(facts)}`,
          },
        ]
      : []),
    ...(alerts ? alertProblems(alerts) : []),
    ...(wanted ? issuerProblems(facts, wanted) : []),
    ...(taken && !taken.host && !facts.domain
      ? [{ path: "receive.host", message: "is needed, because the cluster has no domain" }]
      : []),
    ...Object.entries({ alerts, receive: taken, login: wanted })
      .filter(([, said]) => report && said)
      .map(([path]) => ({
        path,
        message: "has no effect in a cluster that reports to another one",
        hint: "say it there",
      })),
  ],
  values: (facts, chosen) => ({
    crds: { enabled: true },
    ...controlPlaneTargets,
    prometheusOperator: {
      resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
      prometheusConfigReloader: { resources: small },
      admissionWebhooks: { patch: { resources: small } },
    },
    // One on every node; without it nobody sees why a node is full.
    "prometheus-node-exporter": { resources: small, priorityClassName: "system-node-critical" },
    "kube-state-metrics": { resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "512Mi" } } },
    prometheus: prometheusValues(facts, { ...chosen, reportSecret }),
    ...(chosen.report ? reporting : central(facts, chosen)),
  }),
  valuesOfOthers: () => ({ cilium: networkMetrics }),
  objects: (facts, chosen) => (chosen.receive ? metricsReceiver(facts, namespace, chosen.receive) : []),
  needs: (_, { storageGiB, storageClass, receive: taken }) => [
    { capability: "cni" },
    ...(storageGiB > 0 ? [storage(storageClass)] : []),
    ...(taken
      ? [
          { capability: "crd:gateway.networking.k8s.io" },
          { capability: "crd:gateway.envoyproxy.io" },
          gatewayNeed(taken.gateway, "receive.gateway"),
        ]
      : []),
  ],
  after: ["dns"],
  provides: () => ["crd:monitoring.coreos.com"],
  definitions: [
    {
      group: "monitoring.coreos.com",
      version: "v1",
      namespaced: "Alertmanager PodMonitor Probe Prometheus PrometheusRule ServiceMonitor ThanosRuler".split(" "),
    },
    {
      group: "monitoring.coreos.com",
      version: "v1alpha1",
      namespaced: ["AlertmanagerConfig", "PrometheusAgent", "ScrapeConfig"],
    },
  ],
  workloads,
  secrets: ({ name }, { report, alerts, receive: taken, login: wanted }) =>
    report
      ? [receiverSecret(report.username ?? name, report.url)]
      : [
          ...grafanaSecrets(namespace, wanted),
          ...(alerts ? alertSecrets(alerts, namespace) : []),
          ...(taken ? [reportersSecret(namespace)] : []),
        ],
  machine: (facts) => [controlPlaneListens(facts)],
  selectedBy: [{ monitoring: "true", fluxcd: "true" }],
  timeoutSeconds: 900,
});

function storage(storageClass: string | undefined): Need {
  const need = storageNeed("kube-prometheus-stack", storageClass);
  const inMemory = "or set addons.kube-prometheus-stack.settings.storageGiB to 0";
  return { ...need, otherwise: [need.otherwise, inMemory].filter(Boolean).join(", ") };
}

const small = { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } };

/** Alerts and dashboards are where the metrics are. */
const reporting: Values = {
  alertmanager: { enabled: false },
  grafana: { enabled: false },
  defaultRules: { create: false },
};

function central(facts: ClusterFacts, chosen: Settings): Values {
  const replicas = copiesOf(facts);
  return {
    alertmanager: mergeValues(chosen.alerts ? alertValues(chosen.alerts) : {}, {
      podDisruptionBudget: { enabled: movesOneByOne(facts, replicas), minAvailable: 1 },
      alertmanagerSpec: {
        replicas,
        // What is silenced stays so when all of them start anew.
        storage: volumeOf(chosen, 1),
        resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
        // Routes are AlertmanagerConfigs of any namespace, so that receivers and their secrets stand beside them.
        alertmanagerConfigMatcherStrategy: { type: "None" },
      },
    }),
    ...(chosen.receive ? { additionalPrometheusRulesMap: silentClusters } : {}),
    grafana: grafanaValues(facts, chosen.grafanaHost, chosen.login),
  };
}

function receiverSecret(username: string, url: string): ExpectedSecret {
  return {
    configKey: "metricsPassword",
    description: `password of ${username} at ${url}`,
    name: reportSecret,
    namespace,
    keys: { username, password: secretPlaceholder },
  };
}

function workloads(values: Values): Workload[] {
  const grafana = (values.grafana as { enabled?: boolean } | undefined)?.enabled !== false;
  return [
    { kind: "Deployment", name: "kube-prometheus-stack-operator" },
    { kind: "Deployment", name: "kube-prometheus-stack-kube-state-metrics" },
    { kind: "DaemonSet", name: "kube-prometheus-stack-prometheus-node-exporter", hostNetwork: true },
    ...(grafana ? ([{ kind: "Deployment", name: "kube-prometheus-stack-grafana" }] as const) : []),
  ];
}
