import { z } from "zod";
import type { Problem } from "../../config/problems.ts";
import type { ClusterFacts } from "../facts.ts";

/** What user interfaces are told about log-in by OpenID Connect; an entry adds its own with `extend`. */
export const loginSettings = z.strictObject({
  /** Issuer of the tokens: Zitadel's host name or another. @default that of the API server, `machine.oidc.issuerUrl` */
  issuer: z.url({ protocol: /^https$/ }).optional(),
  /** Id of the client at the issuer; its secret is one of the stack's. */
  clientId: z.string().min(1),
  /** Claim that holds the groups. @default groups */
  groupsClaim: z.string().min(1).default("groups"),
});
export type LoginSettings = z.output<typeof loginSettings>;

/** The issuer's URL without a slash at its end. */
export function issuerOf({ oidcIssuer = "" }: ClusterFacts, { issuer }: LoginSettings): string {
  return (issuer ?? oidcIssuer).replace(/\/$/, "");
}

/** An issuer has to be known, from the settings or from the API server. */
export function issuerProblems(facts: ClusterFacts, { issuer }: LoginSettings): Problem[] {
  if (issuer ?? facts.oidcIssuer) return [];
  return [
    { path: "login.issuer", message: "is needed, because the API server has no issuer", hint: "or set machine.oidc" },
  ];
}
