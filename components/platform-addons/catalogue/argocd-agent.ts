import { z } from "zod";
import { acmeCannotSign } from "../acme.ts";
import { defineAddon, type ExpectedSecret, secretPlaceholder } from "../addon.ts";
import { issuerNeed } from "../named-things.ts";

const settings = z.strictObject({
  /** Host name of the principal, which is the add-on argocd-agent-principal in another cluster. */
  principal: z.string().min(1),
  /** Port of the principal. @default 443 */
  port: z.number().int().min(1).max(65535).default(443),
  /**
   * Who says what runs here: `managed` applications come from the principal, `autonomous` ones from this cluster's own
   * Argo CD, and the principal shows them. @default managed
   */
  mode: z.enum(["managed", "autonomous"]).default("managed"),
  /** ClusterIssuer of cert-manager whose authority the principal knows. @default vault */
  issuer: z.string().min(1).default("vault"),
});

const name = "argocd-agent";
const namespace = "argocd";
const clientSecret = "argocd-agent-client-tls";

export default defineAddon({
  name,
  description: "connects this cluster's Argo CD to that of another cluster, from the inside out",
  sources: [
    "https://github.com/argoproj-labs/argocd-agent, acb60cd (chart 0.2.6, v0.8.1): install/helm-repo/argocd-agent-agent: values.yaml, templates/",
    "https://github.com/argoproj-labs/argocd-agent, acb60cd: docs/configuration/tls-certificates.md, authentication.md, cmd/argocd-agent/agent.go",
    "https://github.com/argoproj-labs/argocd-agent/issues/1097: chart in oci://ghcr.io/argoproj-labs/argocd-agent",
  ],
  chart: { repository: "oci://ghcr.io/argoproj-labs/argocd-agent", name: "argocd-agent-agent", version: "0.2.6" },
  valueKeys:
    `affinity agentMode allowedNamespaces argoCdRedisPasswordKey argoCdRedisSecretName auth cacheRefreshInterval
    createNamespace deploymentAnnotations destinationBasedMapping dnsConfig dnsPolicy enableCompression
    enableResourceProxy enableWebSocket fullnameOverride healthzPort heartbeatInterval hostAliases image
    imagePullSecrets informerSyncTimeout keepAliveInterval labelSelector logFormat logLevel metricsPort nameOverride
    namespaceOverride nodeSelector podAnnotations podLabels podSecurityContext pprofPort priorityClassName probes
    progressDeadlineSeconds rbac redisAddress redisTLS redisUsername replicaCount resources revisionHistoryLimit
    securityContext server serverPort service serviceAccount serviceMonitor terminationGracePeriodSeconds tests
    tlsCipherSuites tlsClientCertPath tlsClientInSecure tlsClientKeyPath tlsInsecurePlaintext tlsMaxVersion
    tlsMinVersion tlsRootCAPath tlsRootCASecretName tlsSecretName tolerations topologySpreadConstraints updateStrategy
    userPasswordSecretName`.split(/\s+/),
  // Argo CD brings the namespace.
  namespace: { name: namespace },
  settings,
  example: { principal: "argocd-agent.sol.example.net" },
  check: (_, { issuer }) => acmeCannotSign(issuer, "the name by which the principal knows the cluster"),
  values: (_, { principal, port, mode }) => ({
    fullnameOverride: name,
    agentMode: mode,
    server: principal,
    serverPort: String(port),
    auth: "mtls:any",
    tlsSecretName: clientSecret,
    tlsRootCASecretName: authority.name,
    priorityClassName: "system-cluster-critical",
    resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
  }),
  // The principal knows the cluster by the name in its certificate.
  objectsBefore: ({ name: cluster }, { issuer }) => [
    {
      apiVersion: "cert-manager.io/v1",
      kind: "Certificate",
      metadata: { name: clientSecret, namespace },
      spec: {
        secretName: clientSecret,
        commonName: cluster,
        dnsNames: [cluster],
        usages: ["client auth"],
        duration: "2160h",
        renewBefore: "720h",
        privateKey: { algorithm: "RSA", size: 4096 },
        issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: issuer },
      },
    },
  ],
  needs: (_, { issuer }) => [
    { capability: "cni" },
    { capability: "crd:cert-manager.io" },
    issuerNeed(issuer, "issuer"),
    { capability: "crd:argoproj.io" },
  ],
  after: ["dns"],
  workloads: () => [{ kind: "Deployment", name }],
  secrets: () => [authority],
  selectedBy: [{ "argocd-agent": "true" }],
});

/** Without its key, which agents do not have; the Secret with the client's own certificate holds its key. */
const authority: ExpectedSecret = {
  configKey: "argocdAgentAuthority",
  description: "certificate, in PEM, of the authority that signs certificates of the principal and its agents",
  name: "argocd-agent-ca",
  namespace,
  keys: { "ca.crt": secretPlaceholder },
};
