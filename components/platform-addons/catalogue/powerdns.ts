import { z } from "zod";
import type { ClusterFacts } from "../../facts.ts";
import { defineAddon, type ExpectedSecret, type KubernetesObject, type Need, secretPlaceholder } from "../addon.ts";
import { storageNeed } from "../named-things.ts";
import { budgetOf, copiesOf, serviceFamilies } from "../placement.ts";
import { postgresCluster } from "../postgres.ts";
import { powerdnsNames, powerdnsServer } from "../powerdns-server.ts";

const domainName = z
  .string()
  .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+$/, 'a domain without a point at its end: "example.net"');

const settings = z.strictObject({
  /** Zones that are made when they are not there; external-dns fills them. @default none */
  zones: z.array(domainName).default([]),
  /** Name server that new zones name. @default ns1.<zone> */
  nameserver: domainName.optional(),
  /** @default 2, or 1 where one node takes pods */
  replicas: z.number().int().min(1).optional(),
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

const { name, database, apiSecret, dnsPort, apiPort, podLabels } = powerdnsNames;

export default defineAddon({
  name,
  description: "authoritative DNS server for zones of your own, with an API that external-dns-powerdns writes to",
  sources: [
    "https://github.com/PowerDNS/pdns, auth-5.0.7: Docker-README.md, Dockerfile-auth, dockerdata/startup.py, docs/settings.rst, modules/gpgsqlbackend/spgsql.cc: what is not said is taken from libpq's environment",
    "https://github.com/PowerDNS/pdns, auth-5.0.7: docs/backends/generic-postgresql.rst: schema, which the image holds; the project has no chart",
  ],
  namespace: { name, podSecurity: "restricted" },
  settings,
  example: { zones: ["example.net"] },
  objectsBefore: (facts, { databaseInstances, storageGiB, storageClass }) => [
    postgresCluster(facts, {
      name: database,
      namespace: name,
      owner: name,
      instances: databaseInstances,
      storageGiB,
      storageClass,
      resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "512Mi" } },
    }),
    configuration(facts),
  ],
  objects: (facts, chosen) => {
    const replicas = copiesOf(facts, chosen.replicas);
    return [
      powerdnsServer({ ...chosen, replicas }),
      ...services(facts, chosen),
      ...budgetOf(facts, replicas, { name, namespace: name, matchLabels: podLabels }),
    ];
  },
  needs: (_, { loadBalancer, storageClass }) => [
    { capability: "cni" },
    { capability: "crd:postgresql.cnpg.io" },
    storageNeed(name, storageClass),
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
  name: apiSecret,
  namespace: name,
  keys: { key: secretPlaceholder },
};

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
