import { stringify } from "yaml";
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
  values: ({ addresses, nodes }) => ({
    // The rule that names follow and not the names themselves: another node changes nothing here.
    providerRegex: nameRule(
      addresses.clusterName,
      nodes.filter(({ metal }) => metal).map(({ name }) => name),
    ),
    providerIpPrefixes: [...addresses.nodeSubnets.map(({ cidr }) => cidr), ...addresses.globalSubnets],
    // Node names stand in no DNS zone.
    bypassDnsResolution: true,
    // On control planes as well; the chart takes further objects as text.
    replicas: copiesOf({ nodes }, undefined, nodes.length),
    extraObjects: budgetOf({ nodes }, 2, approver, nodes.length).map((budget) => stringify(budget)),
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

/** `^(solcp01 and so on|names that bare-metal nodes were given)$` */
function nameRule(cluster: string, metal: string[]): string {
  const ruled = new RegExp(`^${cluster}[a-z]{2,6}[0-9]{2,3}$`);
  const given = metal.filter((name) => !ruled.test(name)).sort();
  return `^(${[`${cluster}[a-z]{2,6}[0-9]{2,3}`, ...given].join("|")})$`;
}
