import { z } from "zod";
import type { ClusterFacts } from "../../facts.ts";
import { defineAddon, type KubernetesObject, type Need } from "../addon.ts";
import { budgetOf, copiesOf, serviceFamilies, spreadOverNodes } from "../placement.ts";

const settings = z.strictObject({
  /** @default 2, or 1 where one node takes pods */
  replicas: z.number().int().min(1).optional(),
  /** Names that its certificate is for, besides those inside the cluster. @default kube.<domain of the cluster> */
  hostnames: z.array(z.string().min(1)).min(1).optional(),
  /** Has an address of its own outside the cluster; otherwise a route has to lead to it. @default true */
  loadBalancer: z.boolean().default(true),
  /** Claim of tokens that holds the user name, as the API server's. @default email */
  usernameClaim: z.string().min(1).default("email"),
});

const namespace = "capsule-system";
const matchLabels = { "app.kubernetes.io/name": "capsule-proxy", "app.kubernetes.io/component": "proxy" };

export default defineAddon({
  name: "capsule-proxy",
  description: "the Kubernetes API for owners of tenants: lists show what is theirs",
  sources: [
    "https://github.com/projectcapsule/capsule-proxy, v0.13.1: charts/capsule-proxy/values.yaml, templates/, crds/",
    "https://github.com/projectcapsule/capsule, v0.13.1: charts/capsule/Chart.yaml: goes with capsule-proxy 0.13.1",
  ],
  chart: { repository: "oci://ghcr.io/projectcapsule/charts", name: "capsule-proxy", version: "0.13.1" },
  valueKeys: `affinity autoscaling certManager crds customAnnotations daemonset env envs extraManifests fullnameOverride
    gangplank global hostNetwork hostUsers image imagePullSecrets ingress jobs kind livenessProbe nameOverride
    nodeSelector options podAnnotations podLabels podSecurityContext priorityClassName rbac readinessProbe replicaCount
    resources restartPolicy securityContext service serviceAccount serviceMonitor tolerations topologySpreadConstraints
    volumeMounts volumes webhooks`.split(/\s+/),
  namespace: { name: namespace, podSecurity: "restricted" },
  settings,
  values: (facts, { replicas, loadBalancer, usernameClaim, ...chosen }) => ({
    replicaCount: copiesOf(facts, replicas),
    priorityClassName: "system-cluster-critical",
    topologySpreadConstraints: spreadOverNodes({ "app.kubernetes.io/name": "capsule-proxy" }),
    // Lists of all tenants pass through it; the chart's 128 MiB are too few in a cluster that is used.
    resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "1", memory: "512Mi" } },
    // One of them looks after the proxy's own objects; all answer.
    options: { leaderElection: copiesOf(facts, replicas) > 1, oidcUsernameClaim: usernameClaim },
    certManager: {
      generateCertificates: true,
      certificate: { dnsNames: namesOf(facts, chosen.hostnames) },
    },
    service: loadBalancer
      ? { type: "LoadBalancer", annotations: announced(facts, chosen.hostnames) }
      : { type: "ClusterIP" },
    extraManifests: [
      ...(loadBalancer ? otherFamily(facts, chosen.hostnames) : []),
      ...budgetOf(facts, copiesOf(facts, replicas), { name: "capsule-proxy", namespace, matchLabels }),
    ],
  }),
  needs: (_, { loadBalancer }) => [
    { capability: "cni" },
    { capability: "crd:capsule.clastix.io" },
    { capability: "crd:cert-manager.io" },
    ...(loadBalancer ? [address] : []),
  ],
  after: ["dns"],
  definitions: [
    {
      group: "capsule.clastix.io",
      version: "v1beta1",
      namespaced: ["ProxySetting"],
      clusterWide: ["GlobalProxySettings"],
    },
  ],
  workloads: () => [{ kind: "Deployment", name: "capsule-proxy" }],
  // Capsule comes by the same label.
  selectedBy: [{ capsule: "true" }],
});

function namesOf({ domain }: ClusterFacts, hostnames?: string[]): string[] {
  return hostnames ?? (domain ? [`kube.${domain}`] : []);
}

/** For external-dns. The name of a downstream cluster leads to the management cluster, which knows the way. */
function announced(facts: ClusterFacts, hostnames?: string[]): Record<string, string> {
  const names = facts.clusterApi ? [] : namesOf(facts, hostnames);
  return names.length > 0 ? { "external-dns.alpha.kubernetes.io/hostname": names.join(",") } : {};
}

/** The chart's service has an address of the cluster's first family. */
function otherFamily(facts: ClusterFacts, hostnames?: string[]): KubernetesObject[] {
  return serviceFamilies(facts.addresses.serviceSubnets)
    .ipFamilies.slice(1)
    .map((family) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: `capsule-proxy-${family.toLowerCase()}`, namespace, annotations: announced(facts, hostnames) },
      spec: {
        type: "LoadBalancer",
        ipFamilyPolicy: "SingleStack",
        ipFamilies: [family],
        selector: matchLabels,
        ports: [{ name: "proxy", port: 9001, protocol: "TCP", targetPort: 9001 }],
      },
    }));
}

const address: Need = {
  capability: "load-balancer",
  otherwise: "give the cluster network.loadBalancerRanges, or set addons.capsule-proxy.settings.loadBalancer to false",
};
