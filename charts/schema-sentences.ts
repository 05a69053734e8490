/** What a schema finds wrong, said for people. */
import type { ErrorObject } from "ajv";
import { pathOf } from "../config/problems.ts";
import { suggestion } from "../config/suggest.ts";
import { isBag } from "./chart-files.ts";

/**
 * Sentences with paths, each once, in the order in which they were found.
 * @param value what was looked at
 */
export function sentences(errors: readonly ErrorObject[], value: unknown): string[] {
  const alternatives = errors.filter(({ keyword }) => keyword === "anyOf" || keyword === "oneOf");
  // What a single alternative has to say is told with the others'.
  const apart = errors.filter((error) => !alternatives.some((all) => isPartOf(error, all)));
  const told = apart.filter(({ keyword }) => keyword !== "if").map((error) => sentence(error, errors, value));
  return [...new Set(told)];
}

function sentence(error: ErrorObject, all: readonly ErrorObject[], value: unknown): string {
  const { keyword, params, message } = error;
  const path = segmentsOf(error.instancePath, value);
  const place = pathOf(path) || "the whole";
  const found = JSON.stringify(error.data);
  switch (keyword) {
    case "required":
      return `${pathOf([...path, params.missingProperty])} is missing`;
    case "additionalProperties":
    case "unevaluatedProperties":
      return unknown(path, params.additionalProperty ?? params.unevaluatedProperty, error.parentSchema);
    case "type":
      return `${place} has to be ${[params.type].flat().join(" or ")}, and is ${found}`;
    case "enum":
      return `${place} has to be one of ${params.allowedValues.join(", ")}, and is ${found}`;
    case "pattern":
      return `${place} does not match ${params.pattern}: ${error.data}`;
    case "format":
      return `${place} is no ${params.format}: ${error.data}`;
    case "false schema":
      return `${place} is not allowed`;
    case "anyOf":
    case "oneOf": {
      const inside = all.filter((other) => isPartOf(other, error));
      const reasons = sentences(inside, value);
      if (reasons.length > 0) return reasons.join(", or ");
      return `${place} fits ${params.passingSchemas ? "more than one" : "none"} of the alternatives`;
    }
    default:
      return `${place} ${message ?? `fails at ${keyword}`}`;
  }
}

function unknown(path: PropertyKey[], key: string, schema: unknown): string {
  const known = isBag(schema) && isBag(schema.properties) ? Object.keys(schema.properties) : [];
  const hint = suggestion(key, known);
  return `${pathOf([...path, key])} is not known${hint ? `; ${hint}` : ""}`;
}

function isPartOf(error: ErrorObject, { schemaPath, instancePath }: ErrorObject): boolean {
  return error.schemaPath.startsWith(`${schemaPath}/`) && error.instancePath.startsWith(instancePath);
}

/** `/spec/ports/0` as keys; a number is one where the value has a list. */
function segmentsOf(pointer: string, value: unknown): PropertyKey[] {
  let at = value;
  return pointer
    .split("/")
    .slice(1)
    .map((word) => {
      const key = word.replaceAll("~1", "/").replaceAll("~0", "~");
      const segment = Array.isArray(at) ? Number(key) : key;
      at = (at as Record<PropertyKey, unknown>)[segment];
      return segment;
    });
}
