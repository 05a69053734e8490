/**
 * The issuer `acme` of cert-manager, and what it can sign.
 *
 * Facts: https://cert-manager.io/docs/configuration/acme/: wildcards take DNS01, `dnsZones` chooses the solver;
 * https://letsencrypt.org/docs/challenge-types/: HTTP-01 cannot be used for wildcards.
 */
import { z } from "zod";
import type { Problem } from "../../config/problems.ts";
import { either } from "../../config/suggest.ts";
import { type ExpectedSecret, type KubernetesObject, secretPlaceholder } from "./addon.ts";

/** Settings of the issuer. */
export const acmeSettings = z.strictObject({
  /** Gets the certificate authority's letters about expiring certificates. */
  email: z.email(),
  /** @default Let's Encrypt */
  server: z.url({ protocol: /^https$/ }).default("https://acme-v02.api.letsencrypt.org/directory"),
  solver: z.discriminatedUnion("type", [
    z.strictObject({
      /** Answers challenges over HTTP by a route on a gateway. */
      type: z.literal("gateway"),
      gateway: z.string().min(1),
      namespace: z.string().min(1),
    }),
    z.strictObject({
      /** Answers challenges in a DNS zone at Cloudflare; its API token stands in `orrery:cloudflareToken`. */
      type: z.literal("cloudflare"),
      zones: z.array(z.string()).min(1).optional(),
    }),
  ]),
});
type AcmeSettings = z.output<typeof acmeSettings>;

/** The token that answers challenges at Cloudflare. */
export const cloudflareToken: ExpectedSecret = {
  configKey: "cloudflareToken",
  description: "Cloudflare API token that may edit the DNS zones",
  name: "cloudflare-api-token",
  namespace: "cert-manager",
  keys: { "api-token": secretPlaceholder },
};

/** The issuer. */
export function acmeIssuer({ email, server, solver }: AcmeSettings): KubernetesObject {
  const { name, keys } = cloudflareToken;
  const solvers =
    solver.type === "gateway"
      ? [
          {
            http01: {
              gatewayHTTPRoute: {
                parentRefs: [{ kind: "Gateway", name: solver.gateway, namespace: solver.namespace }],
              },
            },
          },
        ]
      : [
          {
            dns01: { cloudflare: { apiTokenSecretRef: { name, key: Object.keys(keys)[0] } } },
            ...(solver.zones ? { selector: { dnsZones: solver.zones } } : {}),
          },
        ];
  return {
    apiVersion: "cert-manager.io/v1",
    kind: "ClusterIssuer",
    metadata: { name: "acme" },
    spec: { acme: { email, server, privateKeySecretRef: { name: "acme-account" }, solvers } },
  };
}

/** For certificates with names that mean nothing outside of the cluster, or that somebody has to know the authority of. */
export function acmeCannotSign(issuer: string, names: string): Problem[] {
  if (issuer !== "acme") return [];
  return [{ path: "issuer", value: issuer, message: `cannot sign ${names}`, allowed: "an authority of your own" }];
}

/**
 * Host names that the issuer gets no certificate for.
 * @param chosen settings of the add-on cert-manager, as the stack file or their schema has them; undefined when the cluster does
 * not get it. What is wrong with them is told elsewhere
 * @param path of the list of host names, below the settings of who asks
 */
export function acmeRefusals(hostnames: readonly string[], chosen: unknown, path: string): Problem[] {
  const acme = acmeSettings.safeParse((chosen as { acme?: unknown } | undefined)?.acme);
  if (!acme.success) return [];
  const { solver } = acme.data;
  return hostnames.flatMap((hostname): Problem[] => {
    if (solver.type === "gateway") {
      if (!hostname.startsWith("*.")) return [];
      const message = `asks the issuer acme for ${hostname}, and a challenge over a gateway cannot prove a wildcard`;
      return [{ path, message, hint: "name the hosts, or set addons.cert-manager.settings.acme.solver to cloudflare" }];
    }
    if (!solver.zones || solver.zones.some((zone) => hostname === zone || hostname.endsWith(`.${zone}`))) return [];
    const message = `asks the issuer acme for ${hostname}, which is in none of its zones`;
    const hint = "add the zone to addons.cert-manager.settings.acme.solver.zones";
    return [{ path, message, allowed: `names in ${either(solver.zones)}`, hint }];
  });
}
