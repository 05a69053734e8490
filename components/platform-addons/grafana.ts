/**
 * Grafana of the central stack.
 *
 * Facts: https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/generic-oauth/;
 * https://zitadel.com/docs/apis/openidoauth/endpoints: Zitadel's addresses below its issuer.
 */
import { z } from "zod";
import type { ClusterFacts } from "../facts.ts";
import { type ExpectedSecret, secretPlaceholder, type Values } from "./addon.ts";
import { issuerOf, loginSettings } from "./login.ts";

/** Log-in to Grafana. */
export const grafanaLoginSettings = loginSettings.extend({
  /** Group that may do everything; all others see everything and change nothing. @default grafana-admins */
  adminGroup: z.string().min(1).default("grafana-admins"),
  /** Addresses at the issuer. @default those of Zitadel, below the issuer's */
  endpoints: z
    .strictObject({
      /** Where users log in. */
      authorize: z.url({ protocol: /^https$/ }),
      /** Where tokens are given. */
      token: z.url({ protocol: /^https$/ }),
      /** What is known about a user. */
      userinfo: z.url({ protocol: /^https$/ }),
    })
    .optional(),
});

type LoginSettings = z.output<typeof grafanaLoginSettings>;

const adminSecret = "grafana-admin";
const clientSecret = "grafana-login";

/** Chart values below `grafana`. */
export function grafanaValues(facts: ClusterFacts, said: string | undefined, login: LoginSettings | undefined): Values {
  const host = said ?? (facts.domain ? `grafana.${facts.domain}` : undefined);
  return {
    admin: { existingSecret: adminSecret, userKey: "admin-user", passwordKey: "admin-password" },
    "grafana.ini": {
      ...(host ? { server: { root_url: `https://${host}` } } : {}),
      ...(login ? { "auth.generic_oauth": loginValues(facts, login) } : {}),
    },
    ...(login ? { envValueFrom: { GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET: clientSecretReference } } : {}),
    // Dashboards ask for a cluster.
    sidecar: {
      resources: { requests: { cpu: "10m", memory: "96Mi" }, limits: { memory: "256Mi" } },
      dashboards: { multicluster: { global: { enabled: true }, etcd: { enabled: true } } },
    },
    resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "512Mi" } },
  };
}

/** Passwords, by name. */
export function grafanaSecrets(namespace: string, login: LoginSettings | undefined): ExpectedSecret[] {
  const password: ExpectedSecret = {
    configKey: "grafanaPassword",
    description: "password of Grafana's user admin",
    name: adminSecret,
    namespace,
    keys: { "admin-user": "admin", "admin-password": secretPlaceholder },
  };
  if (!login) return [password];
  return [
    password,
    {
      configKey: "grafanaClientSecret",
      description: "secret of Grafana's client at the OpenID Connect issuer",
      name: clientSecret,
      namespace,
      keys: { "client-secret": secretPlaceholder },
    },
  ];
}

const clientSecretReference = { secretKeyRef: { name: clientSecret, key: "client-secret" } };

function loginValues(facts: ClusterFacts, wanted: LoginSettings): Values {
  const issuer = issuerOf(facts, wanted);
  const { clientId, adminGroup, groupsClaim, endpoints } = wanted;
  return {
    enabled: true,
    name: "OpenID Connect",
    client_id: clientId,
    scopes: "openid profile email groups",
    auth_url: endpoints?.authorize ?? `${issuer}/oauth/v2/authorize`,
    token_url: endpoints?.token ?? `${issuer}/oauth/v2/token`,
    api_url: endpoints?.userinfo ?? `${issuer}/oidc/v1/userinfo`,
    use_pkce: true,
    role_attribute_path: `contains(${groupsClaim}[*], '${adminGroup}') && 'Admin' || 'Viewer'`,
  };
}
