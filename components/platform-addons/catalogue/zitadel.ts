import { z } from "zod";
import type { Problem } from "../../../config/problems.ts";
import type { ClusterFacts } from "../../facts.ts";
import { defineAddon, type ExpectedSecret, secretPlaceholder, type Values } from "../addon.ts";
import { storageNeed } from "../named-things.ts";
import { copiesOf, movesOneByOne, spreadOverNodes } from "../placement.ts";
import { postgresCluster } from "../postgres.ts";
import { gatewayNeeds, gatewayReference } from "../routes.ts";

const settings = z.strictObject({
  /** Host name that users and programs reach it by; it cannot be changed later. @default auth.<domain of the cluster> */
  host: z.string().min(1).optional(),
  /** Gateway that leads to it over TLS. @default a route of your own, to the service zitadel */
  gateway: gatewayReference.optional(),
  /** Copies of the server and of the login. @default 2, or 1 where one node takes pods */
  replicas: z.number().int().min(1).optional(),
  /** The database. */
  database: z
    .strictObject({
      /** Copies, one of which is written to. @default 3 */
      instances: z.number().int().min(1).default(3),
      /** Volume of each copy. @default 10 */
      storageGiB: z.number().int().min(1).default(10),
      /** Storage class of the volumes. @default the default class */
      storageClass: z.string().min(1).optional(),
    })
    .prefault({}),
});
type Settings = z.output<typeof settings>;

const name = "zitadel";
const database = "zitadel-database";
/** Where the authority of the database's certificate is mounted. */
const authority = "/database-authority";

export default defineAddon({
  name,
  description: "identities: login for people and programs by OpenID Connect and SAML, with its own database",
  sources: [
    "https://github.com/zitadel/zitadel-charts, zitadel-9.34.0 (v4.13.0): charts/zitadel/values.yaml, templates/, Chart.yaml: Kubernetes 1.30 and newer",
    "https://github.com/zitadel/zitadel-charts, zitadel-9.34.0: examples/cloudnativepg, examples/3-referenced-secrets",
    "https://github.com/zitadel/zitadel, v4: apps/login/Dockerfile: HOSTNAME; cmd/setup/03.go: the first user's login name",
  ],
  chart: { repository: "https://charts.zitadel.com", name: "zitadel", version: "9.34.0" },
  valueKeys:
    `affinity annotations cleanupJob configMap env envVarsSecret extraContainers extraManifests extraVolumeMounts
    extraVolumes fullnameOverride gateway image imagePullSecrets imageRegistry ingress initJob livenessProbe login metrics
    nameOverride nodeSelector pdb podAdditionalLabels podAnnotations podSecurityContext postgresql readinessProbe
    replicaCount resources securityContext service serviceAccount setupJob startupProbe tolerations tools
    topologySpreadConstraints zitadel`.split(/\s+/),
  // The login's pods wait in a container whose privileges the chart does not restrict.
  namespace: { name, podSecurity: "baseline" },
  settings,
  example: { host: "auth.example.net", gateway: { name: "public", namespace: "envoy-gateway-system" } },
  check: ({ domain }, { host }): Problem[] =>
    host || domain
      ? []
      : [
          {
            path: "host",
            message: "is needed, because the cluster has no domain",
            hint: "or give the cluster a domain",
          },
        ],
  values,
  objectsBefore: (facts, { database: wanted }) => [
    postgresCluster(facts, {
      ...wanted,
      name: database,
      namespace: name,
      owner: name,
      resources: { requests: { cpu: "100m", memory: "512Mi" }, limits: { memory: "1Gi" } },
    }),
  ],
  needs: (_, { gateway, database: { storageClass } }) => [
    { capability: "cni" },
    { capability: "crd:postgresql.cnpg.io" },
    storageNeed(name, storageClass, "database.storageClass"),
    ...gatewayNeeds(name, gateway),
  ],
  after: ["dns"],
  provides: () => ["oidc"],
  workloads: () => [
    { kind: "Deployment", name },
    { kind: "Deployment", name: "zitadel-login" },
  ],
  secrets: (facts, chosen) => [masterkey, adminPassword(facts, chosen)],
  selectedBy: [{ zitadel: "true" }],
  // The database is made, then jobs write its schema, then the servers start.
  timeoutSeconds: 1200,
});

