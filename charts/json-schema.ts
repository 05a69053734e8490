/** As much of JSON Schema as charts use to describe their values. */
import { type Bag, isBag } from "./chart-files.ts";

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

/** What is wrong with a value, as sentences with its path. */
export function schemaProblems(value: unknown, schema: unknown, root: Bag, path = ""): string[] {
  if (schema === false) return [`${path} is not allowed`];
  if (!isBag(schema)) return [];
  const at = resolved(schema, root);
  const place = path || "the values";
  const problems: string[] = [];
  const types = at.type === undefined ? [] : [at.type].flat().map(String);
  if (types.length > 0 && !types.some((type) => isOf(value, type))) {
    return [`${place} has to be ${types.join(" or ")}, and is ${JSON.stringify(value)}`];
  }
  if (Array.isArray(at.enum) && !at.enum.some((option) => JSON.stringify(option) === JSON.stringify(value))) {
    problems.push(`${place} has to be one of ${at.enum.join(", ")}, and is ${JSON.stringify(value)}`);
  }
  if (typeof at.pattern === "string" && typeof value === "string" && !new RegExp(at.pattern, "u").test(value)) {
    problems.push(`${place} does not match ${at.pattern}: ${value}`);
  }
  if (isBag(value)) problems.push(...objectProblems(value, at, root, path));
  if (Array.isArray(value) && isBag(at.items)) {
    problems.push(...value.flatMap((item, index) => schemaProblems(item, at.items, root, `${path}[${index}]`)));
  }
  for (const part of Array.isArray(at.allOf) ? at.allOf : []) problems.push(...schemaProblems(value, part, root, path));
  for (const parts of [at.anyOf, at.oneOf]) {
    if (!Array.isArray(parts)) continue;
    const tried = parts.map((part) => schemaProblems(value, part, root, path));
    if (tried.every((found) => found.length > 0)) problems.push(...(tried[0] ?? []));
  }
  return problems;
}

function objectProblems(value: Bag, schema: Bag, root: Bag, path: string): string[] {
  const properties = isBag(schema.properties) ? schema.properties : {};
  const patterns = Object.entries(isBag(schema.patternProperties) ? schema.patternProperties : {});
  const problems = (Array.isArray(schema.required) ? schema.required : [])
    .filter((key) => !(String(key) in value))
    .map((key) => `${join(path, String(key))} is missing`);
  for (const [key, entry] of Object.entries(value)) {
    const matching = patterns.filter(([pattern]) => new RegExp(pattern, "u").test(key));
    for (const [, part] of matching) problems.push(...schemaProblems(entry, part, root, join(path, key)));
    if (key in properties) problems.push(...schemaProblems(entry, properties[key], root, join(path, key)));
    else if (matching.length > 0) continue;
    else if (schema.additionalProperties === false) problems.push(`${join(path, key)} is not known`);
    else problems.push(...schemaProblems(entry, schema.additionalProperties, root, join(path, key)));
  }
  return problems;
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

function isOf(value: unknown, type: string): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isBag(value);
  if (type === "integer") return Number.isInteger(value);
  // The others are called as JavaScript calls them.
  return (typeof value).toString() === type;
}

function join(path: string, key: string): string {
  return path ? `${path}.${key}` : key;
}
