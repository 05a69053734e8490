/** Turns what zod finds into problems in plain words. */
import type { z } from "zod";
import { type Problem, pathOf } from "./problems.ts";
import { boundsOf, choicesThatKnow, definitionOf, knownKeys, schemasAt, valueAt } from "./schema-tree.ts";
import { either, suggestion } from "./suggest.ts";

type Issue = z.core.$ZodIssue;

/** Problems of a value that a schema refused; paths are relative to the value. */
export function problemsOf(issues: readonly Issue[], schema: z.core.$ZodType, value: unknown): Problem[] {
  return issues.flatMap((issue) => translate(issue, schema, value));
}

function translate(issue: Issue, schema: z.core.$ZodType, value: unknown): Problem[] {
  const found = valueAt(value, issue.path);
  const at = { path: pathOf(issue.path), value: found };
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(schema, value, issue.path, key));
    case "invalid_type":
      return [wrongType(at, issue.expected, found, schemasAt(schema, value, issue.path))];
    case "invalid_value":
      return [wrongChoice(at, issue.values.map(String), found)];
    case "invalid_union":
      return wrongUnion(issue, at, schema, value);
    case "too_small":
    case "too_big":
      return [outOfBounds(issue, at, schemasAt(schema, value, issue.path))];
    case "invalid_format":
      return [wrongForm(issue, at, schemasAt(schema, value, issue.path))];
    case "invalid_key":
      return [
        {
          path: at.path,
          value: issue.path.at(-1),
          message: "is a name that cannot be used here",
          allowed: issue.issues[0]?.message,
        },
      ];
    case "invalid_element":
      return problemsOf(
        issue.issues.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }) as Issue),
        schema,
        value,
      );
    default:
      return [{ ...at, message: "cannot be used", allowed: issue.message }];
  }
}

function unknownKey(schema: z.core.$ZodType, value: unknown, path: readonly PropertyKey[], key: string): Problem {
  const known = knownKeys(schemasAt(schema, value, path));
  const elsewhere = choicesThatKnow(schema, value, path, key);
  return {
    path: pathOf([...path, key]),
    message: "unknown key",
    allowed: either(known),
    hint: elsewhere
      ? `"${key}" belongs to ${elsewhere.discriminator} ${either(elsewhere.choices)}`
      : suggestion(key, known),
  };
}

const words: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "keys and values",
  record: "keys and values",
};

function wrongType(
  at: { path: string; value: unknown },
  expected: string,
  found: unknown,
  schemas: z.core.$ZodType[],
): Problem {
  const range = numberRange(schemas);
  const wanted = words[expected] ?? expected;
  if (found === undefined) return { path: at.path, message: "is missing", allowed: range ?? wanted };
  const hint = typeHint(expected, found) ?? countHint(schemas, found);
  return { ...at, message: `has to be ${wanted}`, allowed: range, hint };
}

/** Downstream clusters say how many nodes there are by the number alone; other clusters can say more about them. */
function countHint(schemas: z.core.$ZodType[], found: unknown): string | undefined {
  if (typeof found !== "number") return undefined;
  if (knownKeys(schemas).includes("count")) return `write { count: ${found} }`;
  const pools = schemas.flatMap((schema) => definitionOf(schema).valueType ?? []);
  return knownKeys(pools).includes("count") ? `write { wk: { count: ${found} } }, which names a pool` : undefined;
}

function typeHint(expected: string, found: unknown): string | undefined {
  if (found === null) return "nothing stands after the colon; give a value or remove the key";
  const wantsNumber = expected === "number" || expected === "int";
  if (wantsNumber && typeof found === "string" && found.trim() !== "" && Number.isFinite(Number(found))) {
    return "write it without quotes";
  }
  if (expected === "boolean") return booleanHint(found);
  if (expected === "string" && (typeof found === "number" || typeof found === "boolean")) {
    return `write it in quotes: "${found}"`;
  }
  if (expected === "array" && typeof found !== "object") return "write it as a list, also when there is one entry only";
  return undefined;
}

