import { z } from "zod";
import { defineAddon, type ExpectedSecret, type KubernetesObject, secretPlaceholder } from "../addon.ts";
import { appRoleProblems, appRoleSecret, appRoleSettings, authorityBundle, roleIdOf } from "../app-role.ts";
import { authorityNeed } from "../named-things.ts";
import { copiesOf, movesOneByOne, spreadOverNodes } from "../placement.ts";

const infisical = z.strictObject({
  /** Infisical's API. @default https://app.infisical.com/api */
  url: z.url({ protocol: /^https$/ }).default("https://app.infisical.com/api"),
  /** Id of the machine identity; its secret stands in `orrery:infisicalClientSecret`. */
  clientId: z.string().min(1),
  /** Project, as it is written in addresses. */
  project: z.string().min(1),
  /** Environment, as it is written in addresses: `prod`. */
  environment: z.string().min(1),
  /** Folder of the secrets. @default / */
  path: z.string().startsWith("/").default("/"),
});

const vault = appRoleSettings.extend({
  /** Where the secrets by key and value, version 2, are mounted. @default secret */
  path: z.string().min(1).default("secret"),
});

const settings = z.strictObject({
  /** Controllers, one of them at work. @default 2, or 1 where one node takes pods */
  replicas: z.number().int().min(1).optional(),
  /** Store `infisical`: a project at Infisical, with universal authentication. @default none */
  infisical: infisical.optional(),
  /** Store `vault`: Vault or OpenBAO. @default none */
  vault: vault.optional(),
});
type Settings = z.output<typeof settings>;

const namespace = "external-secrets";

export default defineAddon({
  name: "external-secrets",
  description: "Kubernetes Secrets out of a secret store",
  sources: [
    "https://github.com/external-secrets/external-secrets, helm-chart-2.9.0: deploy/charts/external-secrets/values.yaml",
    "https://github.com/external-secrets/external-secrets, helm-chart-2.9.0: apis/externalsecrets/v1/secretsstore_infisical_types.go, secretstore_vault_types.go",
    "https://external-secrets.io/latest/introduction/stability-support/: only the newest minor version is maintained",
  ],
  chart: { repository: "https://charts.external-secrets.io", name: "external-secrets", version: "2.9.0" },
  valueKeys: `affinity bitwarden-sdk-server certController commonLabels concurrent controllerClass crds createOperator
    deploymentAnnotations dnsConfig dnsPolicy enableHTTP2 extendedMetricLabels extraArgs extraContainers extraEnv
    extraInitContainers extraObjects extraVolumeMounts extraVolumes fullnameOverride genericTargets global
    grafanaDashboard hostAliases hostNetwork hostUsers image imagePullSecrets installCRDs leaderElect leaderElectionID
    leaderElectionLeaseDuration leaderElectionRenewDeadline leaderElectionRetryPeriod livenessProbe log metrics
    nameOverride namespaceOverride networkPolicy nodeSelector openshiftFinalizers podAnnotations podDisruptionBudget
    podLabels podSecurityContext podSpecExtra priorityClassName processClusterExternalSecret processClusterGenerator
    processClusterPushSecret processClusterStore processPushSecret processSecretStore rbac readinessProbe replicaCount
    resources revisionHistoryLimit runtimeClassName schedulerName scopedNamespace scopedRBAC securityContext service
    serviceAccount serviceMonitor storeRequeueInterval strategy systemAuthDelegator tolerations topologySpreadConstraints vault
    webhook`.split(/\s+/),
  namespace: { name: namespace, podSecurity: "restricted" },
  settings,
  example: { infisical: { clientId: "a1b2c3", project: "platform", environment: "prod" } },
  check: (_, { vault: server }) => (server ? appRoleProblems(server) : []),
  values: (facts, chosen) => {
    const replicas = copiesOf(facts, chosen.replicas);
    const shared = (component: string) => ({
      replicaCount: replicas,
      podDisruptionBudget: movesOneByOne(facts, replicas) ? { enabled: true, minAvailable: 1 } : { enabled: false },
      topologySpreadConstraints: spreadOverNodes({ "app.kubernetes.io/name": component }),
      // Other add-ons' Secrets come by it, and its webhook has to answer before anything of it is applied.
      priorityClassName: "system-cluster-critical",
    });
    return {
      installCRDs: true,
      // Definitions stay when the release goes: with them all ExternalSecrets would go, and the Secrets that they own.
      crds: { annotations: { "helm.sh/resource-policy": "keep" } },
      ...shared("external-secrets"),
      leaderElect: replicas > 1,
      resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
      webhook: {
        ...shared("external-secrets-webhook"),
        resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
      },
      certController: { resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } } },
    };
  },
  objects: (facts, { infisical: project, vault: server }) => [
    ...(project ? [infisicalStore(project)] : []),
    ...(server ? [vaultStore(facts.name, server)] : []),
  ],
  needs: (_, { vault: server }) => [
    { capability: "cni" },
    ...authorityNeed(server?.authoritySecret, "vault.authoritySecret"),
  ],
  after: ["dns"],
  provides: () => ["crd:external-secrets.io"],
  definitions: [
    {
      group: "external-secrets.io",
      version: "v1",
      namespaced: ["ExternalSecret", "SecretStore"],
      clusterWide: ["ClusterExternalSecret", "ClusterSecretStore"],
    },
    {
      group: "external-secrets.io",
      version: "v1alpha1",
      namespaced: ["PushSecret"],
      clusterWide: ["ClusterPushSecret"],
    },
  ],
  workloads: () => [
    { kind: "Deployment", name: "external-secrets" },
    { kind: "Deployment", name: "external-secrets-cert-controller" },
    { kind: "Deployment", name: "external-secrets-webhook" },
  ],
  secrets: (_, { infisical: project, vault: server }) => [
    ...(project ? [clientSecret(project)] : []),
    ...(server ? [appRoleSecret(namespace)] : []),
  ],
  selectedBy: [{ "external-secrets": "true" }],
});

