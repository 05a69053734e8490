import { z } from "zod";
import { defineAddon, type KubernetesObject } from "../addon.ts";

const settings = z.strictObject({
  /** Where machines can be made. @default [proxmox] */
  infrastructure: z.array(z.enum(["proxmox", "harvester", "tinkerbell"])).default(["proxmox"]),
});

const namespace = "cluster-api-system";
const apiVersion = "operator.cluster.x-k8s.io/v1alpha2";

/** What the manifests of a provider are called among the files of a release. */
const manifests = {
  CoreProvider: "core-components.yaml",
  BootstrapProvider: "bootstrap-components.yaml",
  ControlPlaneProvider: "control-plane-components.yaml",
  IPAMProvider: "ipam-components.yaml",
  InfrastructureProvider: "infrastructure-components.yaml",
} as const;

/** A provider and the repository whose releases it comes from. */
interface Provider {
  kind: keyof typeof manifests;
  name: string;
  version: string;
  repository: string;
}

const core: Provider[] = [
  { kind: "CoreProvider", name: "cluster-api", version: "v1.12.10", repository: "kubernetes-sigs/cluster-api" },
  {
    kind: "BootstrapProvider",
    name: "talos",
    version: "v0.6.12",
    repository: "siderolabs/cluster-api-bootstrap-provider-talos",
  },
  {
    kind: "ControlPlaneProvider",
    name: "talos",
    version: "v0.5.12",
    repository: "siderolabs/cluster-api-control-plane-provider-talos",
  },
];

const infrastructure: Record<"proxmox" | "harvester" | "tinkerbell", Provider[]> = {
  proxmox: [
    {
      kind: "InfrastructureProvider",
      name: "proxmox",
      version: "v0.8.2",
      repository: "ionos-cloud/cluster-api-provider-proxmox",
    },
    // The provider for Proxmox takes the addresses of its machines from it.
    {
      kind: "IPAMProvider",
      name: "in-cluster",
      version: "v1.0.3",
      repository: "kubernetes-sigs/cluster-api-ipam-provider-in-cluster",
    },
  ],
  harvester: [
    {
      kind: "InfrastructureProvider",
      name: "harvester",
      version: "v0.10.1",
      repository: "rancher-sandbox/cluster-api-provider-harvester",
    },
  ],
  tinkerbell: [
    {
      kind: "InfrastructureProvider",
      name: "tinkerbell",
      version: "v0.7.0",
      repository: "tinkerbell/cluster-api-provider-tinkerbell",
    },
  ],
};

export default defineAddon({
  name: "cluster-api-operator",
  description:
    "Cluster API with the providers for Talos, Proxmox, Harvester and Tinkerbell: clusters that make clusters",
  sources: [
    "https://github.com/kubernetes-sigs/cluster-api-operator, v0.28.0: hack/charts/cluster-api-operator/, api/v1alpha2/provider_types.go, docs/book/src/02_installation/, docs/book/src/03_topics/",
    "https://github.com/kubernetes-sigs/cluster-api, v1.12.10: cmd/clusterctl/client/repository/repository_github.go: addresses of releases; cmd/clusterctl/client/config/providers_client.go: names of manifests",
    "https://github.com/kubernetes-sigs/cluster-api, v1.12.10: docs/book/src/reference/versions.md (management clusters from Kubernetes 1.31 on; providers of the contract v1beta1 until 1.14)",
    "https://github.com/siderolabs/cluster-api-control-plane-provider-talos, v0.5.12, and https://github.com/siderolabs/cluster-api-bootstrap-provider-talos, v0.6.12: config/metadata/metadata.yaml: contract v1beta1",
    "https://github.com/ionos-cloud/cluster-api-provider-proxmox, v0.8.2, https://github.com/rancher-sandbox/cluster-api-provider-harvester, v0.10.1, https://github.com/tinkerbell/cluster-api-provider-tinkerbell, v0.7.0: metadata.yaml: contract v1beta2",
  ],
  chart: {
    repository: "https://kubernetes-sigs.github.io/cluster-api-operator",
    name: "cluster-api-operator",
    version: "0.28.0",
  },
  valueKeys: `addon affinity bootstrap configSecret containerSecurityContext contentionProfiling controlPlane core
    deploymentAnnotations deploymentLabels diagnosticsAddress enableHelmHook env fetchConfig fullnameOverride healthAddr
    image imagePullSecrets infrastructure insecureDiagnostics ipam leaderElection logLevel nameOverride nodeSelector
    podAnnotations podLabels profilerAddress replicaCount resources securityContext strategy tolerations volumeMounts
    volumes watchConfigMap watchConfigSecret`.split(/\s+/),
  namespace: { name: namespace, podSecurity: "baseline" },
  settings,
  values: () => ({
    // The providers are objects of their own: hooks of Helm's would make them again with every upgrade.
    enableHelmHook: false,
    resources: { manager: { requests: { cpu: "100m", memory: "100Mi" }, limits: { memory: "300Mi" } } },
  }),
  objects: (_, chosen) =>
    [...core, ...chosen.infrastructure.flatMap((name) => infrastructure[name])].map(providerObject),
  needs: () => [{ capability: "cni" }, { capability: "crd:cert-manager.io" }],
  after: ["dns"],
  provides: (_, chosen) => ["crd:cluster.x-k8s.io", ...chosen.infrastructure.map((name) => `infrastructure:${name}`)],
  definitions: [
    {
      group: "operator.cluster.x-k8s.io",
      version: "v1alpha2",
      namespaced: `AddonProvider BootstrapProvider ControlPlaneProvider CoreProvider InfrastructureProvider IPAMProvider
        RuntimeExtensionProvider`.split(/\s+/),
    },
  ],
  workloads: () => [{ kind: "Deployment", name: "cluster-api-operator" }],
  selectedBy: [{ "cluster-api": "true" }],
});

/** The operator installs a provider into the namespace of its object; their names differ, so that one does for all. */
function providerObject({ kind, name, version, repository }: Provider): KubernetesObject {
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace,
      // The definitions are there when it is ready, and not before.
      annotations: { "pulumi.com/waitFor": "condition=Ready" },
    },
    spec: {
      version,
      fetchConfig: { url: `https://github.com/${repository}/releases/${version}/${manifests[kind]}` },
    },
  };
}
