import { z } from "zod";
import { defineAddon } from "../addon.ts";
import { copiesOf, movesOneByOne, spreadOverNodes } from "../placement.ts";

const settings = z.strictObject({
  /** @default 2, or 1 in a cluster of one node */
  replicas: z.number().int().min(1).optional(),
  /** Seconds that answers are kept. @default 30 */
  cacheSeconds: z.number().int().min(0).default(30),
});

/**
 * Selects the pods of Talos' own CoreDNS, which has the same names: in a running cluster Helm takes over its Deployment, whose
 * selector cannot be changed, and rolls it while the Service answers. The other way round it is the same.
 */
const label = { "k8s-app": "kube-dns" };

/** The order in which Talos has them whatever the cluster's first family is; the first one of a Service cannot be changed. */
function ipv4First(addresses: readonly string[]): string[] {
  return [...addresses].sort((a, b) => Number(a.includes(":")) - Number(b.includes(":")));
}

const controlPlane = "node-role.kubernetes.io/control-plane";

export default defineAddon({
  name: "coredns",
  description: "cluster DNS in place of the one that Talos deploys",
  sources: [
    "https://github.com/coredns/helm, coredns-1.46.2: values.yaml, templates/service.yaml, templates/deployment.yaml",
    "https://github.com/siderolabs/talos, v1.11.5: cluster.coreDNS; internal/app/machined/pkg/controllers/k8s/internal/k8stemplates/coredns.go: its Deployment coredns and Service kube-dns, IPv4 first",
    "https://github.com/siderolabs/talos, v1.11.5 and v1.13.0: internal/app/machined/pkg/controllers/k8s/manifest_apply.go: what is there is neither changed nor deleted",
  ],
  chart: { repository: "https://coredns.github.io/helm", name: "coredns", version: "1.46.2" },
  valueKeys: `affinity autoscaler clusterRole customAnnotations customLabels deployment env extraConfig extraContainers
    extraSecrets extraVolumeMounts extraVolumes fullnameOverride hpa image initContainers isClusterService
    k8sAppLabelOverride livenessProbe nameOverride nodeSelector podAnnotations podDisruptionBudget podLabels
    podSecurityContext priorityClassName prometheus rbac readinessProbe replicaCount resources rollingUpdate
    securityContext servers service serviceAccount serviceType terminationGracePeriodSeconds tolerations
    topologySpreadConstraints zoneFiles`.split(/\s+/),
  namespace: { name: "kube-system" },
  settings,
  // It runs on control planes as well.
  values: ({ addresses: { dnsServiceAddresses }, nodes }, { replicas, cacheSeconds }) => ({
    replicaCount: copiesOf({ nodes }, replicas, nodes.length),
    priorityClassName: "system-cluster-critical",
    serviceAccount: { create: true },
    // Everything that looks for the cluster's DNS looks for this label and this service.
    k8sAppLabelOverride: label["k8s-app"],
    deployment: { selector: { matchLabels: label } },
    service: {
      name: "kube-dns",
      selector: label,
      clusterIP: ipv4First(dnsServiceAddresses)[0],
      clusterIPs: ipv4First(dnsServiceAddresses),
      ipFamilyPolicy: dnsServiceAddresses.length > 1 ? "RequireDualStack" : "SingleStack",
    },
    servers: [
      {
        zones: [{ zone: ".", use_tcp: true }],
        port: 53,
        plugins: [
          { name: "errors" },
          { name: "health", configBlock: "lameduck 10s" },
          { name: "ready" },
          {
            name: "kubernetes",
            parameters: "cluster.local in-addr.arpa ip6.arpa",
            configBlock: "pods insecure\nfallthrough in-addr.arpa ip6.arpa\nttl 30",
          },
          { name: "prometheus", parameters: ":9153" },
          { name: "forward", parameters: ". /etc/resolv.conf", configBlock: "max_concurrent 1000" },
          { name: "cache", parameters: cacheSeconds },
          { name: "loop" },
          { name: "reload" },
          { name: "loadbalance" },
        ],
      },
    ],
    tolerations: [{ key: controlPlane, operator: "Exists", effect: "NoSchedule" }],
    topologySpreadConstraints: spreadOverNodes(label),
    podDisruptionBudget: movesOneByOne({ nodes }, copiesOf({ nodes }, replicas, nodes.length), nodes.length)
      ? { maxUnavailable: 1, selector: { matchLabels: label } }
      : {},
    // The chart's own limit is a tenth of a CPU: throttled DNS slows down everything.
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "2", memory: "256Mi" } },
  }),
  needs: () => [{ capability: "cni" }],
  provides: () => ["dns"],
  workloads: () => [{ kind: "Deployment", name: "coredns" }],
  machine: () => [
    {
      nodes: "controlplane",
      patch: { cluster: { coreDNS: { disabled: true } } },
      reason: "the add-on coredns serves DNS",
    },
  ],
  selectedBy: [{ coredns: "true" }],
  leftTo: "Talos",
  directOnly: "delivery engines look names up before they can fetch anything",
  timeoutSeconds: 600,
});
