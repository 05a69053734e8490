import { z } from "zod";
import { defineAddon } from "../addon.ts";

const settings = z.strictObject({
  /** Copies of the operator, one of them at work. @default 1 */
  replicas: z.number().int().min(1).default(1),
});

/** Kopia is not among the movers of the project's own releases: the entry `volsync-kopia` is a fork that has it. */
export default defineAddon({
  name: "volsync",
  description: "backups and copies of volumes, by Restic, Rclone, rsync or Syncthing",
  sources: [
    "https://github.com/backube/volsync, v0.16.0: helm/volsync/values.yaml, templates/, README.md: needs the snapshot controller",
    "https://github.com/backube/volsync, v0.16.0: helm/volsync/Chart.yaml: every Kubernetes 1 from 1.20 on",
  ],
  chart: { repository: "https://backube.github.io/helm-charts", name: "volsync", version: "0.16.0" },
  valueKeys: `affinity fullnameOverride image imagePullSecrets manageCRDs metrics nameOverride nodeSelector
    podAnnotations podLabels podSecurityContext rclone replicaCount resources restic rsync rsync-tls securityContext
    service serviceAccount syncthing tolerations`.split(/\s+/),
  // Movers run in the namespaces of the volumes, not here.
  namespace: { name: "volsync-system", podSecurity: "restricted" },
  settings,
  values: (_, { replicas }) => ({
    // Definitions stay when the release goes: with them all backups' settings would go.
    manageCRDs: true,
    replicaCount: replicas,
    resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "512Mi" } },
  }),
  needs: () => [{ capability: "cni" }, { capability: "crd:snapshot.storage.k8s.io" }],
  after: ["dns", "storage-class"],
  provides: () => ["crd:volsync.backube"],
  definitions: [
    { group: "volsync.backube", version: "v1alpha1", namespaced: ["ReplicationDestination", "ReplicationSource"] },
  ],
  workloads: () => [{ kind: "Deployment", name: "volsync" }],
  selectedBy: [{ volsync: "true" }],
});
