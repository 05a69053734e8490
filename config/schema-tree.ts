/** Looks into zod schemas, to be able to say which keys and numbers would have been right at a place. */
import type { z } from "zod";

interface Definition {
  type: string;
  innerType?: z.core.$ZodType;
  shape?: Record<string, z.core.$ZodType>;
  valueType?: z.core.$ZodType;
  element?: z.core.$ZodType;
  options?: z.core.$ZodType[];
  discriminator?: string;
  values?: unknown[];
  protocol?: RegExp;
  checks?: { _zod: { def: { check: string; value?: number; inclusive?: boolean } } }[];
}

/** The schemas that may hold at a path, given the value that stands there: several where a union is undecided. */
export function schemasAt(schema: z.core.$ZodType, value: unknown, path: readonly PropertyKey[]): z.core.$ZodType[] {
  let schemas = alternatives(schema, value);
  let current = value;
  for (const segment of path) {
    current = child(current, segment);
    schemas = schemas.flatMap((parent) => {
      const next = childSchema(parent, segment);
      return next ? alternatives(next, current) : [];
    });
  }
  return schemas;
}

/** Keys that objects of these schemas know. */
export function knownKeys(schemas: readonly z.core.$ZodType[]): string[] {
  return [...new Set(schemas.flatMap((schema) => Object.keys(definition(schema).shape ?? {})))];
}

/** For a key that is wrong here but right for another choice of the union at this path: `mode vlan or external`. */
export function choicesThatKnow(
  schema: z.core.$ZodType,
  value: unknown,
  path: readonly PropertyKey[],
  key: string,
): { discriminator: string; choices: string[] } | undefined {
  const parent = path.length === 0 ? [schema] : schemasAt(schema, value, path.slice(0, -1));
  for (const candidate of parent) {
    const here = path.length === 0 ? candidate : childSchema(candidate, path.at(-1) as PropertyKey);
    const union = here ? definition(unwrap(here)) : undefined;
    if (!union?.discriminator || !union.options) continue;
    const discriminator = union.discriminator;
    const choices = union.options
      .filter((option) => key in (definition(option).shape ?? {}))
      .flatMap((option) => literals(definition(option).shape?.[discriminator]));
    if (choices.length > 0) return { discriminator, choices };
  }
  return undefined;
}

/** What a number may be; `above` is itself not allowed. Undefined when the schema is no number or has no bounds. */
export function boundsOf(schema: z.core.$ZodType): { low?: number; above?: number; high?: number } | undefined {
  const { type, checks = [] } = definitionOf(schema);
  if (type !== "number") return undefined;
  const bounds: { low?: number; above?: number; high?: number } = {};
  for (const { _zod } of checks) {
    const { check, value, inclusive } = _zod.def;
    if (check === "greater_than") bounds[inclusive ? "low" : "above"] = value;
    if (check === "less_than" && inclusive) bounds.high = value;
  }
  return Object.keys(bounds).length > 0 ? bounds : undefined;
}

/** The definition behind wrappers such as optional and default. */
export function definitionOf(schema: z.core.$ZodType): Definition {
  return definition(unwrap(schema));
}

/** The value at a path. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce(child, value);
}

function definition(schema: z.core.$ZodType): Definition {
  return schema._zod.def as unknown as Definition;
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const inner = definition(schema).innerType;
  return inner ? unwrap(inner) : schema;
}

function alternatives(schema: z.core.$ZodType, value: unknown): z.core.$ZodType[] {
  const plain = unwrap(schema);
  const { type, options, discriminator } = definition(plain);
  if (type !== "union" || !options) return [plain];
  const chosen = discriminator
    ? options.filter((option) =>
        literals(definition(option).shape?.[discriminator]).includes(String(child(value, discriminator))),
      )
    : options;
  return chosen.flatMap((option) => alternatives(option, value));
}

function childSchema(schema: z.core.$ZodType, segment: PropertyKey): z.core.$ZodType | undefined {
  const { shape, valueType, element } = definition(schema);
  return shape ? shape[String(segment)] : (element ?? valueType);
}

function literals(schema: z.core.$ZodType | undefined): string[] {
  return schema ? (definition(unwrap(schema)).values ?? []).map(String) : [];
}

function child(value: unknown, segment: PropertyKey): unknown {
  return typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[segment] : undefined;
}