/** What older YAML took for true or false is text now. */
function booleanHint(found: unknown): string | undefined {
  if (found === "true" || found === "false") return "write it without quotes";
  if (/^(y|yes|on)$/i.test(String(found))) return "write true";
  return /^(n|no|off)$/i.test(String(found)) ? "write false" : undefined;
}

function wrongChoice(at: { path: string; value: unknown }, choices: string[], found: unknown): Problem {
  const allowed = either(choices);
  if (found === undefined) return { path: at.path, message: "is missing", allowed };
  return { ...at, message: "cannot be used", allowed, hint: suggestion(String(found), choices) };
}

function wrongUnion(
  issue: Extract<Issue, { code: "invalid_union" }>,
  at: { path: string; value: unknown },
  schema: z.core.$ZodType,
  value: unknown,
): Problem[] {
  const options = (issue as { options?: unknown[] }).options;
  if (options) return [wrongChoice(at, options.map(String), at.value)];
  if (issue.message !== "Invalid input") {
    return at.value === undefined
      ? [{ path: at.path, message: "is missing", allowed: issue.message }]
      : [{ ...at, message: "cannot be used", allowed: issue.message }];
  }
  // The branch whose type fits says best what is wrong; without one, all the types are named.
  const fitting = issue.errors.filter((branch) => !branch.some(isWrongTypeHere));
  const [only] = fitting;
  if (only && fitting.length === 1) {
    return problemsOf(
      only.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }) as Issue),
      schema,
      value,
    );
  }
  const types = issue.errors.flatMap((branch) =>
    branch.flatMap((inner) => (inner.code === "invalid_type" ? [words[inner.expected] ?? inner.expected] : [])),
  );
  const hint = types.includes(words.boolean ?? "") ? booleanHint(at.value) : undefined;
  return [{ ...at, message: `has to be ${either([...new Set(types)])}`, hint }];
}

function isWrongTypeHere(issue: Issue): boolean {
  return issue.code === "invalid_type" && issue.path.length === 0;
}

function outOfBounds(
  issue: Extract<Issue, { code: "too_small" | "too_big" }>,
  at: { path: string; value: unknown },
  schemas: z.core.$ZodType[],
): Problem {
  const small = issue.code === "too_small";
  const bound = Number(small ? issue.minimum : issue.maximum);
  if (issue.origin === "array") {
    return {
      ...at,
      message: `has too ${small ? "few" : "many"} entries`,
      allowed: `${small ? "at least" : "at most"} ${bound}`,
    };
  }
  if (issue.origin === "string") {
    return small
      ? { path: at.path, message: "is empty", allowed: "text" }
      : { ...at, message: "is too long", allowed: `at most ${bound} characters` };
  }
  return { ...at, message: `is too ${small ? "small" : "large"}`, allowed: numberRange(schemas) ?? `${bound}` };
}

function numberRange(schemas: z.core.$ZodType[]): string | undefined {
  const bounds = schemas.map(boundsOf).find((found) => found !== undefined);
  if (!bounds) return undefined;
  const { low, above, high } = bounds;
  if (above !== undefined) return `more than ${above}`;
  if (low !== undefined && high !== undefined) return `${low} to ${high}`;
  if (low !== undefined) return `${low} or more`;
  return high === undefined ? undefined : `${high} or less`;
}

const forms: Record<string, string> = {
  ipv4: "an IPv4 address",
  ipv6: "an IPv6 address",
  cidrv4: 'an IPv4 range in CIDR notation such as "10.101.0.0/24"',
  cidrv6: 'an IPv6 range in CIDR notation such as "fd00:101::/64"',
};

function wrongForm(
  issue: Extract<Issue, { code: "invalid_format" }>,
  at: { path: string; value: unknown },
  schemas: z.core.$ZodType[],
): Problem {
  if (issue.format === "url") {
    const httpsOnly = schemas.some((schema) => definitionOf(schema).protocol?.source === "^https$");
    return { ...at, message: "cannot be used", allowed: httpsOnly ? "a URL with https://" : "a URL" };
  }
  const plain = forms[issue.format];
  const custom = issue.message.startsWith("Invalid") ? undefined : issue.message;
  return { ...at, message: "cannot be used", allowed: custom ?? plain ?? issue.format };
}
