import { z } from "zod";
import { defineAddon } from "../addon.ts";
import { storageClass } from "../named-things.ts";
import { nodeFolder } from "../node-folder.ts";

const settings = z.strictObject({
  /**
   * Folder that volumes are made in on every node. A user volume of the nodes is at `/var/mnt/<its name>`; the default
   * shares the system disk with everything else. @default /var/openebs/local
   */
  path: z
    .string()
    .regex(/^\/var\/\S*[^/]$/, "a folder below /var, where Talos lets data be written")
    .default("/var/openebs/local"),
  /** Name of the storage class. @default openebs-hostpath */
  storageClass: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "lower-case letters, digits and dashes")
    .default("openebs-hostpath"),
  /** Used where a claim names no class. @default false */
  defaultClass: z.boolean().default(false),
  /** What becomes of the data when its claim goes. @default Delete */
  reclaimPolicy: z.enum(["Delete", "Retain"]).default("Delete"),
});

export default defineAddon({
  name: "openebs",
  description: "volumes in a folder of the node that the pod runs on",
  sources: [
    "https://github.com/openebs/dynamic-localpv-provisioner, localpv-provisioner 4.1.1: deploy/helm/charts/values.yaml, Chart.yaml, which names no Kubernetes version",
    "https://github.com/openebs/dynamic-localpv-provisioner, v4.0.0: deploy/helm/charts/templates/, docs/quickstart.md: Kubernetes 1.16 and newer",
    "https://www.talos.dev/v1.9/kubernetes-guides/configuration/local-storage/: the folder is mounted into the kubelet",
  ],
  chart: {
    repository: "https://openebs.github.io/dynamic-localpv-provisioner",
    name: "localpv-provisioner",
    version: "4.1.1",
  },
  valueKeys: `analytics extraLabels fullnameOverride helperPod hostpathClass imagePullSecrets localpv nameOverride
    podSecurityContext rbac release serviceAccount`.split(/\s+/),
  // Helper pods make and remove folders of the host.
  namespace: { name: "openebs", podSecurity: "privileged" },
  settings,
  values: (_, { path, storageClass, defaultClass, reclaimPolicy }) => ({
    fullnameOverride: "openebs-localpv-provisioner",
    localpv: {
      basePath: path,
      // One is enough: a claim that waits a minute for another node to take over loses nothing.
      replicas: 1,
      resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
      priorityClassName: "system-cluster-critical",
    },
    hostpathClass: { name: storageClass, isDefaultClass: defaultClass, reclaimPolicy },
    analytics: { enabled: false },
  }),
  needs: () => [{ capability: "cni" }],
  after: ["dns"],
  provides: (_, chosen) => storageClass(chosen.storageClass, chosen.defaultClass),
  providesWith: { "default-storage-class": "defaultClass" },
  workloads: () => [{ kind: "Deployment", name: "openebs-localpv-provisioner" }],
  machine: (_, { path }) => [nodeFolder(path, "openebs makes volumes there, and the kubelet mounts them")],
  selectedBy: [{ openebs: "true" }],
});
