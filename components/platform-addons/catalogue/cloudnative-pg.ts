import { z } from "zod";
import { defineAddon } from "../addon.ts";
import { budgetOf, copiesOf, spreadOverNodes } from "../placement.ts";

const settings = z.strictObject({
  /** Operators, one of them at work. @default 2, or 1 where one node takes pods */
  replicas: z.number().int().min(1).optional(),
});

const operator = {
  name: "cloudnative-pg",
  namespace: "cnpg-system",
  matchLabels: { "app.kubernetes.io/name": "cloudnative-pg" },
};

export default defineAddon({
  name: "cloudnative-pg",
  description: "operator for PostgreSQL clusters",
  sources: [
    "https://github.com/cloudnative-pg/charts, cloudnative-pg-v0.26.1 (1.27.1): charts/cloudnative-pg/values.yaml, templates/crds/crds.yaml",
    "https://github.com/cloudnative-pg/cloudnative-pg, docs/src/supported_releases.md: 1.27 supports Kubernetes 1.31 to 1.33",
  ],
  // 1.28 and newer no longer name Kubernetes 1.31.
  chart: { repository: "https://cloudnative-pg.github.io/charts", name: "cloudnative-pg", version: "0.26.1" },
  valueKeys: `additionalArgs additionalEnv affinity commonAnnotations config containerSecurityContext crds dnsPolicy
    fullnameOverride hostNetwork image imagePullSecrets monitoring monitoringQueriesConfigMap nameOverride
    namespaceOverride nodeSelector podAnnotations podLabels podSecurityContext priorityClassName rbac replicaCount
    resources service serviceAccount tolerations topologySpreadConstraints updateStrategy webhook`.split(/\s+/),
  namespace: { name: operator.namespace, podSecurity: "restricted" },
  settings,
  values: (facts, { replicas }) => ({
    crds: { create: true },
    replicaCount: copiesOf(facts, replicas),
    priorityClassName: "system-cluster-critical",
    resources: { requests: { cpu: "50m", memory: "100Mi" }, limits: { memory: "512Mi" } },
    topologySpreadConstraints: spreadOverNodes(operator.matchLabels),
    // Owners of a namespace may read and write its databases by Kubernetes' own roles view, edit and admin.
    rbac: { aggregateClusterRoles: true },
  }),
  objects: (facts, { replicas }) => budgetOf(facts, copiesOf(facts, replicas), operator),
  needs: () => [{ capability: "cni" }],
  // Databases claim volumes; the operator itself runs without.
  after: ["dns", "storage-class"],
  provides: () => ["crd:postgresql.cnpg.io"],
  definitions: [
    {
      group: "postgresql.cnpg.io",
      version: "v1",
      namespaced: `Backup Cluster Database FailoverQuorum ImageCatalog Pooler Publication ScheduledBackup
        Subscription`.split(/\s+/),
      clusterWide: ["ClusterImageCatalog"],
    },
  ],
  workloads: () => [{ kind: "Deployment", name: "cloudnative-pg" }],
  selectedBy: [{ "cloudnative-pg": "true" }],
});
