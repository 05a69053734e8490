import { z } from "zod";
import { defineAddon, type KubernetesObject } from "../addon.ts";
import { spreadOverNodes } from "../placement.ts";

const settings = z.strictObject({
  /** Crossplane's own pods, one of them at work. @default 1 */
  replicas: z.number().int().min(1).default(1),
  /** Functions besides the catalogue's own, by name: package with version. @default none */
  functions: z.record(z.string(), z.string().regex(/:v\d+\.\d+\.\d+$/, "a package with its version")).default({}),
});

/** Applies what Crossplane cannot be the controller of; its service account has the rights that somebody binds to it. */
const provider = {
  name: "provider-kubernetes",
  package: "xpkg.crossplane.io/crossplane-contrib/provider-kubernetes:v1.2.1",
};

/** Functions that compositions of this project use. */
const functions = {
  "function-auto-ready": "xpkg.crossplane.io/crossplane-contrib/function-auto-ready:v0.7.0",
  "function-go-templating": "xpkg.crossplane.io/crossplane-contrib/function-go-templating:v0.12.2",
};

export default defineAddon({
  name: "crossplane",
  description: "interfaces of your own for what the platform makes, with the functions that compositions use",
  sources: [
    "https://github.com/crossplane/crossplane, v2.3.4: cluster/charts/crossplane/, cluster/crds/",
    "https://github.com/crossplane-contrib/function-go-templating, v0.12.2: package/crossplane.yaml, README.md",
    "https://github.com/crossplane-contrib/function-auto-ready, v0.7.0: package/crossplane.yaml",
    "https://github.com/crossplane-contrib/provider-kubernetes, v1.2.1: package/crossplane.yaml, package/crds/, examples/namespaced/provider/",
  ],
  chart: { repository: "https://charts.crossplane.io/stable", name: "crossplane", version: "2.3.4" },
  valueKeys:
    `affinity args configuration customAnnotations customLabels deploymentStrategy dnsPolicy extraEnvVarsCrossplane
    extraEnvVarsCrossplaneInit extraEnvVarsRBACManager extraObjects extraVolumeMountsCrossplane extraVolumesCrossplane
    function functionCache hostNetwork image imagePullSecrets leaderElection metrics nodeSelector packageCache
    podSecurityContextCrossplane podSecurityContextRBACManager priorityClassName provider rbacManager readiness
    registryCaBundleConfig replicas resourcesCrossplane resourcesRBACManager revisionHistoryLimit runtimeClassName secrets
    securityContextCrossplane securityContextRBACManager service serviceAccount sidecarsCrossplane tolerations
    topologySpreadConstraints webhooks`.split(/\s+/),
  namespace: { name: "crossplane-system", podSecurity: "baseline" },
  settings,
  values: (_, { replicas }) => ({
    replicas,
    leaderElection: true,
    topologySpreadConstraints: spreadOverNodes({ app: "crossplane" }),
    resourcesCrossplane: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } },
    resourcesRBACManager: { requests: { cpu: "20m", memory: "128Mi" }, limits: { memory: "512Mi" } },
    metrics: { enabled: true },
  }),
  objects: (_, chosen) => [
    ...Object.entries({ ...functions, ...chosen.functions }).map(functionObject),
    ...providerObjects(),
  ],
  needs: () => [{ capability: "cni" }],
  after: ["dns"],
  provides: () => ["crd:apiextensions.crossplane.io"],
  definitions: [
    {
      group: "apiextensions.crossplane.io",
      version: "v1",
      clusterWide: ["Composition", "CompositionRevision"],
    },
    {
      group: "apiextensions.crossplane.io",
      version: "v2",
      clusterWide: ["CompositeResourceDefinition"],
    },
    {
      group: "pkg.crossplane.io",
      version: "v1",
      clusterWide: `Configuration ConfigurationRevision Function FunctionRevision Provider ProviderRevision`.split(
        /\s+/,
      ),
    },
    { group: "pkg.crossplane.io", version: "v1beta1", clusterWide: ["DeploymentRuntimeConfig", "ImageConfig", "Lock"] },
  ],
  // An init container registers them before it starts.
  definitionsFrom: "crossplane",
  workloads: () => [
    { kind: "Deployment", name: "crossplane" },
    { kind: "Deployment", name: "crossplane-rbac-manager" },
  ],
  selectedBy: [{ crossplane: "true" }],
});

function functionObject([name, image]: [string, string]): KubernetesObject {
  return {
    apiVersion: "pkg.crossplane.io/v1",
    kind: "Function",
    metadata: { name },
    spec: { package: image },
  };
}

/** The provider, under a service account whose name is known before it is there. */
function providerObjects(): KubernetesObject[] {
  const { name } = provider;
  const runtime = { apiVersion: "pkg.crossplane.io/v1beta1", kind: "DeploymentRuntimeConfig" };
  return [
    { ...runtime, metadata: { name }, spec: { serviceAccountTemplate: { metadata: { name } } } },
    {
      apiVersion: "pkg.crossplane.io/v1",
      kind: "Provider",
      // Its definitions are there when it is healthy, and not before.
      metadata: { name, annotations: { "pulumi.com/waitFor": "condition=Healthy" } },
      spec: { package: provider.package, runtimeConfigRef: { ...runtime, name } },
    },
  ];
}
