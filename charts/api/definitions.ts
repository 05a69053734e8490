/** Custom resource definitions as schemas that take nothing unknown. */
import { type Bag, isBag } from "../chart-files.ts";
import { readable } from "../json-schema.ts";
import { objectMeta } from "./openapi.ts";

/** One version of a custom kind. */
export interface Definition {
  /** `<apiVersion> <Kind>`. */
  kind: string;
  schema: Bag;
  /** True where the status is written apart: in a manifest it is passed over. */
  statusApart: boolean;
}

/** Kinds of definitions. Crossplane makes a custom resource definition of its own, with what it notes itself besides. */
const defining = [
  "apiextensions.k8s.io/v1 CustomResourceDefinition",
  "apiextensions.crossplane.io/v2 CompositeResourceDefinition",
];

/** The versions that a definition serves; none for other objects. */
export function definitionsOf({ apiVersion, kind, spec }: Bag): Definition[] {
  if (!defining.includes(`${apiVersion} ${kind}`) || !isBag(spec)) return [];
  const versions = Array.isArray(spec.versions) ? spec.versions.filter(isBag) : [];
  const name = isBag(spec.names) ? spec.names.kind : undefined;
  return versions
    .filter(({ served }) => served === true)
    .map((version) => {
      const own = isBag(version.schema) && isBag(version.schema.openAPIV3Schema) ? version.schema.openAPIV3Schema : {};
      return {
        kind: `${spec.group}/${version.name} ${name}`,
        schema: objectSchema(readable(own) as Bag),
        statusApart:
          kind === "CompositeResourceDefinition" ||
          (isBag(version.subresources) && version.subresources.status !== undefined),
      };
    });
}

/** What every object has is the server's to describe; the definition may narrow it. */
function objectSchema(own: Bag): Bag {
  const { metadata, ...properties } = isBag(own.properties) ? own.properties : {};
  return {
    ...closed({ ...own, type: "object", properties }),
    properties: {
      ...closedAll(properties),
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { allOf: [{ $ref: objectMeta }, ...(isBag(metadata) ? [metadata] : [])] },
    },
  };
}

/**
 * What is not named is pruned, which strict validation refuses. Only the structure is closed: `allOf`, `anyOf`, `oneOf` and
 * `not` narrow values and name properties again. Source: kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions,
 * structural schemas, field pruning and defaulting.
 */
function closed(schema: Bag): Bag {
  const { type, properties, items, additionalProperties, anyOf, ...rest } = schema;
  const inside = { ...closedAll(isBag(properties) ? properties : {}), ...embedded(schema) };
  const open = schema["x-kubernetes-preserve-unknown-fields"] === true || additionalProperties !== undefined;
  const types = typesOf(schema);
  const both = schema["x-kubernetes-int-or-string"] === true;
  return {
    ...rest,
    // Beside the mark it can only say the same once more.
    ...(anyOf === undefined || both ? {} : { anyOf }),
    ...(types.length > 0 ? { type: types } : {}),
    ...(Object.keys(inside).length > 0 ? { properties: inside } : {}),
    ...(isBag(items) ? { items: closed(items) } : {}),
    ...(type === "object" && !open ? { additionalProperties: false } : {}),
    ...(isBag(additionalProperties) ? { additionalProperties: closed(additionalProperties) } : {}),
  };
}

function closedAll(properties: Bag): Bag {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [key, isBag(value) ? closed(value) : value]),
  );
}

function typesOf(schema: Bag): string[] {
  const types = schema["x-kubernetes-int-or-string"] === true ? ["integer", "string"] : [schema.type].flat();
  const known = types.filter((type) => typeof type === "string");
  // A null where a default is known stands for the default.
  const nullable = schema.nullable === true || schema.default !== undefined;
  return known.length > 0 && nullable ? [...known, "null"] : known;
}

/** An object within an object has what all objects have. */
function embedded(schema: Bag): Bag {
  if (schema["x-kubernetes-embedded-resource"] !== true) return {};
  return { apiVersion: { type: "string" }, kind: { type: "string" }, metadata: { $ref: objectMeta } };
}
