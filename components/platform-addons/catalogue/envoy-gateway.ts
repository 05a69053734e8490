import { z } from "zod";
import type { ClusterFacts } from "../../facts.ts";
import { acmeRefusals } from "../acme.ts";
import { defineAddon, type KubernetesObject } from "../addon.ts";
import { issuerNeed } from "../named-things.ts";
import { copiesOf, movesOneByOne, spreadOverNodes } from "../placement.ts";

/**
 * Envoy Gateway's chart by the Cilium minor version of the release: both have to be built for the same Gateway API, and
 * the entry `gateway-api` takes the one of Cilium.
 */
const chartVersions: Record<string, string> = {
  // Gateway API v1.3.0, Kubernetes 1.30 to 1.33
  "1.18": "v1.5.9",
  // Gateway API v1.4, Kubernetes 1.30 to 1.33
  "1.19": "v1.6.7",
};
const newest = "v1.6.7";

const settings = z.strictObject({
  /** Copies of the controller, one of them at work. @default 2, or 1 where one node takes pods */
  replicas: z.number().int().min(1).optional(),
  /** Copies of Envoy for every gateway. @default 2, or 1 where one node takes pods */
  proxies: z.number().int().min(1).optional(),
  /** A gateway for the whole cluster; HTTP is redirected by the routes' owners. @default none */
  gateway: z
    .strictObject({
      /** @default public */
      name: z
        .string()
        .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "lower-case letters, digits and dashes")
        .default("public"),
      /** Host names that it answers for with TLS. @default `*.<domain of the cluster>` */
      hostnames: z.array(z.string().min(1)).min(1).optional(),
      /** ClusterIssuer that signs the gateway's certificates. @default cluster-ca */
      issuer: z.string().min(1).default("cluster-ca"),
      /**
       * Annotations of the Gateway. external-dns reads the target of its routes' names there:
       * `external-dns.alpha.kubernetes.io/target`, or with the prefix of the copy that is meant. @default none
       */
      annotations: z.record(z.string(), z.string()).default({}),
    })
    .optional(),
});
type Settings = z.output<typeof settings>;

const namespace = "envoy-gateway-system";
const className = "envoy";
/** The settings of the class, and the controller's Service; a gateway has both of its own, by its name. */
const taken = [className, "envoy-gateway"];

export default defineAddon({
  name: "envoy-gateway",
  description: "gateways for HTTP, TLS and gRPC by the Gateway API, with Envoy",
  sources: [
    "https://github.com/envoyproxy/gateway, v1.5.9 and v1.6.7: charts/gateway-helm/values.tmpl.yaml, crds/generated/",
    "https://github.com/envoyproxy/gateway, v1.5.9 and v1.6.7: site/content/en/news/releases/matrix.md: Gateway API and Kubernetes versions",
    "https://github.com/kubernetes-sigs/external-dns, v0.21.0: docs/sources/gateway-api.md: of a Gateway's annotations it reads the target alone",
    "https://github.com/envoyproxy/gateway, v1.5.9: internal/infrastructure/kubernetes/proxy/testdata/deployments/default.yaml: labels and security context of proxies; api/v1alpha1/shared_types.go: KubernetesPodSpec",
  ],
  chart: {
    repository: "oci://docker.io/envoyproxy",
    name: "gateway-helm",
    version: ({ release }) => chartVersions[release.cilium.split(".").slice(0, 2).join(".")] ?? newest,
  },
  valueKeys: `certgen config createNamespace deployment global hpa kubernetesClusterDomain podDisruptionBudget service
    topologyInjector`.split(/\s+/),
  // Proxies of all gateways run here as well.
  namespace: { name: namespace, podSecurity: "restricted" },
  settings,
  check: (facts, { gateway: wanted }, others) => [
    ...(wanted && taken.includes(wanted.name)
      ? [
          {
            path: "gateway.name",
            value: wanted.name,
            message: "is a name that Envoy Gateway has for things of its own",
          },
        ]
      : []),
    ...(wanted?.issuer === "acme"
      ? acmeRefusals(hostnamesOf(facts, wanted), others?.["cert-manager"], "gateway.hostnames")
      : []),
  ],
  values: (facts, { replicas }) => ({
    deployment: {
      replicas: copiesOf(facts, replicas),
      priorityClassName: "system-cluster-critical",
      pod: { topologySpreadConstraints: spreadOverNodes({ "control-plane": "envoy-gateway" }) },
    },
    podDisruptionBudget: { minAvailable: movesOneByOne(facts, copiesOf(facts, replicas)) ? 1 : 0 },
  }),
  objects: (facts, chosen) => [
    proxySettings(facts, chosen, className),
    gatewayClass,
    ...(chosen.gateway
      ? [
          proxySettings(facts, chosen, chosen.gateway.name, { envoyService: { name: chosen.gateway.name } }),
          gateway(facts, chosen.gateway),
        ]
      : []),
  ],
  needs: (_, chosen) => [
    { capability: "cni" },
    { capability: "crd:gateway.networking.k8s.io" },
    ...(chosen.gateway
      ? [
          { capability: "load-balancer", otherwise: "give the cluster network.loadBalancerRanges" },
          { capability: "crd:cert-manager.io" },
          issuerNeed(chosen.gateway.issuer, "gateway.issuer"),
        ]
      : []),
  ],
  after: ["dns"],
  provides: (_, chosen) => [
    "gateway-class:envoy",
    "crd:gateway.envoyproxy.io",
    ...(chosen.gateway ? [`gateway:${namespace}/${chosen.gateway.name}`] : []),
  ],
  definitions: [
    {
      group: "gateway.envoyproxy.io",
      version: "v1alpha1",
      namespaced: `Backend BackendTrafficPolicy ClientTrafficPolicy EnvoyExtensionPolicy EnvoyPatchPolicy EnvoyProxy
        HTTPRouteFilter SecurityPolicy`.split(/\s+/),
    },
  ],
  workloads: () => [{ kind: "Deployment", name: "envoy-gateway" }],
  selectedBy: [{ "envoy-gateway": "true" }],
});

