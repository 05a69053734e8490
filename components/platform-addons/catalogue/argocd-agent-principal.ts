import { z } from "zod";
import type { ClusterFacts } from "../../facts.ts";
import { acmeCannotSign } from "../acme.ts";
import { defineAddon, type ExpectedSecret, type KubernetesObject, secretPlaceholder } from "../addon.ts";
import { issuerNeed } from "../named-things.ts";
import { serviceFamilies } from "../placement.ts";

const settings = z.strictObject({
  /** Host name that agents reach it by. @default argocd-agent.<domain of the cluster> */
  host: z.string().min(1).optional(),
  /** ClusterIssuer of cert-manager whose authority agents' certificates come from as well. @default vault */
  issuer: z.string().min(1).default("vault"),
});

const name = "argocd-agent-principal";
const namespace = "argocd";
const authority = "argocd-agent-ca";
const sharedClient = "argocd-agent-shared-client";

export default defineAddon({
  name,
  description: "Argo CD of this cluster shows and steers applications of clusters that run argocd-agent",
  sources: [
    "https://github.com/argoproj-labs/argocd-agent, acb60cd (chart 0.3.2, v0.8.1): install/helm-repo/argocd-agent-principal: values.yaml, templates/",
    "https://github.com/argoproj-labs/argocd-agent, acb60cd: docs/configuration/tls-certificates.md, docs/user-guide/self-registration.md, .github/workflows/release-principal-chart.yaml: chart in oci://ghcr.io/argoproj-labs/argocd-agent",
  ],
  chart: { repository: "oci://ghcr.io/argoproj-labs/argocd-agent", name: "argocd-agent-principal", version: "0.3.2" },
  valueKeys: `affinity configMapData dnsConfig dnsPolicy fullnameOverride healthzService hostAliases image
    imagePullSecrets metricsService nameOverride namespaceOverride networkPolicy nodeSelector podAnnotations podLabels
    podSecurityContext principal priorityClassName probes progressDeadlineSeconds rbac redisPasswordKey redisSecretName
    replicaCount resources revisionHistoryLimit securityContext service serviceAccount serviceMonitor
    terminationGracePeriodSeconds tests tolerations topologySpreadConstraints updateStrategy`.split(/\s+/),
  // Argo CD brings the namespace.
  namespace: { name: namespace },
  settings,
  check: ({ domain }, { host, issuer }) => [
    ...(host || domain ? [] : [{ path: "host", message: "is needed, because the cluster has no domain" }]),
    ...acmeCannotSign(issuer, "what agents are known by: they have to have the same authority"),
  ],
  values: () => ({
    fullnameOverride: name,
    priorityClassName: "system-cluster-critical",
    resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } },
    // What agents reach is beside the chart, which has no say in address families.
    service: { type: "ClusterIP" },
    principal: {
      // Agents come from outside; they are known by the names in their certificates.
      listen: { host: "" },
      tls: { clientCert: { require: true, matchSubject: true }, server: { rootCaSecretName: authority } },
      // One namespace for each agent, which is made when the agent first comes.
      allowedNamespaces: "*",
      namespaceCreate: { enable: true },
      resourceProxy: { enabled: true, ca: { secretName: sharedClient } },
      // Only Argo CD itself would use it, and only when it is told to.
      redisProxy: { enabled: false },
      additionalArgs: ["--enable-self-cluster-registration", `--self-registration-client-cert-secret=${sharedClient}`],
    },
  }),
  objectsBefore: ({ domain }, { host, issuer }) => [
    certificate("argocd-agent-principal-tls", issuer, host ?? `argocd-agent.${domain}`),
    // What Argo CD and the principal say to each other stays in the cluster.
    certificate("argocd-agent-resource-proxy-tls", "cluster-ca", "argocd-agent-resource-proxy"),
    certificate(sharedClient, "cluster-ca", sharedClient),
  ],
  objects: (facts, { host }) => [outside(facts, host ?? `argocd-agent.${facts.domain}`)],
  needs: (_, { issuer }) => [
    { capability: "cni" },
    { capability: "load-balancer", otherwise: "give the cluster network.loadBalancerRanges" },
    { capability: "crd:cert-manager.io" },
    issuerNeed(issuer, "issuer"),
    // It signs what stays inside.
    { capability: "cluster-issuer:cluster-ca" },
    { capability: "crd:argoproj.io" },
  ],
  after: ["dns"],
  provides: () => ["argocd-agent-principal"],
  workloads: () => [{ kind: "Deployment", name }],
  secrets: () => [authorityCertificate, tokenKey],
  selectedBy: [{ "argocd-agent-principal": "true" }],
});

/** The certificate of the authority: the same for the principal and its agents. */
const authorityCertificate: ExpectedSecret = {
  configKey: "argocdAgentAuthority",
  description: "certificate, in PEM, of the authority that signs certificates of the principal and its agents",
  name: authority,
  namespace,
  keys: { "ca.crt": secretPlaceholder },
};

const tokenKey: ExpectedSecret = {
  configKey: "argocdAgentTokenKey",
  description: "private key that tokens of agents are signed with: openssl genrsa 4096",
  name: "argocd-agent-jwt",
  namespace,
  keys: { "jwt.key": secretPlaceholder },
};

/** Agents come from clusters that may have one family only. */
function outside({ addresses }: ClusterFacts, host: string): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: `${name}-outside`,
      namespace,
      // What is waited for is the Deployment.
      annotations: { "external-dns.alpha.kubernetes.io/hostname": host, "pulumi.com/skipAwait": "true" },
    },
    spec: {
      type: "LoadBalancer",
      ...serviceFamilies(addresses.serviceSubnets),
      selector: { "app.kubernetes.io/name": name, "app.kubernetes.io/component": "principal" },
      ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: 8443 }],
    },
  };
}

function certificate(secretName: string, issuer: string, dnsName: string): KubernetesObject {
  return {
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata: { name: secretName, namespace },
    spec: {
      secretName,
      commonName: dnsName,
      dnsNames: [dnsName],
      usages: ["server auth", "client auth"],
      duration: "2160h",
      renewBefore: "720h",
      privateKey: { algorithm: "RSA", size: 4096 },
      issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: issuer },
    },
  };
}
