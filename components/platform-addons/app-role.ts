import { z } from "zod";
import type { Problem } from "../../config/problems.ts";
import { type ExpectedSecret, secretPlaceholder } from "./addon.ts";

/**
 * Vault or OpenBAO, outside of the cluster or in it, as add-ons log in to it: by AppRole. The role's id stands in the
 * stack file; its secret id is a secret. The roles that the add-on openbao sets up have the ids that are the defaults here.
 */
export const appRoleSettings = z.strictObject({
  /** `https://vault.example.net:8200`, or `https://openbao-active.openbao.svc:8200` for the add-on openbao. */
  url: z.url({ protocol: /^https$/ }),
  /** Id of the role. @default cluster-<name of the cluster> */
  roleId: z.string().min(1).optional(),
  /** Where the login by AppRole is mounted. @default approle */
  mount: z.string().min(1).default("approle"),
  /** Namespace inside the server. @default none */
  namespace: z.string().min(1).optional(),
  /** Secret in cert-manager's namespace whose `tls.crt` signed the server's certificate. @default a public authority */
  authoritySecret: z.string().min(1).optional(),
  /** The same as text, for a server of another cluster: the certificate in PEM. @default a public authority */
  authority: z
    .string()
    .regex(/^-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/, "a certificate in PEM")
    .optional(),
});
export type AppRoleSettings = z.output<typeof appRoleSettings>;

/** Id of a cluster's role when nothing else is said. */
export function roleIdOf(cluster: string, { roleId }: AppRoleSettings): string {
  return roleId ?? `cluster-${cluster}`;
}

/** Both ways to name the authority at once contradict each other. */
export function appRoleProblems({ authority, authoritySecret }: AppRoleSettings): Problem[] {
  if (!authority || !authoritySecret) return [];
  return [{ path: "vault.authority", message: "is said besides authoritySecret", hint: "leave one of them out" }];
}

/** The authority as objects of the API hold it; nothing for a public one. */
export function authorityBundle({ authority }: AppRoleSettings): { caBundle?: string } {
  return authority ? { caBundle: Buffer.from(authority).toString("base64") } : {};
}

/** The role's secret id, for one that reads it in a namespace of its own. */
export function appRoleSecret(namespace: string): ExpectedSecret {
  return {
    configKey: "vaultSecretId",
    description: "secret id of the cluster's AppRole in Vault or OpenBAO",
    name: "vault-app-role",
    namespace,
    keys: { "secret-id": secretPlaceholder },
  };
}
