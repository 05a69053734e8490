import { stringify } from "yaml";
import type { ClusterFacts } from "../../facts.ts";
import { defineAddon, noSettings } from "../addon.ts";
import { budgetOf, copiesOf } from "../placement.ts";

const approver = {
  name: "kubelet-csr-approver",
  namespace: "kube-system",
  matchLabels: { "app.kubernetes.io/instance": "kubelet-csr-approver" },
};

export default defineAddon({
  name: "kubelet-csr-approver",
  description: "approves serving certificates of kubelets whose name and addresses belong to the cluster",
  sources: [
    "https://github.com/postfinance/kubelet-csr-approver, v1.2.14: charts/kubelet-csr-approver/values.yaml, README.md",
    "https://www.talos.dev/v1.11/kubernetes-guides/configuration/deploy-metrics-server/",
  ],
  chart: {
    repository: "https://postfinance.github.io/kubelet-csr-approver",
    name: "kubelet-csr-approver",
    version: "1.2.14",
  },
  valueKeys: `affinity allowedDnsNames bypassDnsResolution bypassHostnameCheck dnsConfig dnsPolicy env extraObjects
    fullnameOverride global ignoreNonSystemNode image imagePullSecrets leaderElection loggingLevel
    maxExpirationSeconds metrics nameOverride namespace nodeSelector podAnnotations podLabels podSecurityContext
    priorityClassName providerIpPrefixes providerRegex rbac replicas resources securityContext serviceAccount
    skipDenyStep tolerations`.split(/\s+/),
  namespace: { name: "kube-system" },
  settings: noSettings,
  values: (facts) => ({
    // The rule that names follow and not the names themselves: another node changes nothing here.
    providerRegex: nameRule(facts),
    providerIpPrefixes: [...facts.addresses.nodeSubnets.map(({ cidr }) => cidr), ...facts.addresses.globalSubnets],
    // Node names stand in no DNS zone.
    bypassDnsResolution: true,
    // On control planes as well; the chart takes further objects as text.
    replicas: copiesOf(facts, undefined, facts.nodes.length),
    extraObjects: budgetOf(facts, 2, approver, facts.nodes.length).map((budget) => stringify(budget)),
    priorityClassName: "system-cluster-critical",
  }),
  needs: () => [{ capability: "cni" }],
  provides: () => ["kubelet-serving-certificates"],
  workloads: () => [{ kind: "Deployment", name: "kubelet-csr-approver" }],
  machine: () => [
    {
      nodes: "all",
      patch: { machine: { kubelet: { extraArgs: { "rotate-server-certificates": "true" } } } },
      reason: "kubelets ask for serving certificates that kubelet-csr-approver approves",
    },
  ],
  selectedBy: [{ "metrics-server": "true" }],
});

/**
 * `^(solcp01 and so on|names that bare-metal nodes were given)$`; machines that Cluster API makes are called by their group,
 * with an ending of its own.
 */
function nameRule({ addresses, nodes, clusterApi }: ClusterFacts): string {
  const cluster = addresses.clusterName;
  const rule = clusterApi ? `${cluster}-(control-plane|workers)-[a-z0-9-]+` : `${cluster}[a-z]{2,6}[0-9]{2,3}`;
  const ruled = new RegExp(`^${rule}$`);
  const given = nodes.filter(({ metal, name }) => metal && !ruled.test(name)).map(({ name }) => name);
  return `^(${[rule, ...given.sort()].join("|")})$`;
}
