import { z } from "zod";
import type { ClusterFacts } from "../../facts.ts";
import { defineAddon, type ExpectedSecret, type KubernetesObject, secretPlaceholder, type Values } from "../addon.ts";
import { issuerOf, issuerProblems, loginSettings } from "../login.ts";
import { copiesOf, movesOneByOne } from "../placement.ts";

const login = loginSettings.extend({
  /** Group that may do everything; all others see everything and change nothing. @default argocd-admins */
  adminGroup: z.string().min(1).default("argocd-admins"),
});

const settings = z.strictObject({
  /** Git repository that holds the cluster's applications. */
  repository: z.strictObject({
    url: z
      .string()
      .regex(/^(https:\/\/|ssh:\/\/|git@)\S+$/, 'a Git URL such as "https://git.example.net/clusters.git"'),
    /** Folder of this cluster. @default clusters/<cluster>/apps */
    path: z.string().min(1).optional(),
    /**
     * What the folder holds: `manifests` of any depth, which are one application, or `folders`, each of which becomes an
     * application and a namespace of the same name by an ApplicationSet. @default manifests
     */
    layout: z.enum(["manifests", "folders"]).default("manifests"),
    /** Branch, tag or commit. @default HEAD */
    revision: z.string().min(1).default("HEAD"),
    /** User of a private repository; the token stands in `orrery:argocdRepositoryToken`. @default a public repository */
    username: z.string().min(1).optional(),
    /**
     * Git alone says what becomes of the add-ons that this engine delivers: Pulumi keeps their namespaces and Secrets, and
     * lets go of everything else of theirs. @default false
     */
    takesOver: z.boolean().default(false),
  }),
  /** Host name of the user interface. @default argocd.<domain of the cluster> */
  host: z.string().min(1).optional(),
  /** Log-in by OpenID Connect. @default the user admin alone */
  login: login.optional(),
  /** Copies of what serves users and renders manifests. @default 2, or 1 where one node takes pods */
  replicas: z.number().int().min(1).optional(),
});
type Settings = z.output<typeof settings>;

const namespace = "argocd";

export default defineAddon({
  name: "argocd",
  description: "continuous delivery from a Git repository, starting with one application of applications",
  sources: [
    "https://github.com/argoproj/argo-helm, argo-cd-9.3.7: charts/argo-cd/values.yaml",
    "https://argo-cd.readthedocs.io/en/release-3.2/operator-manual/tested-kubernetes-versions/: 3.2 with 1.31 to 1.34",
    "https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/: Application, repository Secret",
    "https://github.com/argoproj/argo-cd, v3.2.3: docs/operator-manual/health.md (health of Application), user-management/index.md (oidc.config), rbac.md, applicationset/Generators-Git.md",
  ],
  chart: { repository: "https://argoproj.github.io/argo-helm", name: "argo-cd", version: "9.3.7" },
  valueKeys: `apiVersionOverrides applicationSet commitServer configs controller crds createAggregateRoles
    createClusterRoles dex externalRedis extraObjects fullnameOverride global kubeVersionOverride nameOverride
    namespaceOverride notifications openshift redis redis-ha redisSecretInit repoServer server`.split(/\s+/),
  namespace: { name: namespace, podSecurity: "restricted" },
  settings,
  example: { repository: { url: "https://git.example.net/clusters.git", username: "argocd" } },
  check: (facts, chosen) => (chosen.login ? issuerProblems(facts, chosen.login) : []),
  values: (facts, { host, login: wanted, ...chosen }) => {
    const replicas = copiesOf(facts, chosen.replicas);
    const pdb = movesOneByOne(facts, replicas) ? { enabled: true, minAvailable: 1 } : { enabled: false };
    return {
      crds: { install: true, keep: true },
      global: {
        domain: host ?? (facts.domain ? `argocd.${facts.domain}` : undefined),
        // What everything else comes by is not to be the first that has to go when a node is full.
        priorityClassName: "system-cluster-critical",
      },
      configs: {
        // TLS ends at the gateway.
        params: { "server.insecure": true },
        cm: {
          "resource.customizations.health.argoproj.io_Application": applicationHealth,
          ...(wanted ? { "oidc.config": oidcConfig(issuerOf(facts, wanted), wanted.clientId) } : {}),
        },
        ...(wanted ? { rbac: rbac(wanted) } : {}),
      },
      controller: { resources: sized("250m", "512Mi", "2Gi") },
      server: { replicas, pdb, resources: sized("50m", "128Mi", "512Mi") },
      repoServer: {
        replicas,
        pdb,
        resources: sized("100m", "256Mi", "1Gi"),
        copyutil: { resources: sized("10m", "32Mi", "128Mi") },
      },
      applicationSet: { replicas, pdb, resources: sized("50m", "128Mi", "512Mi") },
      redis: { resources: sized("50m", "64Mi", "256Mi") },
      redisSecretInit: { resources: sized("10m", "32Mi", "128Mi") },
      // Neither does anything before it is configured.
      dex: { enabled: false },
      notifications: { enabled: false },
    };
  },
  objects: (facts, chosen) => [
    chosen.repository.layout === "folders" ? appOfFolders(facts, chosen) : appOfApps(facts, chosen),
  ],
  needs: () => [{ capability: "cni" }],
  after: ["dns", "crd:cert-manager.io", "crd:external-secrets.io"],
  provides: (_, { repository }) => [
    "delivery:argocd",
    "crd:argoproj.io",
    ...(repository.takesOver ? ["git:argocd"] : []),
  ],
  definitions: [
    { group: "argoproj.io", version: "v1alpha1", namespaced: ["AppProject", "Application", "ApplicationSet"] },
  ],
  workloads: () => [
    { kind: "StatefulSet", name: "argocd-application-controller" },
    { kind: "Deployment", name: "argocd-applicationset-controller" },
    { kind: "Deployment", name: "argocd-redis" },
    { kind: "Deployment", name: "argocd-repo-server" },
    { kind: "Deployment", name: "argocd-server" },
  ],
  secrets: (_, { repository, login: wanted }) => [
    ...(repository.username ? [repositoryToken(repository.url, repository.username)] : []),
    ...(wanted ? [clientSecret] : []),
  ],
  selectedBy: [{ argocd: "true" }],
  directOnly: "it cannot deliver itself before it runs",
});

