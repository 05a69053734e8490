import { z } from "zod";
import { defineAddon } from "../addon.ts";
import { copiesOf, movesOneByOne, spreadOverNodes } from "../placement.ts";

const settings = z.strictObject({
  /** Copies, one of them at work. @default 2, or 1 where one node takes pods */
  replicas: z.number().int().min(1).optional(),
  /** Restarts every workload whose ConfigMaps or Secrets change, and not only those that ask by annotation. @default false */
  all: z.boolean().default(false),
});

export default defineAddon({
  name: "reloader",
  description: "restarts workloads whose ConfigMaps or Secrets changed",
  sources: [
    "https://github.com/stakater/Reloader, chart-v2.2.16 (v1.4.21): deployments/kubernetes/chart/reloader/values.yaml, templates/deployment.yaml",
    "https://github.com/stakater/Reloader, chart-v2.2.16: README.md: Kubernetes 1.19 and newer",
  ],
  chart: { repository: "https://stakater.github.io/stakater-charts", name: "reloader", version: "2.2.16" },
  valueKeys: ["fullnameOverride", "global", "image", "kubernetes", "nameOverride", "namespace", "reloader"],
  namespace: { name: "reloader", podSecurity: "restricted" },
  settings,
  values: (facts, { replicas, all }) => ({
    fullnameOverride: "reloader",
    reloader: {
      autoReloadAll: all,
      // Annotations on the pod template leave the workload's environment as its owner wrote it.
      reloadStrategy: "annotations",
      enableHA: copiesOf(facts, replicas) > 1,
      readOnlyRootFileSystem: true,
      deployment: {
        replicas: copiesOf(facts, replicas),
        containerSecurityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
        topologySpreadConstraints: spreadOverNodes({ app: "reloader" }),
      },
      podDisruptionBudget: movesOneByOne(facts, copiesOf(facts, replicas))
        ? { enabled: true, maxUnavailable: 1 }
        : { enabled: false },
    },
  }),
  needs: () => [{ capability: "cni" }],
  after: ["dns"],
  workloads: () => [{ kind: "Deployment", name: "reloader" }],
  selectedBy: [{ reloader: "true" }],
});
