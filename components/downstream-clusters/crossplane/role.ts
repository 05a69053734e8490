/**
 * What Crossplane and its provider may do in the management cluster, beyond their own kinds: what the compositions of this
 * project make, and nothing else.
 *
 * Facts: github.com/crossplane/crossplane, v2.3.4: cluster/charts/crossplane/templates/clusterrole.yaml (aggregation by
 * label); github.com/crossplane-contrib/provider-kubernetes, v1.2.1: examples/namespaced/provider/config-in-cluster.yaml,
 * provider-in-cluster.yaml.
 */
import type { KubernetesObject } from "../../facts.ts";
import { providerConfig } from "./wrapping.ts";

const rbac = "rbac.authorization.k8s.io";
const role = "orrery-cluster-api";

/** Service account of provider-kubernetes, as the catalogue's entry names it. */
const account = { kind: "ServiceAccount", name: "provider-kubernetes", namespace: "crossplane-system" };

/** Crossplane's own right, the provider's, and the configuration by which the provider uses its service account. */
export function crossplaneAccess(): KubernetesObject[] {
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata: {
        name: "orrery-compositions",
        labels: { "rbac.crossplane.io/aggregate-to-crossplane": "true" },
      },
      rules: [{ apiGroups: ["config.projectsveltos.io"], resources: ["profiles"], verbs: ["*"] }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata: { name: role },
      rules: [
        {
          apiGroups: ["bootstrap", "cluster", "controlplane", "infrastructure"].map((group) =>
            group === "cluster" ? "cluster.x-k8s.io" : `${group}.cluster.x-k8s.io`,
          ),
          resources: ["*"],
          verbs: ["get", "list", "watch", "create", "update", "patch", "delete"],
        },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: role },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: role },
      subjects: [account],
    },
    {
      apiVersion: "kubernetes.m.crossplane.io/v1alpha1",
      kind: "ClusterProviderConfig",
      metadata: { name: providerConfig },
      spec: { credentials: { source: "InjectedIdentity" } },
    },
  ];
}