/** How proxies run: those of the class, or with a name of its own for the service, which others inside the cluster know then. */
function proxySettings(
  facts: ClusterFacts,
  chosen: Settings,
  name: string,
  more: Record<string, unknown> = {},
): KubernetesObject {
  const families = facts.addresses.podSubnets.map((cidr) => (cidr.includes(":") ? "IPv6" : "IPv4"));
  const proxies = copiesOf(facts, chosen.proxies);
  // Those of one gateway; a class knows none, and its gateways' proxies are spread together.
  const owner: Record<string, string> = name === className ? {} : { "gateway.envoyproxy.io/owning-gateway-name": name };
  const ofGateway = { "app.kubernetes.io/name": "envoy", "app.kubernetes.io/component": "proxy", ...owner };
  return {
    apiVersion: "gateway.envoyproxy.io/v1alpha1",
    kind: "EnvoyProxy",
    metadata: { name, namespace },
    spec: {
      // Without it listeners answer on IPv4 only.
      ipFamily: families.length > 1 ? "DualStack" : families[0],
      provider: {
        type: "Kubernetes",
        kubernetes: {
          envoyDeployment: {
            replicas: proxies,
            pod: { topologySpreadConstraints: spreadOverNodes(ofGateway) },
            container: { resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } } },
          },
          ...(movesOneByOne(facts, proxies) ? { envoyPDB: { maxUnavailable: 1 } } : {}),
          ...more,
        },
      },
    },
  };
}

const gatewayClass: KubernetesObject = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "GatewayClass",
  metadata: { name: className },
  spec: {
    controllerName: "gateway.envoyproxy.io/gatewayclass-controller",
    parametersRef: { group: "gateway.envoyproxy.io", kind: "EnvoyProxy", name: className, namespace },
  },
};

function hostnamesOf({ name, domain }: ClusterFacts, { hostnames }: { hostnames?: string[] | undefined }): string[] {
  return hostnames ?? [`*.${domain ?? `${name}.internal`}`];
}

/** HTTP for redirects and challenges, HTTPS for each host name with a certificate of its own. */
function gateway(
  facts: ClusterFacts,
  { name, issuer, annotations, ...wanted }: NonNullable<Settings["gateway"]>,
): KubernetesObject {
  const hosts = hostnamesOf(facts, wanted);
  const allowedRoutes = { namespaces: { from: "All" } };
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { name, namespace, annotations: { ...annotations, "cert-manager.io/cluster-issuer": issuer } },
    spec: {
      gatewayClassName: className,
      infrastructure: { parametersRef: { group: "gateway.envoyproxy.io", kind: "EnvoyProxy", name } },
      listeners: [
        { name: "http", protocol: "HTTP", port: 80, allowedRoutes },
        ...hosts.map((hostname, index) => ({
          name: hosts.length > 1 ? `https-${index + 1}` : "https",
          protocol: "HTTPS",
          port: 443,
          hostname,
          tls: { mode: "Terminate", certificateRefs: [{ kind: "Secret", name: `${name}-${secretPart(hostname)}` }] },
          allowedRoutes,
        })),
      ],
    },
  };
}

/** `*.sol.example.net` to `wildcard-sol-example-net`. */
function secretPart(hostname: string): string {
  return hostname.replace("*", "wildcard").replaceAll(".", "-");
}
