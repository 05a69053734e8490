import { z } from "zod";
import type { ClusterFacts } from "../../facts.ts";
import { defineAddon, type ExpectedSecret, type KubernetesObject, type Need, secretPlaceholder } from "../addon.ts";
import { serviceFamilies, spreadOverNodes } from "../placement.ts";

const domainName = z
  .string()
  .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+$/, 'a domain without a point at its end: "example.net"');

const settings = z.strictObject({
  /** Zones that are made when they are not there; external-dns fills them. @default none */
  zones: z.array(domainName).default([]),
  /** Name server that new zones name. @default ns1.<zone> */
  nameserver: domainName.optional(),
  /** @default 2 */
  replicas: z.number().int().min(1).default(2),
  /** Has an address of its own outside the cluster. @default true */
  loadBalancer: z.boolean().default(true),
  /** Copies of the database. @default 3 */
  databaseInstances: z.number().int().min(1).default(3),
  /** Volume of each copy. @default 5 */
  storageGiB: z.number().int().min(1).default(5),
  /** Storage class of the volumes. @default the default class */
  storageClass: z.string().min(1).optional(),
});
type Settings = z.output<typeof settings>;

const name = "powerdns";
const database = "powerdns-database";
const server = "docker.io/powerdns/pdns-auth-50:5.0.7";
/** It is there for `psql`, which writes the schema. */
const databaseTools = "docker.io/library/postgres:17.6-alpine3.22";
/** Ports below 1024 take a privilege that these pods do not have. */
const dnsPort = 5300;
const apiPort = 8081;
const podLabels = { "app.kubernetes.io/name": name, "app.kubernetes.io/component": "server" };

export default defineAddon({
  name,
  description: "authoritative DNS server for zones of your own, with an API that external-dns-powerdns writes to",
  sources: [
    "https://github.com/PowerDNS/pdns, auth-5.0.7: Docker-README.md, Dockerfile-auth, dockerdata/startup.py, docs/settings.rst, modules/gpgsqlbackend/spgsql.cc: what is not said is taken from libpq's environment",
    "https://github.com/PowerDNS/pdns, auth-5.0.7: docs/backends/generic-postgresql.rst: schema, which the image holds; the project has no chart",
    "https://github.com/cloudnative-pg/cloudnative-pg, v1.27.1: docs/src/applications.md, certificates.md: Secrets <cluster>-app and <cluster>-ca",
  ],
  namespace: { name, podSecurity: "restricted" },
  settings,
  example: { zones: ["example.net"] },
  objectsBefore: (facts, chosen) => [postgres(chosen), configuration(facts)],
  objects: (facts, chosen) => [
    deployment(chosen),
    ...services(facts, chosen),
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name, namespace: name },
      spec: { maxUnavailable: 1, selector: { matchLabels: podLabels } },
    },
  ],
  needs: (_, { loadBalancer }) => [
    { capability: "cni" },
    { capability: "crd:postgresql.cnpg.io" },
    { capability: "storage-class" },
    ...(loadBalancer ? [address] : []),
  ],
  after: ["dns"],
  provides: () => ["authoritative-dns"],
  secrets: () => [apiKey],
  selectedBy: [{ powerdns: "true" }],
});

const address: Need = {
  capability: "load-balancer",
  otherwise: "give the cluster network.loadBalancerRanges, or set addons.powerdns.settings.loadBalancer to false",
};

const apiKey: ExpectedSecret = {
  // The same that external-dns-powerdns shows.
  configKey: "powerdnsApiKey",
  description: "key of PowerDNS' API",
  name: "powerdns-api",
  namespace: name,
  keys: { key: secretPlaceholder },
};

function postgres({ databaseInstances, storageGiB, storageClass }: Settings): KubernetesObject {
  return {
    apiVersion: "postgresql.cnpg.io/v1",
    kind: "Cluster",
    metadata: { name: database, namespace: name },
    spec: {
      instances: databaseInstances,
      bootstrap: { initdb: { database: name, owner: name } },
      storage: { size: `${storageGiB}Gi`, storageClass },
      resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "512Mi" } },
      affinity: { enablePodAntiAffinity: true, topologyKey: "kubernetes.io/hostname" },
    },
  };
}

/** The password of the database and the key of the API come by the environment. */
function configuration({ addresses }: ClusterFacts): KubernetesObject {
  const families = addresses.podSubnets.map((cidr) => (cidr.includes(":") ? "::" : "0.0.0.0"));
  const lines = [
    "launch=gpgsql",
    `gpgsql-host=${database}-rw`,
    `gpgsql-dbname=${name}`,
    `gpgsql-user=${name}`,
    "gpgsql-dnssec=yes",
    `local-address=${families.join(", ")}`,
    `local-port=${dnsPort}`,
    "default-soa-edit=INCEPTION-INCREMENT",
    "include-dir=/etc/powerdns/pdns.d",
  ];
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: name },
    data: {
      "pdns.conf": `${lines.join("\n")}\n`,
      // What the image writes for its API is for IPv4 alone; services ask the pod's first address.
      "webserver-address": families[0] ?? "0.0.0.0",
    },
  };
}

