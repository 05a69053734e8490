import { z } from "zod";
import { defineAddon } from "../addon.ts";
import { budgetOf, copiesOf, spreadOverNodes } from "../placement.ts";

const settings = z.strictObject({
  /** Copies, one of them at work. @default 2, or 1 where one node takes pods */
  replicas: z.number().int().min(1).optional(),
  /** Groups whose members may own tenants. @default projectcapsule.dev */
  groups: z.array(z.string().min(1)).min(1).default(["projectcapsule.dev"]),
  /** Namespaces of a tenant have to begin with its name. @default true */
  forceTenantPrefix: z.boolean().default(true),
});

export default defineAddon({
  name: "capsule",
  description: "tenants: groups of namespaces with an owner, quotas and rules",
  sources: [
    "https://github.com/projectcapsule/capsule, v0.13.1: charts/capsule/values.yaml, crds/, templates/; .goreleaser.yml: chart in oci://ghcr.io/projectcapsule/charts",
    "https://github.com/projectcapsule/capsule, v0.13.1: .github/workflows/e2e.yml: tested with Kubernetes 1.31 to 1.34",
  ],
  // 0.13.2 and newer are no longer tested with Kubernetes 1.31.
  chart: { repository: "oci://ghcr.io/projectcapsule/charts", name: "capsule", version: "0.13.1" },
  valueKeys:
    `affinity certManager conversions crds customAnnotations customLabels extraManifests fullnameOverride global
    imagePullSecrets jobs manager monitoring nameOverride nodeSelector podAnnotations podLabels podSecurityContext ports
    priorityClassName proxy rbac replicaCount securityContext serviceAccount serviceMonitor tls tolerations
    topologySpreadConstraints webhooks`.split(/\s+/),
  namespace: { name: "capsule-system", podSecurity: "restricted" },
  settings,
  values: (facts, { replicas, groups, forceTenantPrefix }) => ({
    replicaCount: copiesOf(facts, replicas),
    // Without its webhooks nobody makes namespaces.
    priorityClassName: "system-cluster-critical",
    topologySpreadConstraints: spreadOverNodes({ "app.kubernetes.io/name": "capsule" }),
    manager: {
      options: { users: groups.map((name) => ({ kind: "Group", name })), forceTenantPrefix },
      resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
    },
    // cert-manager renews the webhooks' certificates.
    certManager: { generateCertificates: true },
    // capsule-proxy is an add-on of its own.
    proxy: { enabled: false },
    extraManifests: budgetOf(facts, copiesOf(facts, replicas), {
      name: "capsule",
      namespace: "capsule-system",
      matchLabels: { "app.kubernetes.io/name": "capsule", "app.kubernetes.io/instance": "capsule" },
    }),
  }),
  needs: () => [{ capability: "cni" }, { capability: "crd:cert-manager.io" }],
  after: ["dns"],
  provides: () => ["crd:capsule.clastix.io"],
  definitions: [
    {
      group: "capsule.clastix.io",
      version: "v1beta2",
      namespaced: ["CustomQuota", "QuantityLedger", "ResourcePoolClaim", "RuleStatus", "TenantResource"],
      clusterWide: `CapsuleConfiguration GlobalCustomQuota GlobalTenantResource ResourcePool Tenant
        TenantOwner`.split(/\s+/),
    },
  ],
  workloads: () => [{ kind: "Deployment", name: "capsule-controller-manager" }],
  selectedBy: [{ capsule: "true" }],
});
