import { z } from "zod";
import type { KubernetesObject, Need } from "./addon.ts";

/** The gateway that leads to an add-on. */
export const gatewayReference = z.strictObject({
  /** Name of the Gateway. */
  name: z.string().min(1),
  /** Its namespace. */
  namespace: z.string().min(1),
});
export type GatewayReference = z.output<typeof gatewayReference>;

/** A route of one host name to a service beside it. */
export function httpRoute(
  { name, namespace, hostname, port }: { name: string; namespace: string; hostname: string; port: number },
  gateway: GatewayReference,
  service = name,
): KubernetesObject {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name, namespace },
    spec: {
      parentRefs: [{ ...gateway }],
      hostnames: [hostname],
      rules: [{ backendRefs: [{ name: service, port }] }],
    },
  };
}

/** A gateway that a setting names. Routes and issuers find it when it comes, and it may wait for them. */
export function gatewayNeed({ name, namespace }: GatewayReference, namedBy = "gateway"): Need {
  const capability = `gateway:${namespace}/${name}`;
  const own = namespace === "envoy-gateway-system" ? { otherwise: "or set addons.envoy-gateway.settings.gateway" } : {};
  return { capability, namedBy, anytime: true, ...own };
}

/** What an add-on with a route needs. */
export function gatewayNeeds(addon: string, gateway: GatewayReference | undefined): Need[] {
  if (!gateway) return [];
  return [
    gatewayNeed(gateway),
    {
      capability: "crd:gateway.networking.k8s.io",
      otherwise: `or leave out addons.${addon}.settings.gateway and lead a route of your own to it`,
    },
  ];
}
