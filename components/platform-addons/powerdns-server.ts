/**
 * The Deployment of PowerDNS' authoritative server: its project has images and no chart.
 *
 * Facts: github.com/PowerDNS/pdns, auth-5.0.7: Docker-README.md, Dockerfile-auth, dockerdata/startup.py, pdns/pdnsutil.cc.
 */
import type { KubernetesObject } from "./addon.ts";
import { spreadOverNodes } from "./placement.ts";

/** Names and numbers of what belongs to the server. */
export const powerdnsNames = {
  name: "powerdns",
  database: "powerdns-database",
  apiSecret: "powerdns-api",
  /** Ports below 1024 take a privilege that these pods do not have. */
  dnsPort: 5300,
  apiPort: 8081,
  podLabels: { "app.kubernetes.io/name": "powerdns", "app.kubernetes.io/component": "server" },
} as const;

const { name, database, apiSecret, dnsPort, apiPort } = powerdnsNames;
const podLabels = { ...powerdnsNames.podLabels };
const server = "docker.io/powerdns/pdns-auth-50:5.0.7";
/** It is there for `psql`, which writes the schema. */
const databaseTools = "docker.io/library/postgres:17.6-alpine3.22";

/** What {@link powerdnsServer} is told. */
export interface PowerdnsServer {
  replicas: number;
  /** Zones that are made when they are not there. */
  zones: readonly string[];
  /** Name server that new zones name. @default ns1.<zone> */
  nameserver?: string | undefined;
}

/** The Deployment. */
export function powerdnsServer({ replicas, zones, nameserver }: PowerdnsServer): KubernetesObject {
  const resources = { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } };
  const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
  const settingsFile = { name: "configuration", mountPath: "/etc/powerdns/pdns.conf", subPath: "pdns.conf" };
  const schema = { name: "schema", mountPath: "/schema" };
  const authority = { name: "database-authority", mountPath: "/database-authority", readOnly: true };
  const container = { env: databaseEnvironment, resources, securityContext };
  // A database that does not answer ends it: the container is started again, as is the second of two that try at once.
  const creations = zones.map(
    (zone) => `pdnsutil list-zone ${zone} >/dev/null || pdnsutil create-zone ${zone} ${nameserver ?? `ns1.${zone}`}`,
  );
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
                    command: ["sh", "-ec", creations.join("\n")],
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
                { name: "PDNS_AUTH_API_KEY", valueFrom: { secretKeyRef: { name: apiSecret, key: "key" } } },
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
