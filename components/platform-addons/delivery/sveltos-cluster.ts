/**
 * The management cluster as one of the clusters that Sveltos manages.
 *
 * Facts: github.com/projectsveltos/register-mgmt-cluster, main.go: a job of the chart registers it as `SveltosCluster`
 * `mgmt` in the namespace `mgmt`, adds labels to those that are there, leaves annotations alone and writes the
 * specification anew with every upgrade; libsveltos, api/v1beta1/sveltoscluster_type.go.
 */
import type { ClusterFacts } from "../../facts.ts";
import type { KubernetesObject } from "../addon.ts";

/** Name and namespace under which Sveltos knows the cluster that it runs in. */
export const managementName = "mgmt";
export const managementNamespace = "mgmt";

/** What of the cluster stands in annotations: templates read it there, because a SveltosCluster has no fields for it. */
export const factAnnotations = { name: "orrery/name", endpoint: "orrery/endpoint", pods: "orrery/pods" } as const;

const apiVersion = "lib.projectsveltos.io/v1beta1";
const kind = "SveltosCluster";

/** The reference to the management cluster in a profile. */
export const managementReference = { apiVersion, kind, name: managementName, namespace: managementNamespace } as const;

/** Labels and facts of the management cluster; everything else in its registration is Sveltos'. */
export function managementCluster({ name, labels, addresses }: ClusterFacts): KubernetesObject {
  return {
    apiVersion,
    kind,
    metadata: {
      name: managementName,
      namespace: managementNamespace,
      ...(Object.keys(labels).length > 0 ? { labels } : {}),
      annotations: {
        [factAnnotations.name]: name,
        [factAnnotations.endpoint]: addresses.vip,
        [factAnnotations.pods]: addresses.podSubnets.join(","),
      },
    },
  };
}
