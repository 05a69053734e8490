import { readFileSync } from "node:fs";

/**
 * Properties of one object: name to type expression. An expression is `string`, `number`, `boolean`, `any`, `asset`,
 * `@Name` for another table, `[type]` for a list, `{type}` for a map, `a|b` for either; a trailing `!` marks it required.
 */
export type Table = Record<string, string>;

/** What a package's resources and functions take, extracted from its SDK by `extract.ts`. */
export interface PackageSchema {
  package: string;
  version: string;
  /** By resource token. */
  resources: Record<string, Table>;
  /** By function token. */
  functions: Record<string, Table>;
  /** Nested objects by name. */
  types: Record<string, Table>;
}

/** A type expression, parsed. */
export type TypeExpression =
  | { kind: "string" | "number" | "boolean" | "any" | "asset" }
  | { kind: "object"; table: string }
  | { kind: "list" | "map"; item: TypeExpression }
  | { kind: "union"; options: TypeExpression[] };

const loaded = new Map<string, PackageSchema>();

/** Reads the table of a package: `proxmoxve`, `talos` or `command`. */
export function loadSchema(name: string): PackageSchema {
  let schema = loaded.get(name);
  if (!schema) {
    schema = JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), "utf8")) as PackageSchema;
    loaded.set(name, schema);
  }
  return schema;
}

const parsed = new Map<string, TypeExpression>();

/** Parses a type expression without its `!`. */
export function parseType(text: string): TypeExpression {
  let type = parsed.get(text);
  if (!type) {
    type = parse(text);
    parsed.set(text, type);
  }
  return type;
}

function parse(text: string): TypeExpression {
  const options = splitUnion(text);
  if (options.length > 1) return { kind: "union", options: options.map(parseType) };
  if (text.startsWith("[")) return { kind: "list", item: parseType(text.slice(1, -1)) };
  if (text.startsWith("{")) return { kind: "map", item: parseType(text.slice(1, -1)) };
  if (text.startsWith("@")) return { kind: "object", table: text.slice(1) };
  if (text === "string" || text === "number" || text === "boolean" || text === "any" || text === "asset") {
    return { kind: text };
  }
  throw new Error(`unknown type expression "${text}"`);
}

/** Splits at the bars that stand outside of brackets. */
function splitUnion(text: string): string[] {
  const options: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index];
    if (char === "[" || char === "{") depth += 1;
    else if (char === "]" || char === "}") depth -= 1;
    else if (char === "|" && depth === 0) {
      options.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...options, text.slice(start)];
}
