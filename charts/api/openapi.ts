/** The kinds of a Kubernetes version, out of its OpenAPI description, as schemas that take nothing unknown. */
import { type Bag, isBag } from "../chart-files.ts";

/** `api/openapi-spec/swagger.json` of a Kubernetes version, as far as it is read. */
export interface OpenApi {
  definitions: Record<string, Bag>;
}

/** What all kinds have in common, by reference. */
export const objectMeta = definition("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");

const schemaProps = definition("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps");

/**
 * Types that are written otherwise than the description says: it knows them as strings or as anything.
 * Source: their UnmarshalJSON in k8s.io/apimachinery and k8s.io/apiextensions-apiserver; structural schemas have one schema
 * for all items (kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions).
 */
const writtenOtherwise: Record<string, Bag> = {
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": { type: ["integer", "string"] },
  "io.k8s.apimachinery.pkg.api.resource.Quantity": { type: ["number", "string"], format: "quantity" },
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray": { $ref: schemaProps },
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool": {
    if: { type: "boolean" },
    else: { $ref: schemaProps },
  },
};

/** The definitions as one schema, to which {@link definition} refers. */
export function strictSchema({ definitions }: OpenApi): Bag {
  const strict = Object.entries(definitions).map(([name, schema]) => [name, writtenOtherwise[name] ?? closed(schema)]);
  return { definitions: Object.fromEntries(strict) };
}

/** References to the definitions of all kinds, by `<apiVersion> <Kind>`. */
export function kindsOf({ definitions }: OpenApi): Map<string, string> {
  const kinds = new Map<string, string>();
  for (const [name, schema] of Object.entries(definitions)) {
    const said = schema["x-kubernetes-group-version-kind"];
    // Options of requests have a kind as well, and are no objects.
    if (!Array.isArray(said) || !isBag(schema.properties) || !("metadata" in schema.properties)) continue;
    for (const { group, version, kind } of said) {
      kinds.set(`${group ? `${group}/` : ""}${version} ${kind}`, definition(name));
    }
  }
  return kinds;
}

function definition(name: string): string {
  return `kubernetes#/definitions/${name}`;
}

/** With nothing beside the properties that are named, as the server's strict validation of fields has it. */
function closed(schema: Bag): Bag {
  const { type, format, required, $ref, properties, items, additionalProperties } = schema;
  const said = Object.entries({ type, format, required, $ref: typeof $ref === "string" ? local($ref) : undefined });
  return {
    ...Object.fromEntries(said.filter(([, value]) => value !== undefined)),
    ...(isBag(properties)
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([key, value]) => [key, isBag(value) ? closed(value) : value]),
          ),
          additionalProperties: false,
        }
      : {}),
    ...(isBag(items) ? { items: closed(items) } : {}),
    ...(isBag(additionalProperties) ? { additionalProperties: closed(additionalProperties) } : {}),
  };
}

function local(reference: string): string {
  return reference.replace(/^#/, "kubernetes#");
}