function clientSecret({ clientId, project }: NonNullable<Settings["infisical"]>): ExpectedSecret {
  return {
    configKey: "infisicalClientSecret",
    description: `secret of the machine identity that reads ${project} at Infisical`,
    name: "infisical",
    namespace,
    keys: { "client-id": clientId, "client-secret": secretPlaceholder },
  };
}

function store(name: string, provider: Record<string, unknown>): KubernetesObject {
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ClusterSecretStore",
    metadata: { name },
    spec: { provider },
  };
}

function infisicalStore(chosen: NonNullable<Settings["infisical"]>): KubernetesObject {
  const key = (name: string) => ({ name: clientSecret(chosen).name, namespace, key: name });
  return store("infisical", {
    infisical: {
      hostAPI: chosen.url,
      auth: { universalAuthCredentials: { clientId: key("client-id"), clientSecret: key("client-secret") } },
      secretsScope: {
        projectSlug: chosen.project,
        environmentSlug: chosen.environment,
        secretsPath: chosen.path,
      },
    },
  });
}

function vaultStore(cluster: string, chosen: NonNullable<Settings["vault"]>): KubernetesObject {
  const { url, path, mount, authoritySecret } = chosen;
  return store("vault", {
    vault: {
      server: url,
      path,
      version: "v2",
      namespace: chosen.namespace,
      ...authorityBundle(chosen),
      ...(authoritySecret
        ? { caProvider: { type: "Secret", name: authoritySecret, namespace: "cert-manager", key: "tls.crt" } }
        : {}),
      auth: {
        appRole: {
          path: mount,
          roleId: roleIdOf(cluster, chosen),
          secretRef: { name: appRoleSecret(namespace).name, namespace, key: "secret-id" },
        },
      },
    },
  });
}
