import { z } from "zod";
import type { ClusterFacts } from "../../facts.ts";
import { defineAddon, type ExpectedSecret, type KubernetesObject, secretPlaceholder } from "../addon.ts";

const settings = z.strictObject({
  /**
   * Git repository out of which Flux applies what `npm run fleet -- render` wrote.
   * @default none: Flux delivers what Pulumi hands to it
   */
  repository: z
    .strictObject({
      url: z.string().regex(/^(https|ssh):\/\/\S+$/, 'a Git URL such as "https://git.example.net/clusters.git"'),
      /** Folder of this cluster. @default clusters/<cluster>/flux/platform */
      path: z.string().min(1).optional(),
      /** @default main */
      branch: z.string().min(1).default("main"),
      /** User of a private repository; the token stands in `orrery:fluxRepositoryToken`. @default a public repository */
      username: z.string().min(1).optional(),
      /**
       * Git alone says what becomes of the add-ons that this engine delivers: Pulumi keeps their namespaces and Secrets, and
       * lets go of everything else of theirs. @default false
       */
      takesOver: z.boolean().default(false),
    })
    .optional(),
  /** Controllers that look for new images and write their tags into Git. @default false */
  imageAutomation: z.boolean().default(false),
});
type Settings = z.output<typeof settings>;

const namespace = "flux-system";

export default defineAddon({
  name: "flux",
  description: "continuous delivery by Flux, of what Pulumi hands to it and out of a Git repository",
  sources: [
    "https://github.com/fluxcd-community/helm-charts, flux2-2.16.4: charts/flux2/values.yaml, templates/",
    "https://github.com/fluxcd/flux2, v2.6.4: cmd/flux/check.go (Kubernetes 1.31 or newer), manifests/bases (priorities)",
    "https://github.com/fluxcd/source-controller, v1.6.2: docs/spec/v1/gitrepositories.md",
    "https://github.com/fluxcd/kustomize-controller, v1.6.1: docs/spec/v1/kustomizations.md",
  ],
  // Flux 2.7 refuses Kubernetes 1.31 before it installs anything, and 2.8 refuses 1.32.
  chart: { repository: "https://fluxcd-community.github.io/helm-charts", name: "flux2", version: "2.16.4" },
  valueKeys: `cli clusterDomain crds distro extraObjects helmController imageAutomationController imagePullSecrets
    imageReflectionController installCRDs kustomizeController logLevel multitenancy notificationController policies
    prometheus rbac sourceController watchAllNamespaces`.split(/\s+/),
  namespace: { name: namespace, podSecurity: "restricted" },
  settings,
  example: { repository: { url: "https://git.example.net/clusters.git", username: "flux" } },
  values: (_, { imageAutomation }) => {
    // What everything else comes by is not to be the first that has to go when a node is full.
    const first = { priorityClassName: "system-cluster-critical" };
    return {
      installCRDs: true,
      // Definitions stay when the release goes: a Flux that comes back would find every HelmRelease deleted, and uninstall.
      crds: { annotations: { "helm.sh/resource-policy": "keep" } },
      policies: { create: true },
      // Everything may be delivered by what is in one namespace: nobody else writes there.
      multitenancy: { enabled: false },
      sourceController: { create: true, ...first },
      helmController: { create: true, ...first },
      kustomizeController: { create: true, ...first },
      notificationController: { create: true },
      imageAutomationController: { create: imageAutomation },
      imageReflectionController: { create: imageAutomation },
    };
  },
  objects: (facts, chosen) => fromGit(facts, chosen),
  needs: () => [{ capability: "cni" }],
  after: ["dns"],
  provides: (_, { repository }) => [
    "delivery:flux",
    ...(repository?.takesOver ? ["git:flux"] : []),
    "crd:helm.toolkit.fluxcd.io",
    "crd:kustomize.toolkit.fluxcd.io",
    "crd:source.toolkit.fluxcd.io",
  ],
  definitions: [
    { group: "helm.toolkit.fluxcd.io", version: "v2", namespaced: ["HelmRelease"] },
    { group: "kustomize.toolkit.fluxcd.io", version: "v1", namespaced: ["Kustomization"] },
    {
      group: "source.toolkit.fluxcd.io",
      version: "v1",
      namespaced: ["Bucket", "GitRepository", "HelmChart", "HelmRepository", "OCIRepository"],
    },
    { group: "notification.toolkit.fluxcd.io", version: "v1", namespaced: ["Receiver"] },
    { group: "notification.toolkit.fluxcd.io", version: "v1beta3", namespaced: ["Alert", "Provider"] },
  ],
  workloads: ({ imageAutomationController }) => [
    { kind: "Deployment", name: "helm-controller" },
    { kind: "Deployment", name: "kustomize-controller" },
    { kind: "Deployment", name: "notification-controller" },
    { kind: "Deployment", name: "source-controller" },
    ...((imageAutomationController as { create?: boolean } | undefined)?.create
      ? (["image-automation-controller", "image-reflector-controller"] as const).map((name) => ({
          kind: "Deployment" as const,
          name,
        }))
      : []),
  ],
  secrets: (_, { repository }) => (repository?.username ? [repositoryToken(repository.url, repository.username)] : []),
  selectedBy: [{ fluxcd: "true" }],
  directOnly: "it cannot deliver itself before it runs",
});

function repositoryToken(url: string, username: string): ExpectedSecret {
  return {
    configKey: "fluxRepositoryToken",
    description: `token of ${username} for ${url}`,
    name: "cluster-repository",
    namespace,
    keys: { username, password: secretPlaceholder },
  };
}

/** Everything in the cluster's folder of the repository; what leaves the folder leaves the cluster. */
function fromGit({ name }: ClusterFacts, { repository }: Settings): KubernetesObject[] {
  if (!repository) return [];
  const { url, branch, username } = repository;
  const metadata = { name: namespace, namespace };
  return [
    {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "GitRepository",
      metadata,
      spec: {
        interval: "1m",
        url,
        ref: { branch },
        ...(username ? { secretRef: { name: "cluster-repository" } } : {}),
      },
    },
    {
      apiVersion: "kustomize.toolkit.fluxcd.io/v1",
      kind: "Kustomization",
      metadata,
      spec: {
        interval: "10m",
        retryInterval: "1m",
        path: `./${repository.path ?? `clusters/${name}/flux/platform`}`,
        prune: true,
        sourceRef: { kind: "GitRepository", name: namespace },
      },
    },
  ];
}
