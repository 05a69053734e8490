import { z } from "zod";
import type { ClusterFacts } from "../../facts.ts";
import { defineAddon, type ExpectedSecret, type KubernetesObject, secretPlaceholder } from "../addon.ts";

const settings = z.strictObject({
  /** Git repository that holds the cluster's applications. */
  repository: z.strictObject({
    url: z
      .string()
      .regex(/^(https:\/\/|ssh:\/\/|git@)\S+$/, 'a Git URL such as "https://git.example.net/clusters.git"'),
    /** Folder of this cluster. @default clusters/<cluster>/apps */
    path: z.string().min(1).optional(),
    /** Branch, tag or commit. @default HEAD */
    revision: z.string().min(1).default("HEAD"),
    /** User of a private repository; the token stands in `orrery:argocdRepositoryToken`. @default a public repository */
    username: z.string().min(1).optional(),
  }),
  /** Host name of the user interface. @default argocd.<domain of the cluster> */
  host: z.string().min(1).optional(),
  /** Copies of what serves users and renders manifests. @default 2 */
  replicas: z.number().int().min(1).default(2),
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
  ],
  chart: { repository: "https://argoproj.github.io/argo-helm", name: "argo-cd", version: "9.3.7" },
  valueKeys: `apiVersionOverrides applicationSet commitServer configs controller crds createAggregateRoles
    createClusterRoles dex externalRedis extraObjects fullnameOverride global kubeVersionOverride nameOverride
    namespaceOverride notifications openshift redis redis-ha redisSecretInit repoServer server`.split(/\s+/),
  namespace: { name: namespace, podSecurity: "baseline" },
  settings,
  example: { repository: { url: "https://git.example.net/clusters.git", username: "argocd" } },
  values: (facts, { host, replicas }) => {
    const pdb = replicas > 1 ? { enabled: true, minAvailable: 1 } : { enabled: false };
    return {
      crds: { install: true, keep: true },
      global: { domain: host ?? (facts.domain ? `argocd.${facts.domain}` : undefined) },
      // TLS ends at the gateway.
      configs: { params: { "server.insecure": true } },
      server: { replicas, pdb },
      repoServer: { replicas, pdb },
      applicationSet: { replicas, pdb },
      // Neither does anything before it is configured.
      dex: { enabled: false },
      notifications: { enabled: false },
    };
  },
  objects: (facts, chosen) => [appOfApps(facts, chosen)],
  needs: () => [{ capability: "cni" }],
  after: ["dns", "crd:cert-manager.io", "crd:external-secrets.io"],
  provides: () => ["delivery:argocd", "crd:argoproj.io"],
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
  secrets: (_, { repository }) => (repository.username ? [repositoryToken(repository.url, repository.username)] : []),
  selectedBy: [{ argocd: "true" }],
  directOnly: "it cannot deliver itself before it runs",
});

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

/** Everything in the cluster's folder of the repository; what leaves the folder leaves the cluster. */
function appOfApps({ name }: ClusterFacts, { repository }: Settings): KubernetesObject {
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Application",
    metadata: { name: "apps", namespace },
    spec: {
      project: "default",
      source: {
        repoURL: repository.url,
        targetRevision: repository.revision,
        path: repository.path ?? `clusters/${name}/apps`,
        directory: { recurse: true },
      },
      destination: { server: "https://kubernetes.default.svc", namespace },
      syncPolicy: { automated: { prune: true, selfHeal: true }, retry: { limit: 5 } },
    },
  };
}
