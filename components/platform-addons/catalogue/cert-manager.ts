import { z } from "zod";
import { acmeIssuer, acmeSettings, cloudflareToken } from "../acme.ts";
import { defineAddon, type KubernetesObject, type Need } from "../addon.ts";
import { appRoleProblems, appRoleSecret, appRoleSettings, authorityBundle, roleIdOf } from "../app-role.ts";
import { authorityNeed } from "../named-things.ts";
import { copiesOf, movesOneByOne, spreadOverNodes } from "../placement.ts";
import { gatewayNeed } from "../routes.ts";

const vault = appRoleSettings.extend({
  /** Where certificates are signed: mount and role. @default pki/sign/cluster-<name of the cluster> */
  path: z.string().min(1).optional(),
});

const settings = z.strictObject({
  /** @default 2, or 1 where one node takes pods */
  replicas: z.number().int().min(1).optional(),
  /** Certificates for gateways. @default true */
  gatewayApi: z.boolean().default(true),
  /** Issuer `cluster-ca`: a certificate authority of the cluster's own. @default true */
  clusterCa: z.boolean().default(true),
  /** Issuer `acme`. @default none */
  acme: acmeSettings.optional(),
  /** Issuer `vault`: Vault or OpenBAO signs. @default none */
  vault: vault.optional(),
});
type Settings = z.output<typeof settings>;

const namespace = "cert-manager";
const apiVersion = "cert-manager.io/v1";

export default defineAddon({
  name: "cert-manager",
  description: "certificates from the cluster's own authority or by ACME",
  sources: [
    "https://github.com/cert-manager/cert-manager, v1.19.6: deploy/charts/cert-manager/values.yaml",
    "https://cert-manager.io/docs/releases/: 1.19 is the newest version that supports Kubernetes 1.31",
    "https://cert-manager.io/docs/configuration/: ClusterIssuer of type selfSigned, ca and acme",
    "https://github.com/cert-manager/cert-manager, v1.19.6: pkg/apis/certmanager/v1/types_issuer.go: VaultIssuer",
  ],
  chart: { repository: "https://charts.jetstack.io", name: "cert-manager", version: "v1.19.6" },
  valueKeys:
    `acmesolver affinity approveSignerNames automountServiceAccountToken cainjector clusterResourceNamespace config
    containerSecurityContext crds creator deploymentAnnotations disableAutoApproval dns01RecursiveNameservers
    dns01RecursiveNameserversOnly enableCertificateOwnerRef enableServiceLinks enabled extraArgs extraEnv extraObjects
    featureGates fullnameOverride global hostAliases http_proxy https_proxy image ingressShim installCRDs livenessProbe
    maxConcurrentChallenges nameOverride namespace no_proxy nodeSelector podAnnotations podDisruptionBudget podDnsConfig
    podDnsPolicy podLabels prometheus replicaCount resources securityContext serviceAccount serviceAnnotations
    serviceIPFamilies serviceIPFamilyPolicy serviceLabels startupapicheck strategy tolerations topologySpreadConstraints
    volumeMounts volumes webhook`.split(/\s+/),
  namespace: { name: namespace, podSecurity: "restricted" },
  settings,
  example: { acme: { email: "admin@example.net", solver: { type: "cloudflare" } } },
  check: (_, { vault: server }) => (server ? appRoleProblems(server) : []),
  values: (facts, { replicas, gatewayApi }) => {
    const replicaCount = copiesOf(facts, replicas);
    const shared = (component: string) => ({
      replicaCount,
      resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
      podDisruptionBudget: movesOneByOne(facts, replicaCount) ? { enabled: true, minAvailable: 1 } : { enabled: false },
      topologySpreadConstraints: spreadOverNodes({
        "app.kubernetes.io/instance": "cert-manager",
        "app.kubernetes.io/component": component,
      }),
    });
    return {
      // Nothing of cert-manager's can be applied while its webhook is away.
      global: { priorityClassName: "system-cluster-critical" },
      // Definitions stay when the release goes: with them all certificates would go.
      crds: { enabled: true, keep: true },
      ...shared("controller"),
      webhook: shared("webhook"),
      cainjector: shared("cainjector"),
      config: {
        apiVersion: "controller.config.cert-manager.io/v1alpha1",
        kind: "ControllerConfiguration",
        enableGatewayAPI: gatewayApi,
      },
      // The cluster's own DNS may answer for zones that are split; authorities ask the public one.
      dns01RecursiveNameserversOnly: true,
      dns01RecursiveNameservers: "https://1.1.1.1/dns-query,https://9.9.9.9/dns-query",
    };
  },
  objects: (facts, chosen) => [
    ...(chosen.clusterCa ? clusterCa(facts.name) : []),
    ...(chosen.acme ? [acmeIssuer(chosen.acme)] : []),
    ...(chosen.vault ? [vaultIssuer(facts.name, chosen.vault)] : []),
  ],
  needs: (_, { gatewayApi, acme: account, vault: server }) => [
    { capability: "cni" },
    ...(gatewayApi ? [gatewayCrds] : []),
    ...(account?.solver.type === "gateway"
      ? [gatewayNeed({ name: account.solver.gateway, namespace: account.solver.namespace }, "acme.solver.gateway")]
      : []),
    ...authorityNeed(server?.authoritySecret, "vault.authoritySecret"),
  ],
  after: ["dns"],
  provides: (_, chosen) => [
    "crd:cert-manager.io",
    ...(chosen.clusterCa
      ? ["cluster-issuer:self-signed", "cluster-issuer:cluster-ca", "secret:cert-manager/cluster-ca"]
      : []),
    ...(chosen.acme ? ["cluster-issuer:acme"] : []),
    ...(chosen.vault ? ["cluster-issuer:vault"] : []),
  ],
  definitions: [
    {
      group: "cert-manager.io",
      version: "v1",
      namespaced: ["Certificate", "CertificateRequest", "Issuer"],
      clusterWide: ["ClusterIssuer"],
    },
    { group: "acme.cert-manager.io", version: "v1", namespaced: ["Challenge", "Order"] },
  ],
  workloads: () => [
    { kind: "Deployment", name: "cert-manager" },
    { kind: "Deployment", name: "cert-manager-cainjector" },
    { kind: "Deployment", name: "cert-manager-webhook" },
  ],
  secrets: (_, chosen) => [
    ...(chosen.acme?.solver.type === "cloudflare" ? [cloudflareToken] : []),
    ...(chosen.vault ? [appRoleSecret(namespace)] : []),
  ],
  selectedBy: [{ "cert-manager": "true" }],
});

