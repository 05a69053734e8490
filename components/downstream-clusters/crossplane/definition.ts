/**
 * Definitions and compositions of the platform's own resources.
 *
 * Facts: github.com/crossplane/crossplane, v2.3.4: cluster/crds/apiextensions.crossplane.io_compositeresourcedefinitions.yaml
 * (version v2: resources are namespaced unless they say otherwise).
 */
import type { KubernetesObject } from "../../facts.ts";

/** API group of the platform's own resources. */
export const platformGroup = "platform.orrery";
const version = "v1alpha1";

/** `platform.orrery/v1alpha1` */
export const platformApiVersion = `${platformGroup}/${version}`;

/** Labels under which Crossplane and people find what belongs to the platform's interfaces. */
export const interfaceLabels = { "app.kubernetes.io/part-of": "orrery-platform" } as const;

/** A definition with one version. */
export function definition(
  kind: string,
  spec: Record<string, unknown>,
  status: Record<string, unknown> = {},
): KubernetesObject {
  const plural = `${kind.toLowerCase()}s`;
  const properties = { spec, ...(Object.keys(status).length > 0 ? { status } : {}) };
  return {
    apiVersion: "apiextensions.crossplane.io/v2",
    kind: "CompositeResourceDefinition",
    metadata: { name: `${plural}.${platformGroup}`, labels: { ...interfaceLabels } },
    spec: {
      scope: "Namespaced",
      group: platformGroup,
      names: { kind, plural },
      versions: [
        {
          name: version,
          served: true,
          referenceable: true,
          schema: { openAPIV3Schema: { type: "object", required: ["spec"], properties } },
        },
      ],
    },
  };
}

/** A composition of one template, and of the function that says when all of it is ready. */
export function composition(kind: string, template: string): KubernetesObject {
  return {
    apiVersion: "apiextensions.crossplane.io/v1",
    kind: "Composition",
    metadata: { name: `${kind.toLowerCase()}s`, labels: { ...interfaceLabels } },
    spec: {
      compositeTypeRef: { apiVersion: platformApiVersion, kind },
      mode: "Pipeline",
      pipeline: [
        {
          step: "objects",
          functionRef: { name: "function-go-templating" },
          input: {
            apiVersion: "gotemplating.fn.crossplane.io/v1beta1",
            kind: "GoTemplate",
            source: "Inline",
            inline: { template },
            options: ["missingkey=error"],
          },
        },
        { step: "ready", functionRef: { name: "function-auto-ready" } },
      ],
    },
  };
}