function deployment({ replicas, zones, nameserver }: Settings): KubernetesObject {
  const resources = { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } };
  const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
  const settingsFile = { name: "configuration", mountPath: "/etc/powerdns/pdns.conf", subPath: "pdns.conf" };
  const schema = { name: "schema", mountPath: "/schema" };
  const authority = { name: "database-authority", mountPath: "/database-authority", readOnly: true };
  const container = { env: databaseEnvironment, resources, securityContext };
  const creations = zones.map((zone) => `pdnsutil create-zone ${zone} ${nameserver ?? `ns1.${zone}`} || true`);
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    // The database is made meanwhile.
    metadata: { name, namespace: name, labels: podLabels, annotations: { "pulumi.com/timeoutSeconds": "900" } },
    spec: {
      replicas,
      selector: { matchLabels: podLabels },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0 } },
      template: {
        metadata: { labels: podLabels },
        spec: {
          automountServiceAccountToken: false,
          // A Service named powerdns would otherwise become settings of the server's environment.
          enableServiceLinks: false,
          priorityClassName: "system-cluster-critical",
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 953,
            runAsGroup: 953,
            fsGroup: 953,
            seccompProfile: { type: "RuntimeDefault" },
          },
          topologySpreadConstraints: spreadOverNodes(podLabels),
          initContainers: [
            {
              name: "schema",
              image: server,
              command: ["cp", "/usr/local/share/doc/pdns/schema.pgsql.sql", "/schema/"],
              resources,
              securityContext,
              volumeMounts: [schema],
            },
            {
              ...container,
              name: "tables",
              image: databaseTools,
              command: ["sh", "-c", writeSchema],
              volumeMounts: [schema, authority],
            },
            ...(creations.length > 0
              ? [
                  {
                    ...container,
                    name: "zones",
                    image: server,
                    command: ["sh", "-c", creations.join("\n")],
                    volumeMounts: [settingsFile, authority],
                  },
                ]
              : []),
          ],
          containers: [
            {
              ...container,
              name: "server",
              image: server,
              args: ["--webserver-address=$(WEBSERVER_ADDRESS)", "--webserver-allow-from=0.0.0.0/0,::/0"],
              env: [
                ...databaseEnvironment,
                { name: "PDNS_AUTH_API_KEY", valueFrom: { secretKeyRef: { name: apiKey.name, key: "key" } } },
                { name: "WEBSERVER_ADDRESS", valueFrom: { configMapKeyRef: { name, key: "webserver-address" } } },
              ],
              ports: [
                { name: "dns", containerPort: dnsPort, protocol: "UDP" },
                { name: "dns-tcp", containerPort: dnsPort, protocol: "TCP" },
                { name: "api", containerPort: apiPort, protocol: "TCP" },
              ],
              readinessProbe: { tcpSocket: { port: "dns-tcp" }, periodSeconds: 5 },
              livenessProbe: { tcpSocket: { port: "dns-tcp" }, initialDelaySeconds: 30, periodSeconds: 20 },
              volumeMounts: [settingsFile, authority],
            },
          ],
          volumes: [
            { name: "configuration", configMap: { name } },
            { name: "schema", emptyDir: {} },
            {
              name: "database-authority",
              secret: { secretName: `${database}-ca`, items: [{ key: "ca.crt", path: "ca.crt" }] },
            },
          ],
        },
      },
    },
  };
}

const databaseEnvironment = [
  { name: "PGHOST", value: `${database}-rw` },
  { name: "PGDATABASE", value: name },
  { name: "PGUSER", value: name },
  { name: "PGPASSWORD", valueFrom: { secretKeyRef: { name: `${database}-app`, key: "password" } } },
  { name: "PGSSLMODE", value: "verify-full" },
  { name: "PGSSLROOTCERT", value: "/database-authority/ca.crt" },
];

/** As a whole or not at all, so that of two that try at once one fails, and finds it there when it tries again. */
const writeSchema = [
  `if [ -z "$(psql -tAc "select to_regclass('public.domains')")" ]; then`,
  "  psql --single-transaction --set ON_ERROR_STOP=1 --file /schema/schema.pgsql.sql",
  "fi",
].join("\n");

function services({ addresses }: ClusterFacts, { loadBalancer }: Settings): KubernetesObject[] {
  // What is waited for is the Deployment; services without an endpoint would be waited for as well.
  const metadata = { namespace: name, labels: podLabels, annotations: { "pulumi.com/skipAwait": "true" } };
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { ...metadata, name },
      spec: {
        type: loadBalancer ? "LoadBalancer" : "ClusterIP",
        ...serviceFamilies(addresses.serviceSubnets),
        selector: podLabels,
        ports: [
          { name: "dns", port: 53, targetPort: "dns", protocol: "UDP" },
          { name: "dns-tcp", port: 53, targetPort: "dns-tcp", protocol: "TCP" },
        ],
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { ...metadata, name: "powerdns-api" },
      spec: { selector: podLabels, ports: [{ name: "api", port: apiPort, targetPort: "api", protocol: "TCP" }] },
    },
  ];
}