const gatewayCrds: Need = {
  capability: "crd:gateway.networking.k8s.io",
  otherwise: "or set addons.cert-manager.settings.gatewayApi to false",
};

/** A self-signed root, kept in the namespace of cert-manager, and the issuer that signs with it. */
function clusterCa(cluster: string): KubernetesObject[] {
  return [
    { apiVersion, kind: "ClusterIssuer", metadata: { name: "self-signed" }, spec: { selfSigned: {} } },
    {
      apiVersion,
      kind: "Certificate",
      metadata: { name: "cluster-ca", namespace },
      spec: {
        isCA: true,
        commonName: `${cluster} cluster CA`,
        secretName: "cluster-ca",
        duration: "87600h",
        renewBefore: "8760h",
        privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Never" },
        issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: "self-signed" },
      },
    },
    { apiVersion, kind: "ClusterIssuer", metadata: { name: "cluster-ca" }, spec: { ca: { secretName: "cluster-ca" } } },
  ];
}

function vaultIssuer(cluster: string, chosen: NonNullable<Settings["vault"]>): KubernetesObject {
  const { url, mount, authoritySecret } = chosen;
  return {
    apiVersion,
    kind: "ClusterIssuer",
    metadata: { name: "vault" },
    spec: {
      vault: {
        server: url,
        path: chosen.path ?? `pki/sign/cluster-${cluster}`,
        namespace: chosen.namespace,
        ...authorityBundle(chosen),
        ...(authoritySecret ? { caBundleSecretRef: { name: authoritySecret, key: "tls.crt" } } : {}),
        auth: {
          appRole: {
            path: mount,
            roleId: roleIdOf(cluster, chosen),
            secretRef: { name: appRoleSecret(namespace).name, key: "secret-id" },
          },
        },
      },
    },
  };
}
