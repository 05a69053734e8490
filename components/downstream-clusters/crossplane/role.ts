import type { KubernetesObject } from "../../facts.ts";

/**
 * What Crossplane may do beyond its own: the kinds that the compositions of this project make. Facts:
 * github.com/crossplane/crossplane, v2.3.4: cluster/charts/crossplane/templates/clusterrole.yaml (aggregation by label).
 */
export function crossplaneRole(): KubernetesObject {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: {
      name: "orrery-compositions",
      labels: { "rbac.crossplane.io/aggregate-to-crossplane": "true" },
    },
    rules: [
      {
        apiGroups: [
          "bootstrap.cluster.x-k8s.io",
          "cluster.x-k8s.io",
          "config.projectsveltos.io",
          "controlplane.cluster.x-k8s.io",
          "infrastructure.cluster.x-k8s.io",
        ],
        resources: ["*"],
        verbs: ["*"],
      },
    ],
  };
}
