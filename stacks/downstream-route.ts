/** What is wrong with the way to capsule-proxy in downstream clusters, before Sveltos makes it. */
import type { ClusterFacts, KubernetesObject } from "../components/facts.ts";
import { acmeRefusals } from "../components/platform-addons/acme.ts";
import { unmadeName } from "../components/platform-addons/capabilities.ts";
import { catalogue } from "../components/platform-addons/catalogue/index.ts";
import { issuerNeed } from "../components/platform-addons/named-things.ts";
import type { ClusterConfig, DownstreamConfig } from "../config/index.ts";
import type { Problem } from "../config/problems.ts";

/** What is known about the management cluster. */
export interface RouteSite {
  config: ClusterConfig;
  facts: ClusterFacts;
  /** Names of its add-ons. */
  chosen: readonly string[];
  /** What its add-ons provide. */
  provided: readonly string[];
}

/**
 * An Ingress that nobody serves, or a route at a Gateway that is not there, is made without complaint and leads nowhere.
 * @param clusters that have capsule-proxy
 * @param objects for all clusters
 */
export function routeProblems(
  clusters: readonly { name: string }[],
  objects: readonly KubernetesObject[],
  { config, facts, chosen, provided: own }: RouteSite,
): Problem[] {
  const { downstream } = config;
  if (!downstream || !objects.some(({ kind }) => kind === "EventTrigger")) return [];
  const provided = [...own, ...config.provided];
  if (!provided.includes("delivery:sveltos")) {
    const message =
      "is the way to capsule-proxy in clusters that have it, and needs Sveltos, which hears of its address";
    return [{ path: "downstream.kubeRoute", message, hint: "switch on addons.sveltos, or say none" }];
  }
  return [
    ...serverProblems(downstream, provided),
    ...issuerProblems(downstream, clusters, { config, facts, chosen, provided }),
  ];
}

function serverProblems({ kubeRoute: route }: DownstreamConfig, provided: readonly string[]): Problem[] {
  const [server, message, maker] =
    route === "ingress"
      ? [
          "ingress-class:nginx",
          "makes Ingresses of the class nginx, and none is served",
          "switch on addons.ingress-nginx",
        ]
      : [`gateway:${route}`, "names a Gateway that is not made", "set addons.envoy-gateway.settings.gateway"];
  if (provided.includes(server)) return [];
  const hint = `${maker}, add ${server} to provided where somebody else brings it, or say none`;
  return [{ path: "downstream.kubeRoute", value: route, message: `${message} in the management cluster`, hint }];
}

/** An issuer that is not there, or cannot sign the names, leaves the Ingress without a certificate for ever. */
function issuerProblems(
  { kubeRoute: route, kubeRouteIssuer: issuer, domain }: DownstreamConfig,
  clusters: readonly { name: string }[],
  { config, facts, chosen, provided }: RouteSite,
): Problem[] {
  if (issuer === undefined) return [];
  const path = "downstream.kubeRouteIssuer";
  if (route !== "ingress") {
    const message = "is for an Ingress, and an HTTPRoute has the certificate of its Gateway";
    return [{ path, value: issuer, message, hint: "leave it out, or set downstream.kubeRoute to ingress" }];
  }
  const need = issuerNeed(issuer, "kubeRouteIssuer");
  if (!provided.includes(need.capability)) {
    const rest = catalogue().filter(({ name }) => !chosen.includes(name));
    return [unmadeName(path, need, { rest, facts, known: provided })];
  }
  if (issuer !== "acme") return [];
  const hosts = clusters.map(({ name }) => `kube.${name}.${domain ?? facts.domain}`);
  const certManager = config.addons["cert-manager"];
  return acmeRefusals(hosts, typeof certManager === "object" ? certManager.settings : undefined, path);
}
