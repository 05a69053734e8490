/**
 * What a composition makes of objects of Cluster API: for each an `Object` of provider-kubernetes, which applies it.
 * Crossplane makes itself the controller of what it composes, and Cluster API wants to be that of a cluster's
 * infrastructure and control plane; there can be one only.
 *
 * Facts: github.com/kubernetes-sigs/cluster-api, v1.12.10: internal/controllers/cluster/cluster_controller_phases.go
 * (controller references), issue 4014; github.com/crossplane/crossplane, v2.3.4: internal/controller/apiextensions/composite
 * (controller references, resources that are not wished for any more are deleted); crossplane-contrib/provider-kubernetes,
 * v1.2.1: apis/namespaced/object/v1alpha1/types.go; crossplane-contrib/function-go-templating, v0.12.2: fn.go (annotations, a
 * document of the composite's own kind is its status).
 */
import { platformApiVersion } from "./definition.ts";

/** Name of the `ClusterProviderConfig` under which provider-kubernetes reaches the management cluster. */
export const providerConfig = "orrery-downstream";

/** What is said about one wrapped object, as expressions of the template. */
export interface Wrapped {
  /** Name under which Crossplane knows it. */
  key: string;
  manifest: string;
  /** Deleting the `Object` deletes the object. */
  deletes: boolean;
  /** Query in CEL that says when the object is ready; as soon as it is there, without one. */
  ready?: string;
}

/** One wrapped object. */
export function wrapped({ key, manifest, deletes, ready = "" }: Wrapped): string {
  const said = [`"c" $c`, `"key" ${key}`, `"manifest" ${manifest}`, `"deletes" ${deletes}`, `"query" \`${ready}\``];
  return `{{- include "wrapped" (dict ${said.join(" ")}) }}`;
}

/**
 * The definitions that {@link wrapped} needs.
 *
 * Objects that a `Cluster` owns go with it, in the order that Cluster API wants, and so do templates that nothing names any
 * more: only the `Cluster` itself is deleted. What the provider says counts when it is about the present wish: neither
 * about an earlier manifest nor about an earlier generation.
 */
export const wrapping = `{{- define "ready" -}}
{{- $object := dig .key "resource" (dict) .c.observed -}}
{{- $same := eq (toRawJson (dig "spec" "forProvider" "manifest" (dict) $object)) (toRawJson .manifest) -}}
{{- $synced := false -}}
{{- $ready := false -}}
{{- range dig "status" "conditions" (list) $object -}}
{{- if and (eq .type "Synced") (eq .status "True") -}}
{{- $synced = eq (toString (dig "observedGeneration" "none" .)) (toString (dig "metadata" "generation" "" $object)) -}}
{{- end -}}
{{- if and (eq .type "Ready") (eq .status "True") }}{{ $ready = true }}{{ end -}}
{{- end -}}
{{- if and $same $synced $ready }}True{{ else }}False{{ end -}}
{{- end -}}
{{- define "wrapped" -}}
{{- $ready := include "ready" . -}}
{{- if ne $ready "True" }}{{ $_ := set .c "waiting" true }}{{ end }}
---
apiVersion: kubernetes.m.crossplane.io/v1alpha1
kind: Object
metadata:
  name: {{ printf "%s-%s" (lower .manifest.kind) .manifest.metadata.name }}
  annotations:
    gotemplating.fn.crossplane.io/composition-resource-name: {{ .key }}
    gotemplating.fn.crossplane.io/ready: "{{ $ready }}"
spec:
  managementPolicies: {{ if .c.spec.keep }}[Observe]{{ else if .deletes }}["*"]{{ else }}[Observe, Create, Update]{{ end }}
  providerConfigRef:
    kind: ClusterProviderConfig
    name: ${providerConfig}
  readiness:
{{- if .query }}
    policy: DeriveFromCelQuery
    celQuery: {{ .query | quote }}
{{- else }}
    policy: SuccessfulCreate
{{- end }}
  forProvider:
    manifest: {{ .manifest | toRawJson }}
{{ end -}}
`;

/**
 * What the composite says about itself when all of its objects are ready: the digest of the specification that they are
 * ready for.
 */
export const settled = `{{- if not (hasKey $c "waiting") }}
---
apiVersion: ${platformApiVersion}
kind: {{ $xr.kind }}
status:
  settled: {{ omit $xr.spec "crossplane" "keep" | toRawJson | sha256sum | trunc 8 | quote }}
{{- end }}
`;
