import { z } from "zod";
import { defineAddon } from "../addon.ts";
import {
  istioNamespace,
  istioRepository,
  istioSelectedBy,
  istioSources,
  istioValidation,
  istioVersion,
} from "../istio.ts";
import { copiesOf, movesOneByOne, serviceFamilies, spreadOverNodes } from "../placement.ts";

const settings = z.strictObject({
  /** @default 2, or 1 where one node takes pods */
  replicas: z.number().int().min(1).optional(),
  /** Lines of access that proxies log to their standard output. @default false */
  accessLog: z.boolean().default(false),
});

export default defineAddon({
  name: "istiod",
  description: "control plane of the service mesh Istio in ambient mode",
  sources: [
    ...istioSources("istio-control/istio-discovery"),
    "https://istio.io/latest/docs/setup/additional-setup/dual-stack/: ISTIO_DUAL_STACK",
  ],
  chart: { repository: istioRepository, name: "istiod", version: istioVersion },
  valueKeys:
    `affinity autoscaleBehavior autoscaleEnabled autoscaleMax autoscaleMin base cni compatibilityVersion configMap
    cpu deploymentAnnotations deploymentLabels env envVarFrom experimental extraContainerArgs gatewayClasses gateways
    global hub image initContainers ipFamilies ipFamilyPolicy istiodRemote jwksResolverExtraRootCA
    keepaliveMaxServerConnectionAge memory meshConfig nodeSelector ownerName pdb platform podAnnotations podLabels
    profile replicaCount resources revision revisionTags rollingMaxSurge rollingMaxUnavailable seccompProfile
    serviceAccountAnnotations serviceAnnotations sidecarInjectorWebhook sidecarInjectorWebhookAnnotations tag taint
    telemetry tolerations topologySpreadConstraints traceSampling trustedZtunnelName trustedZtunnelNamespace variant
    volumeMounts volumes`.split(/\s+/),
  namespace: istioNamespace,
  settings,
  values: (facts, { accessLog, ...chosen }) => {
    const replicas = copiesOf(facts, chosen.replicas);
    const families = serviceFamilies(facts.addresses.serviceSubnets);
    const dualStack = families.ipFamilies.length > 1;
    return {
      profile: "ambient",
      ...istioValidation,
      // As many copies as are said: scaling by load takes metrics, and a mesh without its control plane is worse than
      // one with a copy too many.
      autoscaleEnabled: false,
      replicaCount: replicas,
      resources: { requests: { cpu: "200m", memory: "1Gi" } },
      topologySpreadConstraints: spreadOverNodes({ app: "istiod" }),
      ...families,
      env: dualStack ? { ISTIO_DUAL_STACK: "true" } : {},
      meshConfig: {
        ...(accessLog ? { accessLogFile: "/dev/stdout" } : {}),
        ...(dualStack ? { defaultConfig: { proxyMetadata: { ISTIO_DUAL_STACK: "true" } } } : {}),
      },
      global: {
        priorityClassName: "system-cluster-critical",
        defaultPodDisruptionBudget: { enabled: movesOneByOne(facts, replicas) },
        // Told to ztunnel as well: identities and series of several clusters stand side by side.
        multiCluster: { clusterName: facts.name },
      },
    };
  },
  needs: () => [{ capability: "cni" }, { capability: "crd:networking.istio.io" }],
  // Waypoints are gateways; without the Gateway API there are none.
  after: ["dns", "crd:gateway.networking.k8s.io"],
  provides: () => ["istiod"],
  workloads: () => [{ kind: "Deployment", name: "istiod" }],
  selectedBy: istioSelectedBy,
});
