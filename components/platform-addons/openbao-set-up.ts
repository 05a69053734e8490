/**
 * What OpenBao sets up when it starts for the first time: an administrator, secrets by key and value, a certificate
 * authority, and for each cluster a role that may read its secrets and have certificates signed.
 *
 * Facts: github.com/openbao/openbao, v2.6.2: website/content/docs/configuration/self-init.mdx (requests that run once, in
 * order, as JSON), concepts/profiles.mdx (values out of the environment), docs/api/auth/approle.mdx, docs/api/secret/pki.
 */

/** A request of the first start. */
interface Request {
  operation: "update";
  path: string;
  data: Record<string, unknown>;
}

/** What {@link openbaoSetUp} is told. */
export interface OpenbaoSetUp {
  /** Clusters that get a role; its name and its id are the cluster's name. */
  clusters: readonly string[];
  /** Common name of the certificate authority. */
  authority: string;
  /** Domains that certificates may be for. */
  domains: readonly string[];
  /** Environment variable that holds the password of the user `admin`. */
  passwordVariable: string;
}

/** The part of the configuration that runs once. */
export function openbaoSetUp(wanted: OpenbaoSetUp): Record<string, unknown> {
  return {
    initialize: [
      stanza("secrets", {
        "mount-secret": update("sys/mounts/secret", { type: "kv", options: { version: "2" } }),
      }),
      stanza("authority", authority(wanted)),
      stanza("administrator", administrator(wanted.passwordVariable)),
      stanza("clusters", {
        "enable-approle": update("sys/auth/approle", { type: "approle" }),
        ...Object.assign({}, ...wanted.clusters.map((cluster) => roleOf(cluster, wanted.domains))),
      }),
      stanza("injector", {
        "enable-kubernetes": update("sys/auth/kubernetes", { type: "kubernetes" }),
        // Its own service account's token and authority are taken out of the pod.
        "configure-kubernetes": update("auth/kubernetes/config", {
          kubernetes_host: "https://kubernetes.default.svc",
        }),
      }),
    ],
  };
}

function stanza(name: string, requests: Record<string, Request>): Record<string, unknown> {
  return { [name]: { request: Object.entries(requests).map(([key, request]) => ({ [key]: request })) } };
}

function update(path: string, data: Record<string, unknown>): Request {
  return { operation: "update", path, data };
}

function authority({ authority: commonName }: OpenbaoSetUp): Record<string, Request> {
  return {
    "mount-pki": update("sys/mounts/pki", { type: "pki", config: { max_lease_ttl: "87600h" } }),
    // The key is made inside and never leaves.
    "generate-root": update("pki/root/generate/internal", {
      common_name: commonName,
      issuer_name: "root",
      key_type: "ec",
      key_bits: 256,
      ttl: "87600h",
    }),
  };
}

function administrator(passwordVariable: string): Record<string, Request> {
  const capabilities = ["create", "read", "update", "patch", "delete", "list", "sudo"];
  return {
    "policy-admin": update("sys/policies/acl/admin", {
      policy: `path "*" { capabilities = ${JSON.stringify(capabilities)} }`,
    }),
    "enable-userpass": update("sys/auth/userpass", { type: "userpass" }),
    "user-admin": update("auth/userpass/users/admin", {
      password: { eval_type: "string", eval_source: "env", env_var: passwordVariable, require_present: true },
      token_policies: ["admin"],
    }),
  };
}

function roleOf(cluster: string, domains: readonly string[]): Record<string, Request> {
  const name = `cluster-${cluster}`;
  const rules = [
    `path "secret/data/${cluster}/*" { capabilities = ["read"] }`,
    `path "secret/metadata/${cluster}/*" { capabilities = ["read", "list"] }`,
    `path "pki/sign/${name}" { capabilities = ["update"] }`,
  ];
  return {
    [`policy-${cluster}`]: update(`sys/policies/acl/${name}`, { policy: rules.join("\n") }),
    [`certificates-${cluster}`]: update(`pki/roles/${name}`, {
      // Its own name, too: that is how a cluster shows who it is.
      allowed_domains: [...domains, cluster],
      allow_subdomains: true,
      allow_bare_domains: true,
      key_type: "any",
      max_ttl: "2160h",
    }),
    [`role-${cluster}`]: update(`auth/approle/role/${name}`, {
      token_policies: [name],
      token_ttl: "20m",
      token_max_ttl: "1h",
    }),
    // An id that can be told beforehand; what is secret is the role's secret id.
    [`role-id-${cluster}`]: update(`auth/approle/role/${name}/role-id`, { role_id: name }),
  };
}
