/** JSON Schema, as charts use it for their values and Kubernetes for its objects. */
import type { ErrorObject, Options } from "ajv/dist/2019.js";
import { Ajv2019 } from "ajv/dist/2019.js";
import { type Bag, isBag } from "./chart-files.ts";
import { formats, goPattern } from "./formats.ts";
import { sentences } from "./schema-sentences.ts";

/** A compiled schema: says what is wrong with a value. */
export type Check = (value: unknown) => string[];

const options: Options = {
  allErrors: true,
  // Schemas of others are taken as they are: with keywords of their own, and formats that nobody else knows.
  strict: false,
  validateSchema: false,
  logger: false,
  // What is wrong is told with the value and with what the schema says beside it.
  verbose: true,
  formats,
  unicodeRegExp: false,
  code: { regExp: goPattern },
};

/** Compiles schemas; those that are known by an id may be referred to by the others. */
export class Schemas {
  private readonly ajv: Ajv2019;

  /** @param useDefaults fills in defaults before it looks, as an API server does and Helm does not */
  constructor(known: Record<string, Bag> = {}, useDefaults = false) {
    this.ajv = new Ajv2019({ ...options, useDefaults });
    for (const [id, schema] of Object.entries(known)) this.ajv.addSchema(schema, id);
  }

  /** @throws Error when the schema makes no sense */
  compile(schema: Bag): Check {
    const validate = this.ajv.compile(schema);
    return (value) => {
      const copy: unknown = structuredClone(value);
      return validate(copy) ? [] : sentences((validate.errors ?? []) as ErrorObject[], copy);
    };
  }
}

/** What is wrong with values by the schema of their chart, as sentences with their paths. */
export function schemaProblems(values: unknown, schema: Bag): string[] {
  return new Schemas().compile(readable(schema) as Bag)(values);
}

/** What a schema says of a key of an object; undefined when it says nothing. */
export function propertySchema(schema: Bag | undefined, root: Bag | undefined, key: string): Bag | undefined {
  const at = schema && resolved(schema, root);
  if (!at) return undefined;
  if (isBag(at.properties) && isBag(at.properties[key])) return at.properties[key];
  for (const parts of [at.allOf, at.anyOf, at.oneOf]) {
    for (const part of Array.isArray(parts) ? parts.filter(isBag) : []) {
      const found = propertySchema(part, root, key);
      if (found) return found;
    }
  }
  return isBag(at.additionalProperties) ? at.additionalProperties : undefined;
}

/** Keys whose content is data, and no schema. */
const data = new Set(["default", "enum", "const", "example", "examples"]);

/**
 * A schema of any draft in the words of a newer one. References to other documents say nothing: they are not fetched, and
 * Helm does not need them for its own part either.
 */
export function readable(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(readable);
  if (!isBag(schema)) return schema;
  const { id, $id, $schema, $ref, exclusiveMinimum, exclusiveMaximum, ...rest } = schema;
  const plain = Object.entries(rest).map(([key, value]) => [key, data.has(key) ? value : readable(value)]);
  return {
    ...Object.fromEntries(plain),
    // Names of properties may be any of these words; what they stand for is then an object.
    ...Object.fromEntries(Object.entries({ id, $id, $schema }).filter(([, value]) => isBag(value))),
    ...(isBag($ref) || (typeof $ref === "string" && $ref.startsWith("#")) ? { $ref } : {}),
    ...bound("exclusiveMinimum", exclusiveMinimum, rest.minimum),
    ...bound("exclusiveMaximum", exclusiveMaximum, rest.maximum),
  };
}

/** Older drafts, and Kubernetes, say beside a bound whether it belongs to the range itself. */
function bound(key: string, said: unknown, inclusive: unknown): Bag {
  if (said === true) return { [key]: inclusive };
  return said === undefined || said === false ? {} : { [key]: said };
}

/** Follows references inside the schema; those to other documents say nothing. */
function resolved(schema: Bag, root: Bag | undefined): Bag {
  const reference = schema.$ref;
  if (typeof reference !== "string" || !root) return schema;
  if (!reference.startsWith("#")) return {};
  const target = reference
    .split("/")
    .slice(1)
    .reduce<unknown>((at, key) => (isBag(at) ? at[decodeURIComponent(key).replaceAll("~1", "/")] : undefined), root);
  return isBag(target) ? resolved(target, root) : {};
}