const masterkey: ExpectedSecret = {
  configKey: "zitadelMasterkey",
  description: "32 characters that Zitadel encrypts its keys with; it cannot be changed later",
  name: "zitadel-masterkey",
  namespace: name,
  keys: { masterkey: secretPlaceholder },
};

const adminSecret = "zitadel-admin";

/** Zitadel puts the domain of the organization behind the name of its first user. */
function adminPassword({ name: cluster, domain }: ClusterFacts, { host }: Settings): ExpectedSecret {
  const loginName = `admin@${cluster}.${host ?? `auth.${domain}`}`;
  return {
    configKey: "zitadelAdminPassword",
    description: `first password of Zitadel's user ${loginName}: upper and lower case, digit and symbol`,
    name: adminSecret,
    namespace: name,
    keys: { password: secretPlaceholder },
  };
}

function values(facts: ClusterFacts, { host, gateway, ...chosen }: Settings): Values {
  const { name: cluster, domain, addresses } = facts;
  const replicas = copiesOf(facts, chosen.replicas);
  const pdb = movesOneByOne(facts, replicas) ? { enabled: true, maxUnavailable: 1 } : { enabled: false };
  const spread = (component: string) => spreadOverNodes({ "app.kubernetes.io/name": component });
  const route = gateway
    ? { enabled: true, parentRefs: [gateway], hostnames: [host ?? `auth.${domain}`] }
    : { enabled: false };
  return {
    replicaCount: replicas,
    pdb,
    resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } },
    topologySpreadConstraints: spread(name),
    podSecurityContext: { seccompProfile: { type: "RuntimeDefault" } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    zitadel: {
      masterkeySecretName: masterkey.name,
      configmapConfig: {
        ExternalDomain: host ?? (domain ? `auth.${domain}` : undefined),
        // TLS ends at the gateway.
        ExternalPort: 443,
        ExternalSecure: true,
        TLS: { Enabled: false },
        Database: { Postgres: postgresAccess },
        FirstInstance: { Org: { Name: cluster, Human: { UserName: "admin", PasswordChangeRequired: true } } },
      },
    },
    env: [
      fromSecret("ZITADEL_DATABASE_POSTGRES_USER_PASSWORD", `${database}-app`),
      fromSecret("ZITADEL_DATABASE_POSTGRES_ADMIN_PASSWORD", `${database}-app`),
      fromSecret("ZITADEL_FIRSTINSTANCE_ORG_HUMAN_PASSWORD", adminSecret),
    ],
    // The authority's certificate alone: its key is in the same Secret.
    extraVolumes: [
      {
        name: "database-authority",
        secret: { secretName: `${database}-ca`, items: [{ key: "ca.crt", path: "ca.crt" }] },
      },
    ],
    extraVolumeMounts: [{ name: "database-authority", mountPath: authority, readOnly: true }],
    // The database and its owner are there already; what is left is the schema. The job starts before they are.
    initJob: { command: "zitadel", activeDeadlineSeconds: 900, resources: jobResources },
    setupJob: { activeDeadlineSeconds: 600, resources: jobResources },
    login: {
      replicaCount: replicas,
      pdb,
      resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
      topologySpreadConstraints: spread("zitadel-login"),
      // Its image listens on IPv4 alone; probes and services ask the pod's first address.
      ...(addresses.podSubnets[0]?.includes(":") ? { env: [{ name: "HOSTNAME", value: "::" }] } : {}),
      gateway: { httpRoute: route },
    },
    gateway: { httpRoute: route, grpcRoute: route },
  };
}

const jobResources = { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } };

const postgresAccess = {
  Host: `${database}-rw`,
  Port: 5432,
  Database: name,
  User: { Username: name, SSL: { Mode: "verify-full", RootCert: `${authority}/ca.crt` } },
  // The init job asks for one; the owner is enough, because nothing is left to be made outside of the database.
  Admin: { Username: name, SSL: { Mode: "verify-full", RootCert: `${authority}/ca.crt` } },
};

function fromSecret(variable: string, secret: string): Values {
  return { name: variable, valueFrom: { secretKeyRef: { name: secret, key: "password" } } };
}
