import { z } from "zod";
import type { Problem } from "../../../config/problems.ts";
import type { ClusterFacts } from "../../facts.ts";
import { placesOf } from "../../scheduling.ts";
import { acmeCannotSign } from "../acme.ts";
import {
  defineAddon,
  type ExpectedSecret,
  type KubernetesObject,
  type Need,
  secretPlaceholder,
  type Values,
} from "../addon.ts";
import { issuerNeed, storageNeed } from "../named-things.ts";
import { openbaoNames, openbaoPrivileges, openbaoServer } from "../openbao-server.ts";
import { openbaoSetUp } from "../openbao-set-up.ts";
import { copiesOf, movesOneByOne, serviceFamilies } from "../placement.ts";

const clusterName = z.string().regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, "the name of a cluster");

const settings = z.strictObject({
  /** Servers, each with all data; an odd number, because more than half of them decide. @default 3 */
  replicas: z
    .number()
    .int()
    .min(1)
    .refine((count) => count % 2 === 1, "an odd number")
    .default(3),
  /** Volume of each server. @default 10 */
  storageGiB: z.number().int().min(1).default(10),
  /** Storage class of the volumes. @default the default class */
  storageClass: z.string().min(1).optional(),
  /** ClusterIssuer of cert-manager that signs the servers' certificate. @default cluster-ca */
  issuer: z.string().min(1).default("cluster-ca"),
  /** Host name that people and other clusters reach it by, at an address of its own. @default inside the cluster only */
  host: z.string().min(1).optional(),
  /** Hands secrets to pods that carry annotations for it. @default true */
  injector: z.boolean().default(true),
  /**
   * Unseals itself with `orrery:openbaoUnsealKey` and sets itself up when it first starts: secrets below `secret/`, a
   * certificate authority below `pki/`, a user `admin` with the password `orrery:openbaoAdminPassword`, and a role for
   * each cluster. Whoever can read Secrets of the namespace can then read everything in it.
   * @default false: somebody runs `bao operator init` and unseals it after every restart
   */
  selfSetUp: z
    .strictObject({
      /** Clusters that get an AppRole `cluster-<name>`, whose id is the same text. @default this one */
      clusters: z.array(clusterName).min(1).optional(),
      /** Domains that certificates may be for. @default the cluster's domain */
      domains: z.array(z.string().min(1)).min(1).optional(),
    })
    .optional(),
});
type Settings = z.output<typeof settings>;

const { name, tlsSecret, setUpMap, unsealSecret, adminSecret } = openbaoNames;

export default defineAddon({
  name,
  description: "secrets, certificate authority and injector, highly available with storage of its own",
  sources: [
    "https://github.com/openbao/openbao-helm, openbao-0.29.2 (2.6.2): charts/openbao/values.yaml, templates/, Chart.yaml: Kubernetes 1.30 and newer",
    "https://github.com/openbao/openbao, v2.6.2: website/content/docs/configuration/: seal/static.mdx, self-init.mdx, storage/raft.mdx, audit.mdx; command/server.go: Initialize",
  ],
  chart: { repository: "https://openbao.github.io/openbao-helm", name: "openbao", version: "0.29.2" },
  valueKeys:
    "csi extraObjects fullnameOverride global injector nameOverride server serverTelemetry snapshotAgent ui".split(" "),
  namespace: { name, podSecurity: "restricted" },
  settings,
  example: { selfSetUp: { clusters: ["sol", "luna"] } },
  check,
  values: (facts, chosen) => ({
    global: { tlsDisable: false },
    injector: chosen.injector ? injector(facts) : { enabled: false },
    server: openbaoServer({
      ...chosen,
      setsItselfUp: chosen.selfSetUp !== undefined,
      budget: movesOneByOne(facts, chosen.replicas),
    }),
    ui: { enabled: true, activeOpenbaoPodOnly: true, ...(chosen.host ? outside(facts.addresses, chosen.host) : {}) },
  }),
  objectsBefore: (facts, chosen) => [
    certificate(chosen),
    ...(chosen.selfSetUp ? [setUp(facts, chosen.selfSetUp)] : []),
  ],
  needs: (_, { issuer, host, storageClass }) => [
    { capability: "cni" },
    storageNeed(name, storageClass),
    { capability: "crd:cert-manager.io" },
    issuerNeed(issuer, "issuer"),
    ...(host ? [address] : []),
  ],
  after: ["dns"],
  provides: () => ["openbao"],
  workloads: ({ injector: said }) => [
    { kind: "StatefulSet", name },
    ...((said as { enabled?: boolean }).enabled
      ? ([{ kind: "Deployment", name: `${name}-agent-injector` }] as const)
      : []),
  ],
  secrets: (_, { selfSetUp }) => (selfSetUp ? [unsealKey, adminPassword] : []),
  selectedBy: [{ openbao: "true" }],
  awaited: false,
});

