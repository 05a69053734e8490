/** Prometheus itself: the central one, or an agent that passes on what it reads. */
import type { ClusterFacts } from "../facts.ts";
import type { Values } from "./addon.ts";
import { networkMonitors } from "./network-metrics.ts";
import { movesOneByOne } from "./placement.ts";

/** What {@link prometheusValues} is told. */
export interface PrometheusSettings {
  /** Where an agent passes metrics on to. @default it is the central one */
  report?: { url: string } | undefined;
  /** Secret with the agent's user and password, in its namespace. */
  reportSecret: string;
  replicas: number;
  retentionDays: number;
  storageGiB: number;
  storageClass?: string | undefined;
}

/** Chart values below `prometheus`. */
export function prometheusValues(facts: ClusterFacts, chosen: PrometheusSettings): Values {
  const { name } = facts;
  const { report, replicas } = chosen;
  const shared = {
    replicas,
    podAntiAffinity: "hard",
    // Series of several clusters stand side by side; the label is on those of this cluster as well.
    externalLabels: { cluster: name },
    scrapeClasses: [{ name: "cluster", default: true, relabelings: [{ targetLabel: "cluster", replacement: name }] }],
    // Monitors of all add-ons count, not only those of this release.
    serviceMonitorSelectorNilUsesHelmValues: false,
    podMonitorSelectorNilUsesHelmValues: false,
    probeSelectorNilUsesHelmValues: false,
    scrapeConfigSelectorNilUsesHelmValues: false,
    resources: { requests: { cpu: "200m", memory: report ? "512Mi" : "2Gi" } },
    storageSpec: volumeOf(chosen, chosen.storageGiB),
  };
  return {
    agentMode: report !== undefined,
    podDisruptionBudget: { enabled: movesOneByOne(facts, replicas), minAvailable: 1 },
    additionalPodMonitors: networkMonitors,
    prometheusSpec: report
      ? {
          ...shared,
          remoteWrite: [
            {
              url: report.url,
              basicAuth: {
                username: { name: chosen.reportSecret, key: "username" },
                password: { name: chosen.reportSecret, key: "password" },
              },
            },
          ],
        }
      : {
          ...shared,
          ruleSelectorNilUsesHelmValues: false,
          retention: `${chosen.retentionDays}d`,
          // A full volume stops Prometheus; old metrics go before that.
          ...(chosen.storageGiB > 0 ? { retentionSize: `${Math.floor(chosen.storageGiB * 0.85)}GiB` } : {}),
          enableRemoteWriteReceiver: true,
        },
  };
}

/** A volume for what belongs to it; none where metrics are kept in memory. */
export function volumeOf(
  { storageGiB, storageClass }: Pick<PrometheusSettings, "storageGiB" | "storageClass">,
  sizeGiB: number,
): Values | undefined {
  if (storageGiB === 0) return undefined;
  return {
    volumeClaimTemplate: {
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: storageClass,
        resources: { requests: { storage: `${sizeGiB}Gi` } },
      },
    },
  };
}
