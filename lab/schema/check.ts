import { distance } from "fastest-levenshtein";
import type { CheckFailure } from "../protocol/provider.ts";
import { isRecord, isUnknown, type Properties, signatureKey } from "../protocol/values.ts";
import { type PackageSchema, parseType, type Table, type TypeExpression } from "./tables.ts";

/** Keys that the engine or a bridged provider adds to property bags on its own. */
const internalKeys = new Set(["__defaults", "__meta", "__internal", "__pulumi_raw_state_delta"]);

/** Pulumi marks assets and archives on the wire with these signatures. */
const assetSignatures = new Set(["c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7"]);

/** Checks the inputs of a resource: unknown, missing and wrongly typed properties, at any depth. */
export function checkResource(schema: PackageSchema, token: string, inputs: Properties): CheckFailure[] {
  const table = schema.resources[token];
  if (!table) return [{ property: "", reason: `package ${schema.package} has no resource type ${token}` }];
  return checkObject(schema, table, inputs, "");
}

/** Checks the arguments of a function in the same way. */
export function checkFunction(schema: PackageSchema, token: string, args: Properties): CheckFailure[] {
  const table = schema.functions[token];
  if (!table) return [{ property: "", reason: `package ${schema.package} has no function ${token}` }];
  return checkObject(schema, table, args, "");
}

function checkObject(schema: PackageSchema, table: Table, bag: Properties, path: string): CheckFailure[] {
  const failures: CheckFailure[] = [];
  for (const [name, value] of Object.entries(bag)) {
    if (internalKeys.has(name) || value === undefined) continue;
    const expression = table[name];
    if (expression === undefined) {
      failures.push({ property: join(path, name), reason: `unknown property${suggestion(name, Object.keys(table))}` });
    } else if (value !== null) {
      failures.push(...checkValue(schema, parseType(expression.replace(/!$/, "")), value, join(path, name)));
    }
  }
  for (const [name, expression] of Object.entries(table)) {
    if (expression.endsWith("!") && (bag[name] === undefined || bag[name] === null)) {
      failures.push({ property: join(path, name), reason: "required property is missing" });
    }
  }
  return failures;
}

function checkValue(schema: PackageSchema, type: TypeExpression, value: unknown, path: string): CheckFailure[] {
  if (isUnknown(value)) return [];
  switch (type.kind) {
    case "any":
      return [];
    case "string":
    case "number":
    case "boolean":
      return typeof value === type.kind ? [] : [wrongType(path, `a ${type.kind}`, value)];
    case "asset":
      return isRecord(value) && assetSignatures.has(String(value[signatureKey]))
        ? []
        : [wrongType(path, "an asset or archive", value)];
    case "list":
      if (!Array.isArray(value)) return [wrongType(path, "a list", value)];
      return value.flatMap((item, index) =>
        item === null || item === undefined
          ? [wrongType(`${path}[${index}]`, "a value", item)]
          : checkValue(schema, type.item, item, `${path}[${index}]`),
      );
    case "map":
      if (!isRecord(value)) return [wrongType(path, "a map", value)];
      return Object.entries(value).flatMap(([key, item]) =>
        internalKeys.has(key) ? [] : checkValue(schema, type.item, item, `${path}["${key}"]`),
      );
    case "object":
      if (!isRecord(value)) return [wrongType(path, "an object", value)];
      return checkObject(schema, tableOf(schema, type.table), value, path);
    case "union": {
      const outcomes = type.options.map((option) => checkValue(schema, option, value, path));
      // The option that fits best says what is wrong: it looked deepest into the value.
      return outcomes.some((failures) => failures.length === 0) ? [] : (outcomes[0] ?? []);
    }
  }
}

function tableOf(schema: PackageSchema, name: string): Table {
  const table = schema.types[name];
  if (!table) throw new Error(`lab/schema/${schema.package}.json names the type ${name} and does not have it`);
  return table;
}

function wrongType(path: string, wanted: string, value: unknown): CheckFailure {
  return { property: path, reason: `expected ${wanted}, got ${describe(value)}` };
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  // Only the type: the value may be a secret.
  return `a ${typeof value}`;
}

function suggestion(name: string, known: string[]): string {
  const [nearest] = known
    .map((candidate) => ({ candidate, steps: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, steps }) => steps <= Math.max(2, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.steps - b.steps);
  return nearest ? `; did you mean "${nearest.candidate}"?` : "";
}

function join(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}
