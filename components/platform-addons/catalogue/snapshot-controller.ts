import { z } from "zod";
import { defineAddon } from "../addon.ts";
import { copiesOf, movesOneByOne, spreadOverNodes } from "../placement.ts";

const snapshotClass = z.strictObject({
  /** Name that claims and backups use. */
  name: z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "lower-case letters, digits and dashes"),
  /** CSI driver that makes the snapshots: `rook-ceph.rbd.csi.ceph.com`. */
  driver: z.string().min(1),
  /** Used where a snapshot names no class. @default false */
  default: z.boolean().default(false),
  /** What becomes of the snapshot's data when its object goes. @default Delete */
  deletionPolicy: z.enum(["Delete", "Retain"]).default("Delete"),
  /** Parameters of the driver. @default none */
  parameters: z.record(z.string(), z.string()).optional(),
});

const settings = z.strictObject({
  /** Controllers, one of them at work. @default 2, or 1 where one node takes pods */
  replicas: z.number().int().min(1).optional(),
  /** Classes of snapshots. @default none */
  classes: z.array(snapshotClass).default([]),
});

export default defineAddon({
  name: "snapshot-controller",
  description: "snapshots of volumes: definitions and the controller that all CSI drivers share",
  sources: [
    "https://github.com/piraeusdatastore/helm-charts, snapshot-controller-5.2.0: charts/snapshot-controller/values.yaml, templates/; the project itself has no chart",
    "https://github.com/piraeusdatastore/helm-charts, snapshot-controller-5.2.0: Chart.yaml: Kubernetes 1.25 and newer, controller v8.6.0",
  ],
  chart: { repository: "https://piraeus.io/helm-charts", name: "snapshot-controller", version: "5.2.0" },
  valueKeys: ["controller", "installCRDs", "volumeGroupSnapshotClasses", "volumeSnapshotClasses", "webhook"],
  namespace: { name: "kube-system" },
  settings,
  values: (facts, { replicas, classes }) => ({
    controller: {
      replicaCount: copiesOf(facts, replicas),
      // Leases that show which of the copies works.
      args: { leaderElection: true },
      podSecurityContext: { seccompProfile: { type: "RuntimeDefault" } },
      securityContext: { allowPrivilegeEscalation: false },
      resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
      priorityClassName: "system-cluster-critical",
      pdb: movesOneByOne(facts, copiesOf(facts, replicas)) ? { maxUnavailable: 1 } : {},
      topologySpreadConstraints: spreadOverNodes({ "app.kubernetes.io/name": "snapshot-controller" }),
    },
    // It converts group snapshots of old versions, which a new cluster does not have.
    webhook: { enabled: false },
    volumeSnapshotClasses: classes.map((entry) => ({
      name: entry.name,
      driver: entry.driver,
      deletionPolicy: entry.deletionPolicy,
      ...(entry.parameters ? { parameters: entry.parameters } : {}),
      ...(entry.default ? { annotations: { "snapshot.storage.kubernetes.io/is-default-class": "true" } } : {}),
    })),
  }),
  needs: () => [{ capability: "cni" }],
  provides: () => ["crd:snapshot.storage.k8s.io"],
  definitions: [
    {
      group: "snapshot.storage.k8s.io",
      version: "v1",
      namespaced: ["VolumeSnapshot"],
      clusterWide: ["VolumeSnapshotClass", "VolumeSnapshotContent"],
    },
  ],
  workloads: () => [{ kind: "Deployment", name: "snapshot-controller" }],
  selectedBy: [{ "snapshot-controller": "true" }],
});
