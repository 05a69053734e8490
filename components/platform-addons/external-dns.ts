import { z } from "zod";
import type { ClusterFacts } from "../facts.ts";
import type { ExpectedSecret, Need, Values, Workload } from "./addon.ts";
import { secretPlaceholder } from "./addon.ts";

/**
 * What the entries for external-dns have in common. One release of it serves one provider; every provider is an entry
 * of its own, so that several run side by side, each with its own domains, secret and copy of the program.
 */

const sourceKinds = ["service", "ingress", "gateway-httproute", "gateway-grpcroute", "crd"] as const;

/** Settings that every provider has; an entry adds its own with `extend`. */
export const externalDnsSettings = z.strictObject({
  /** Objects whose host names become records. @default services, ingresses and HTTP routes */
  sources: z.array(z.enum(sourceKinds)).min(1).default(["service", "ingress", "gateway-httproute"]),
  /** Zones that it may change. @default the cluster's domain */
  domains: z.array(z.string().min(1)).min(1).optional(),
  /** Whether records go with their objects. @default sync */
  policy: z.enum(["sync", "upsert-only"]).default("sync"),
  /** Annotations that only this copy reads, for names that differ inside and outside. @default external-dns' own */
  annotationPrefix: z.string().min(1).optional(),
});
export type ExternalDnsSettings = z.output<typeof externalDnsSettings>;

/** Top-level values of chart 1.21.1. */
const externalDnsValueKeys: readonly string[] = `affinity annotationFilter annotationPrefix
  automountServiceAccountToken commonLabels deploymentAnnotations deploymentStrategy dnsConfig dnsPolicy domainFilters
  enableGatewayListenerSets enabled env excludeDomains extraArgs extraContainers extraVolumeMounts extraVolumes
  fullnameOverride gatewayNamespace global image imagePullSecrets initContainers interval labelFilter livenessProbe
  logFormat logLevel managedRecordTypes nameOverride namespaceOverride namespaced nodeSelector podAnnotations podLabels
  podSecurityContext policy priorityClassName provider rbac readinessProbe registry resources revisionHistoryLimit
  secretConfiguration securityContext service serviceAccount serviceMonitor shareProcessNamespace sourceNamespace
  sources terminationGracePeriodSeconds tolerations topologySpreadConstraints triggerLoopOnEvent txtOwnerId txtPrefix
  txtSuffix`.split(/\s+/);

/** Sources of the facts, for all providers. */
export const externalDnsSources: readonly string[] = [
  "https://github.com/kubernetes-sigs/external-dns, external-dns-helm-chart-1.21.1: charts/external-dns/values.yaml, templates/deployment.yaml",
  "https://github.com/kubernetes-sigs/external-dns, v0.21.0: README.md: every Kubernetes from 1.22 on; docs/flags.md, docs/faq.md: flags as environment variables",
];

/** Namespace of all of them. */
const externalDnsNamespace = "external-dns";

/** What the entry of every provider says alike. */
export function externalDnsEntry(name: string) {
  return {
    valueKeys: externalDnsValueKeys,
    namespace: { name: externalDnsNamespace, podSecurity: "restricted" },
    needs: (_: ClusterFacts, chosen: ExternalDnsSettings) => externalDnsNeeds(name, chosen),
    after: ["dns"],
    definitions: [{ group: "externaldns.k8s.io", version: "v1alpha1", namespaced: ["DNSEndpoint"] }],
    workloads: externalDnsWorkloads,
    selectedBy: [{ [name]: "true" }],
  } as const;
}

/** Values of every provider. The chart runs one copy and replaces it as a whole: two would fight over records. */
export function externalDnsValues(
  entry: string,
  { name, domain }: ClusterFacts,
  { sources, domains, policy, annotationPrefix }: ExternalDnsSettings,
): Values {
  return {
    fullnameOverride: entry,
    sources,
    policy,
    domainFilters: domains ?? (domain ? [domain] : []),
    annotationPrefix,
    // Records say whose they are: clusters that share a zone leave each other's alone.
    registry: "txt",
    txtOwnerId: name,
    // In front of the name, because a TXT record cannot stand beside a CNAME.
    txtPrefix: "%{record_type}-owner.",
    // A changed object is looked at at once, and everything every five minutes: providers limit requests.
    triggerLoopOnEvent: true,
    interval: "5m",
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
  };
}

/** An environment variable out of the entry's secret. */
export function fromSecret(variable: string, secret: string, key: string): Values {
  return { name: variable, valueFrom: { secretKeyRef: { name: secret, key } } };
}

/** The secret of one provider: one value under one key. */
export function providerSecret(entry: string, configKey: string, key: string, description: string): ExpectedSecret {
  return { configKey, description, name: entry, namespace: externalDnsNamespace, keys: { [key]: secretPlaceholder } };
}

/** The network, and the Gateway API where routes are a source. */
function externalDnsNeeds(entry: string, { sources }: ExternalDnsSettings): Need[] {
  const routes = sources.some((source) => source.startsWith("gateway-"));
  return [
    { capability: "cni" },
    ...(routes
      ? [
          {
            capability: "crd:gateway.networking.k8s.io",
            otherwise: `or take the gateway sources out of addons.${entry}.settings.sources`,
          },
        ]
      : []),
  ];
}

/** Named by the values, because three releases of one chart differ in nothing else. */
function externalDnsWorkloads({ fullnameOverride }: Values): Workload[] {
  return [{ kind: "Deployment", name: String(fullnameOverride) }];
}
