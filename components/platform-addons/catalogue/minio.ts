import { z } from "zod";
import type { Problem } from "../../../config/problems.ts";
import type { ClusterFacts } from "../../facts.ts";
import { defineAddon, type ExpectedSecret, secretPlaceholder, type Values } from "../addon.ts";
import { storageNeed } from "../named-things.ts";
import { movesOneByOne, spreadOverNodes } from "../placement.ts";
import { gatewayNeeds, gatewayReference, httpRoute } from "../routes.ts";

const bucketName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "3 to 63 lower-case letters, digits, dashes and points");

const settings = z.strictObject({
  /** Servers that share all data among them: 4 or more, or 1 that keeps it alone. @default 4 */
  servers: z.number().int().min(1).max(16).default(4),
  /** Volumes of each server. @default 1 */
  drivesPerServer: z.number().int().min(1).max(16).default(1),
  /** Each volume. @default 100 */
  driveGiB: z.number().int().min(1).default(100),
  /** Storage class of the volumes. @default the default class */
  storageClass: z.string().min(1).optional(),
  /** Buckets that are made, and kept when they leave this list. @default none */
  buckets: z
    .array(
      z.strictObject({
        /** Name of the bucket. */
        name: bucketName,
        /** Keeps old versions of objects. @default false */
        versioning: z.boolean().default(false),
      }),
    )
    .default([]),
  /** Gateway that leads to the S3 API and to the console over TLS. @default a route of your own, to the service minio */
  gateway: gatewayReference.optional(),
  /** Host name of the S3 API; the console is `console.` before it. @default s3.<domain of the cluster> */
  host: z.string().min(1).optional(),
});
type Settings = z.output<typeof settings>;

const name = "minio";

export default defineAddon({
  name,
  description:
    "object storage with the S3 API; its authors maintain it no longer, so take rook-ceph's object store for what is new",
  sources: [
    "https://github.com/minio/minio, RELEASE.2025-10-15T17-29-55Z: helm/minio: Chart.yaml (5.4.0), values.yaml, templates/",
    "https://github.com/minio/minio, README.md, February 2026: no longer maintained, images are published no longer",
  ],
  // The newest chart there is. Images with newer fixes have to be built from source and named in `values.image`.
  chart: { repository: "https://charts.min.io", name: "minio", version: "5.4.0" },
  valueKeys: `additionalAnnotations additionalLabels affinity bucketRoot buckets certsPath clusterDomain configPathmc
    consoleIngress consoleService containerSecurityContext customCommandJob customCommands deploymentUpdate drivesPerNode
    environment etcd existingSecret extraArgs extraContainers extraSecret extraVolumeMounts extraVolumes
    fullnameOverride ignoreChartChecksums image imagePullSecrets ingress makeBucketJob makePolicyJob
    makeServiceAccountJob makeUserJob mcImage metrics minioAPIPort minioConsolePort mode mountPath nameOverride
    networkPolicy nodeSelector oidc persistence podAnnotations podDisruptionBudget podLabels policies pools postJob
    priorityClassName replicas resources rootPassword rootUser runtimeClassName securityContext service serviceAccount
    statefulSetUpdate svcaccts tls tolerations topologySpreadConstraints trustedCertsSecret users`.split(/\s+/),
  // The jobs that make buckets do not restrict their own privileges.
  namespace: { name, podSecurity: "baseline" },
  settings,
  check,
  values,
  objects: ({ domain }, { gateway, host }) => {
    const hostname = host ?? `s3.${domain}`;
    if (!gateway) return [];
    return [
      httpRoute({ name, namespace: name, hostname, port: 9000 }, gateway),
      httpRoute({ name: "minio-console", namespace: name, hostname: `console.${hostname}`, port: 9001 }, gateway),
    ];
  },
  needs: (_, { gateway, storageClass }) => [
    { capability: "cni" },
    storageNeed(name, storageClass),
    ...gatewayNeeds(name, gateway),
  ],
  after: ["dns"],
  provides: () => ["object-storage"],
  workloads: ({ mode }) => [{ kind: mode === "standalone" ? "Deployment" : "StatefulSet", name }],
  secrets: () => [rootPassword],
  selectedBy: [{ minio: "true" }],
  timeoutSeconds: 900,
});

const rootPassword: ExpectedSecret = {
  configKey: "minioRootPassword",
  description: "password of MinIO's user root, 8 characters or more",
  name: "minio-root",
  namespace: name,
  keys: { rootUser: "root", rootPassword: secretPlaceholder },
};

function check({ domain }: ClusterFacts, { servers, gateway, host }: Settings): Problem[] {
  return [
    ...(servers > 1 && servers < 4
      ? [{ path: "servers", value: servers, message: "cannot share data safely", allowed: "1, or 4 to 16" }]
      : []),
    ...(gateway && !host && !domain ? [{ path: "host", message: "is needed, because the cluster has no domain" }] : []),
  ];
}

function values(
  facts: ClusterFacts,
  { servers, drivesPerServer, driveGiB, storageClass, buckets, gateway, host }: Settings,
): Values {
  const hostname = host ?? `s3.${facts.domain}`;
  const small = { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } };
  return {
    mode: servers === 1 ? "standalone" : "distributed",
    replicas: servers,
    drivesPerNode: drivesPerServer,
    persistence: { enabled: true, size: `${driveGiB}Gi`, storageClass },
    existingSecret: rootPassword.name,
    // The chart would make a user with a password that everybody knows.
    users: [],
    buckets: buckets.map((bucket) => ({ ...bucket, policy: "none", purge: false })),
    makeBucketJob: { resources: small },
    ...(gateway ? { environment: { MINIO_BROWSER_REDIRECT_URL: `https://console.${hostname}` } } : {}),
    resources: { requests: { cpu: "200m", memory: "1Gi" } },
    topologySpreadConstraints: spreadOverNodes({ app: name }),
    podDisruptionBudget: { enabled: movesOneByOne(facts, servers), maxUnavailable: 1 },
    securityContext: {
      enabled: true,
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containerSecurityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  };
}