/** The chart asks for nothing, and pods without requests are the first that a full node puts an end to. */
function sized(cpu: string, memory: string, limit: string): Values {
  return { requests: { cpu, memory }, limits: { memory: limit } };
}

const clientSecret: ExpectedSecret = {
  configKey: "argocdClientSecret",
  description: "secret of Argo CD's client at the OpenID Connect issuer",
  name: "argocd-login",
  namespace,
  // Argo CD resolves references to Secrets that are part of it, and to no others.
  labels: { "app.kubernetes.io/part-of": "argocd" },
  keys: { "client-secret": secretPlaceholder },
};

function oidcConfig(issuer: string, clientId: string): string {
  return [
    "name: OpenID Connect",
    `issuer: ${issuer}`,
    `clientID: ${clientId}`,
    `clientSecret: $${clientSecret.name}:client-secret`,
    "requestedScopes: [openid, profile, email, groups]",
    "",
  ].join("\n");
}

function rbac({ adminGroup, groupsClaim }: z.output<typeof login>): Values {
  return {
    "policy.default": "role:readonly",
    "policy.csv": `g, ${adminGroup}, role:admin\n`,
    scopes: `[${groupsClaim}]`,
  };
}

/**
 * An application is as healthy as what it delivers. Argo CD looks at its own kind no longer, and waves of an application
 * of applications would not wait for each other.
 */
const applicationHealth = `local health = obj.status and obj.status.health
if health and health.status then
  return { status = health.status, message = health.message or "" }
end
return { status = "Progressing", message = "not looked at yet" }
`;

function repositoryToken(url: string, username: string): ExpectedSecret {
  return {
    configKey: "argocdRepositoryToken",
    description: `token of ${username} for ${url}`,
    name: "cluster-repository",
    namespace,
    labels: { "argocd.argoproj.io/secret-type": "repository" },
    keys: { type: "git", url, username, password: secretPlaceholder },
  };
}

/**
 * Without an end: after the last attempt nothing would be tried again before the next commit, although what was missing may
 * come from elsewhere. With `refresh` an attempt takes up the commit that mends what failed.
 */
const retry = { limit: -1, refresh: true, backoff: { duration: "15s", factor: 2, maxDuration: "5m" } } as const;

function folderOf({ name }: ClusterFacts, { repository }: Settings): string {
  return repository.path ?? `clusters/${name}/apps`;
}

/** Everything in the cluster's folder of the repository; what leaves the folder leaves the cluster. */
function appOfApps(facts: ClusterFacts, chosen: Settings): KubernetesObject {
  const { repository } = chosen;
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Application",
    metadata: { name: "apps", namespace },
    spec: {
      project: "default",
      source: {
        repoURL: repository.url,
        targetRevision: repository.revision,
        path: folderOf(facts, chosen),
        directory: { recurse: true },
      },
      destination: { server: "https://kubernetes.default.svc", namespace },
      syncPolicy: { automated: { prune: true, selfHeal: true }, retry: { ...retry } },
    },
  };
}

/** An application for each folder in the cluster's folder; what is delivered to Argo CD itself is in `platform`. */
function appOfFolders(facts: ClusterFacts, chosen: Settings): KubernetesObject {
  const { url, revision } = chosen.repository;
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "ApplicationSet",
    metadata: { name: "apps", namespace },
    spec: {
      goTemplate: true,
      goTemplateOptions: ["missingkey=error"],
      generators: [{ git: { repoURL: url, revision, directories: [{ path: `${folderOf(facts, chosen)}/*` }] } }],
      // A folder that is taken away by mistake does not take what it delivered with it.
      syncPolicy: { preserveResourcesOnDeletion: true },
      template: {
        metadata: { name: "{{ .path.basenameNormalized }}" },
        spec: {
          project: "default",
          source: { repoURL: url, targetRevision: revision, path: "{{ .path.path }}" },
          destination: { server: "https://kubernetes.default.svc", namespace: "{{ .path.basenameNormalized }}" },
          syncPolicy: {
            automated: { prune: true, selfHeal: true },
            syncOptions: ["CreateNamespace=true", "ServerSideApply=true"],
            retry: { ...retry },
          },
        },
      },
    },
  };
}
