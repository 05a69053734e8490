/**
 * What the API makes of an object whose kind has a schema: defaults are filled in, unknown fields are dropped, and what
 * does not fit is refused.
 *
 * Facts: kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions (defaulting, pruning,
 * validation); github.com/crossplane/crossplane, v2.3.4: internal/xcrd (`spec.crossplane` is every composite's).
 */
import { isRecord } from "../protocol/values.ts";
import type { KubernetesObject } from "../talos/interface.ts";

interface Schema {
  type?: string;
  default?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  multipleOf?: number;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  items?: Schema;
  "x-kubernetes-preserve-unknown-fields"?: boolean;
}

/** The object as it is stored, and what is wrong with it. */
export function fitted(
  object: KubernetesObject,
  definition: KubernetesObject,
): { object: KubernetesObject; problems: string[] } {
  const { versions } = definition.spec as { versions: { name: string; schema?: { openAPIV3Schema: Schema } }[] };
  const version = object.apiVersion.split("/")[1];
  const schema = versions.find(({ name }) => name === version)?.schema?.openAPIV3Schema.properties?.spec;
  if (!schema) return { object, problems: [] };
  const { crossplane, ...asked } = isRecord(object.spec) ? object.spec : {};
  const problems: string[] = [];
  const spec = withDefaults(asked, schema, "spec", problems) as Record<string, unknown>;
  return { object: { ...object, spec: crossplane === undefined ? spec : { ...spec, crossplane } }, problems };
}

function withDefaults(value: unknown, schema: Schema, path: string, problems: string[]): unknown {
  const problem = problemOf(value, schema);
  if (problem) problems.push(`${path}: ${problem}`);
  if (Array.isArray(value) && schema.items) {
    return value.map((item, index) => withDefaults(item, schema.items as Schema, `${path}[${index}]`, problems));
  }
  if (!isRecord(value) || schema["x-kubernetes-preserve-unknown-fields"]) return value;
  const { properties = {}, additionalProperties, required = [] } = schema;
  const result: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(properties)) {
    const given = key in value ? value[key] : structuredClone(inner.default);
    if (given !== undefined) result[key] = withDefaults(given, inner, `${path}.${key}`, problems);
    else if (required.includes(key)) problems.push(`${path}.${key}: Required value`);
  }
  if (additionalProperties) {
    for (const [key, item] of Object.entries(value)) {
      if (!(key in properties)) result[key] = withDefaults(item, additionalProperties, `${path}.${key}`, problems);
    }
  }
  return result;
}

function problemOf(value: unknown, schema: Schema): string | undefined {
  const invalid = (reason: string) => `Invalid value: ${JSON.stringify(value)}: ${reason}`;
  if (schema.type && !hasType(value, schema.type)) return invalid(`must be of type ${schema.type}`);
  if (schema.enum && !schema.enum.includes(value)) {
    return `Unsupported value: ${JSON.stringify(value)}: supported values: ${schema.enum.map((each) => JSON.stringify(each)).join(", ")}`;
  }
  if (typeof value === "number") {
    const { minimum, maximum, multipleOf } = schema;
    if (minimum !== undefined && value < minimum) return invalid(`should be greater than or equal to ${minimum}`);
    if (maximum !== undefined && value > maximum) return invalid(`should be less than or equal to ${maximum}`);
    if (multipleOf !== undefined && value % multipleOf !== 0) return invalid(`should be a multiple of ${multipleOf}`);
  }
  if (typeof value === "string" && value.length < (schema.minLength ?? 0)) {
    return invalid(`should be at least ${schema.minLength} chars long`);
  }
  return undefined;
}

function hasType(value: unknown, type: string): boolean {
  if (type === "object") return isRecord(value);
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}
