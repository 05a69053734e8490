import { z } from "zod";
import { defineAddon, type KubernetesObject } from "../addon.ts";

const namespace = "volsync-system";

const settings = z.strictObject({
  /** Copies of the operator, one of them at work. @default 1 */
  replicas: z.number().int().min(1).default(1),
  /** Repositories that are tidied up regularly; Kopia's grow without it. @default none */
  maintenance: z
    .array(
      z.strictObject({
        /** Secret in the namespace volsync-system that says where the repository is, as backups have one. */
        repository: z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "lower-case letters, digits and dashes"),
        /** When, as cron writes it, in UTC. @default 0 2 * * * */
        schedule: z
          .string()
          .regex(/^\S+( \S+){4}$/, 'five fields such as "0 2 * * *"')
          .default("0 2 * * *"),
      }),
    )
    .default([]),
});
type Settings = z.output<typeof settings>;

/**
 * A fork of VolSync, because the project's own releases have no Kopia. It brings the same definitions and all the other
 * movers, so a cluster has one of the two.
 */
export default defineAddon({
  name: "volsync-kopia",
  description: "backups and copies of volumes by Kopia, and by all that volsync knows",
  sources: [
    "https://github.com/perfectra1n/volsync, 75f02f1 (chart 0.18.5): helm/volsync/Chart.yaml, values.yaml, templates/; README.md: chart repository",
    "https://github.com/perfectra1n/volsync, v0.17.11: api/v1alpha1/kopiamaintenance_types.go, docs/usage/kopia/, .github/workflows/docker-build-push.yml: tags of images",
  ],
  chart: { repository: "https://perfectra1n.github.io/volsync/charts", name: "volsync", version: "0.18.5" },
  valueKeys: `affinity fullnameOverride image imagePullSecrets kopia kube-rbac-proxy manageCRDs metrics nameOverride
    nodeSelector podAnnotations podLabels podSecurityContext rclone replicaCount resources restic revisionHistoryLimit
    rsync rsync-tls securityContext service serviceAccount syncthing tolerations`.split(/\s+/),
  // Movers run in the namespaces of the volumes, not here; maintenance does.
  namespace: { name: namespace, podSecurity: "restricted" },
  settings,
  values: (_, { replicas }) => ({
    // Definitions stay when the release goes: with them all backups' settings would go.
    manageCRDs: true,
    replicaCount: replicas,
    resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "1Gi" } },
  }),
  objects: (_, { maintenance }) => maintenance.map(maintenanceObject),
  needs: () => [{ capability: "cni" }, { capability: "crd:snapshot.storage.k8s.io" }],
  after: ["dns", "storage-class"],
  provides: () => ["crd:volsync.backube"],
  definitions: [
    {
      group: "volsync.backube",
      version: "v1alpha1",
      namespaced: ["KopiaMaintenance", "ReplicationDestination", "ReplicationSource"],
    },
  ],
  workloads: () => [{ kind: "Deployment", name: "volsync-kopia" }],
  selectedBy: [{ "volsync-kopia": "true" }],
});

/** Its pods say no seccomp profile of their own, which the namespace would refuse. */
function maintenanceObject({ repository, schedule }: Settings["maintenance"][number]): KubernetesObject {
  return {
    apiVersion: "volsync.backube/v1alpha1",
    kind: "KopiaMaintenance",
    metadata: { name: repository, namespace },
    spec: {
      repository: { repository },
      trigger: { schedule },
      podSecurityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        fsGroup: 1000,
        seccompProfile: { type: "RuntimeDefault" },
      },
    },
  };
}
