/**
 * A service of the platform as a resource: a chart in every cluster of a namespace that has certain labels. A namespace
 * holds one downstream cluster, so that tenants reach their own and no other.
 *
 * Facts: github.com/projectsveltos/addon-controller, v1.13.0: api/v1beta1/spec.go; a `Profile` matches clusters of its own
 * namespace only, and none with an empty selector (controllers/handlers_helm.go); it says nothing about how far it is.
 */
import type { KubernetesObject } from "../../facts.ts";
import { clusterLabel } from "../names.ts";
import { composition, definition } from "./definition.ts";

/** The definition of `PlatformService`. */
export function platformServiceDefinition(): KubernetesObject {
  const text = { type: "string", minLength: 1 };
  return definition("PlatformService", {
    type: "object",
    required: ["chart", "namespace"],
    properties: {
      clusters: {
        type: "object",
        description: "Labels of the clusters that get it; without any, all of the namespace.",
        additionalProperties: { type: "string" },
        default: {},
      },
      chart: {
        type: "object",
        required: ["repository", "name", "version"],
        properties: { repository: text, name: text, version: text },
      },
      namespace: { ...text, description: "Namespace in the clusters." },
      values: { type: "object", "x-kubernetes-preserve-unknown-fields": true, default: {} },
    },
  });
}

const template = `{{- $xr := .observed.composite.resource -}}
{{- $spec := $xr.spec -}}
---
apiVersion: config.projectsveltos.io/v1beta1
kind: Profile
metadata:
  name: {{ $xr.metadata.name }}
  namespace: {{ $xr.metadata.namespace }}
  annotations:
    gotemplating.fn.crossplane.io/composition-resource-name: profile
    gotemplating.fn.crossplane.io/ready: "True"
spec:
  clusterSelector:
    matchLabels: {{ default (dict "${clusterLabel}" $xr.metadata.namespace) $spec.clusters | toRawJson }}
  syncMode: Continuous
  helmCharts:
    - repositoryName: {{ $xr.metadata.name }}
      repositoryURL: {{ $spec.chart.repository | quote }}
      chartName: {{ printf "%s/%s" $xr.metadata.name $spec.chart.name }}
      chartVersion: {{ $spec.chart.version | quote }}
      releaseName: {{ $xr.metadata.name }}
      releaseNamespace: {{ $spec.namespace | quote }}
      helmChartAction: Install
      values: {{ $spec.values | toRawJson | quote }}
`;

/** The composition of `PlatformService`. */
export function platformServiceComposition(): KubernetesObject {
  return composition("PlatformService", template);
}