const address: Need = {
  capability: "load-balancer",
  otherwise: "give the cluster network.loadBalancerRanges, or leave out addons.openbao.settings.host",
};

const unsealKey: ExpectedSecret = {
  configKey: "openbaoUnsealKey",
  description: "key that OpenBao unseals itself with: openssl rand -hex 32",
  name: unsealSecret,
  namespace: name,
  keys: { key: secretPlaceholder },
};

const adminPassword: ExpectedSecret = {
  configKey: "openbaoAdminPassword",
  description: "first password of OpenBao's user admin",
  name: adminSecret,
  namespace: name,
  keys: { password: secretPlaceholder },
};

/** The service of the user interface is the API's, too; TLS goes through to the servers. */
function outside({ serviceSubnets }: ClusterFacts["addresses"], host: string): Values {
  const { ipFamilyPolicy, ipFamilies } = serviceFamilies(serviceSubnets);
  return {
    serviceType: "LoadBalancer",
    serviceIPFamilyPolicy: ipFamilyPolicy,
    serviceIPFamilies: ipFamilies,
    annotations: { "external-dns.alpha.kubernetes.io/hostname": host },
  };
}

/** No node takes two of them. */
function injector(facts: ClusterFacts): Values {
  const replicas = copiesOf(facts);
  return {
    enabled: true,
    replicas,
    resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    ...(movesOneByOne(facts, replicas) ? { podDisruptionBudget: { maxUnavailable: 1 } } : {}),
    priorityClassName: "system-cluster-critical",
    securityContext: openbaoPrivileges,
  };
}

function check(facts: ClusterFacts, { replicas, issuer }: Settings): Problem[] {
  const places = placesOf(facts);
  const unsigned = acmeCannotSign(issuer, "names inside the cluster, by which the servers know each other");
  if (replicas <= places) return unsigned;
  return [
    ...unsigned,
    {
      path: "replicas",
      value: replicas,
      message: "is more than the cluster has nodes for pods, and no node takes two of the servers",
      allowed: `an odd number up to ${places}`,
    },
  ];
}

function certificate({ issuer, host }: Settings): KubernetesObject {
  const services = [name, `${name}-active`, `${name}-standby`, `${name}-ui`];
  return {
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata: { name: "openbao-server", namespace: name },
    spec: {
      secretName: tlsSecret,
      commonName: name,
      dnsNames: [
        ...services.flatMap((service) => [service, `${service}.${name}`, `${service}.${name}.svc`]),
        `*.${name}-internal`,
        `*.${name}-internal.${name}.svc`,
        "localhost",
        ...(host ? [host] : []),
      ],
      ipAddresses: ["127.0.0.1", "::1"],
      duration: "8760h",
      renewBefore: "720h",
      privateKey: { algorithm: "ECDSA", size: 256 },
      issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: issuer },
    },
  };
}

function setUp(facts: ClusterFacts, { clusters, domains }: NonNullable<Settings["selfSetUp"]>): KubernetesObject {
  const wanted = openbaoSetUp({
    clusters: clusters ?? [facts.name],
    authority: `${facts.name} OpenBAO CA`,
    domains: domains ?? [facts.domain ?? `${facts.name}.internal`],
    passwordVariable: "BAO_ADMIN_PASSWORD",
  });
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: setUpMap, namespace: name },
    data: { "set-up.json": JSON.stringify(wanted, null, 2) },
  };
}
