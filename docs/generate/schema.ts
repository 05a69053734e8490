import type { z } from "zod";
import type { Commented, KeyComment } from "./comments.ts";

/** One key of a stack file. */
export interface Row {
  key: string;
  type: string;
  /** Schema of the object that the value is or holds; undefined for plain values. */
  object?: unknown;
  /** What holds when the key is absent; undefined when it may be absent without consequence. */
  defaultText?: string;
  required: boolean;
  comment: KeyComment;
  /** Identity of the key's schema, to recognize keys that several objects share. */
  schema: unknown;
}

/** One object of a stack file: a path such as `proxmox.hosts.<host>` and its keys. */
export interface Section {
  path: string;
  rows: Row[];
  /** Identity of the object's schema, to recognize objects that occur in several places. */
  schema: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: zod's definitions carry no narrower public type
type Definition = { type: string } & Record<string, any>;

const placeholders: Record<string, string> = {
  "proxmox.hosts": "host",
  "proxmox.storages": "storage",
  "proxmox.pciMappings": "mapping",
  releases: "release",
  routers: "router",
  workers: "pool",
  overrides: "node",
  addons: "add-on",
};

/** Lists all objects below a schema with their keys, outermost first. */
export function sectionsOf(schema: z.ZodType, source: Commented): Section[] {
  return walkObject("", strip(schema).inner, source);
}

function walkObject(path: string, schema: z.ZodType, source: Commented): Section[] {
  const object = definition(schema);
  const rows: Row[] = [];
  const below: Section[] = [];
  for (const [key, value] of Object.entries(object.shape as Record<string, z.ZodType>)) {
    const comment = source.comments.get(key) ?? { text: "" };
    const { inner, optional, defaultValue } = strip(value);
    const fallback = comment.defaultText ?? defaultValue;
    const row: Row = {
      key,
      type: typeText(inner),
      required: !optional && fallback === undefined,
      comment,
      schema: value,
      ...(fallback === undefined ? {} : { defaultText: fallback }),
    };
    const inside = walkValue(path ? `${path}.${key}` : key, inner, source.child(key));
    rows.push(inside[0] ? { ...row, object: inside[0].schema } : row);
    below.push(...inside);
  }
  return [{ path, rows, schema }, ...below];
}

function walkValue(path: string, schema: z.ZodType, source: Commented): Section[] {
  const inner = strip(schema).inner;
  const def = definition(inner);
  if (def.type === "object") return walkObject(path, inner, source);
  if (def.type === "array") return walkValue(`${path}[]`, def.element, source.element());
  if (def.type === "record") {
    return walkValue(`${path}.<${placeholders[path] ?? "name"}>`, def.valueType, source.element());
  }
  if (def.type === "union") {
    const sources = source.options();
    return (def.options as z.ZodType[]).flatMap((option, index) => {
      const mode = discriminator(option, def.discriminator);
      const label = mode ? `${path} (${def.discriminator}: ${mode})` : path;
      return walkValue(label, option, sources[index] ?? source);
    });
  }
  return [];
}

function discriminator(option: z.ZodType, key?: string): string | undefined {
  const literal = key && definition(option).shape?.[key];
  return literal ? String(definition(literal).values[0]) : undefined;
}

/** Takes `optional` and `default` off a schema. */
function strip(schema: z.ZodType): { inner: z.ZodType; optional: boolean; defaultValue?: string } {
  const def = definition(schema);
  if (def.type === "optional") return { ...strip(def.innerType), optional: true };
  if (def.type === "default" || def.type === "prefault") {
    const rest = strip(def.innerType);
    const defaultValue = valueText(def.defaultValue, definition(rest.inner).type);
    return { ...rest, optional: true, ...(defaultValue ? { defaultValue } : {}) };
  }
  return { inner: schema, optional: false };
}

/** Of an object's default only the plain values are told: the keys below have their own. */
function valueText(value: unknown, type: string): string | undefined {
  if (value === "") return "empty";
  if (typeof value !== "object" || value === null) return code(String(value));
  if (Array.isArray(value)) return value.length === 0 ? "none" : code(value.join(", "));
  const entries = Object.entries(value);
  if (type === "record") return entries.length === 0 ? "none" : code(plainText(value));
  const flat = entries.filter(([, item]) => (Array.isArray(item) ? item.length > 0 : typeof item !== "object"));
  return flat.length > 0 ? code(plainText(Object.fromEntries(flat)).replace(/^\{ | \}$/g, "")) : undefined;
}

function plainText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plainText).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([key, item]) => `${key}: ${plainText(item)}`)
    .join(", ")} }`;
}

function typeText(schema: z.ZodType): string {
  const inner = strip(schema).inner;
  const def = definition(inner);
  if (def.type === "object") return "object";
  if (def.type === "array") return listText(def);
  if (def.type === "record") return recordText(def);
  if (def.type === "union") return unionText(def);
  if (def.type === "enum") return Object.values(def.entries).map(String).map(code).join(", ");
  if (def.type === "literal") return (def.values as unknown[]).map(String).map(code).join(", ");
  if (def.type === "string") return stringText(def);
  if (def.type === "number") return numberText(def);
  if (def.type === "boolean") return "true or false";
  if (def.type === "unknown" || def.type === "any") return "any";
  throw new Error(`no text for the schema type "${def.type}"`);
}

function listText(def: Definition): string {
  const bounds = checks(def);
  const least = bounds.find(({ check }) => check === "min_length")?.minimum;
  const most = bounds.find(({ check }) => check === "max_length")?.maximum;
  const count =
    least && most ? `${least} to ${most}, ` : least ? `at least ${least}, ` : most ? `at most ${most}, ` : "";
  return `list: ${count}each ${typeText(def.element)}`;
}

function recordText(def: Definition): string {
  const key = definition(def.keyType);
  const format = key.type === "string" ? checks(key).find(({ check }) => check === "string_format") : undefined;
  const keys = format ? `names (${messageOf(format)})` : "names";
  return `${keys} to ${typeText(def.valueType)}`;
}

function unionText(def: Definition): string {
  if (def.discriminator) {
    const values = (def.options as z.ZodType[]).map((option) => code(discriminator(option, def.discriminator) ?? ""));
    return `object, by \`${def.discriminator}\`: ${values.join(", ")}`;
  }
  const own = def.error?.({ input: "", issues: [], code: "invalid_union" });
  if (typeof own === "string") return withCode(own);
  return (def.options as z.ZodType[]).map(typeText).join(" or ");
}

const formats: Record<string, string> = {
  ipv4: "an IPv4 address",
  ipv6: "an IPv6 address",
  cidrv4: "an IPv4 range",
  cidrv6: "an IPv6 range",
  url: "a URL",
  email: "an e-mail address",
};

function stringText(def: Definition): string {
  const format = def.format ? def : checks(def).find(({ check }) => check === "string_format");
  if (!format) return "text";
  if (format.format === "regex") return messageOf(format);
  if (format.format === "url" && format.protocol) return `a URL (${protocols(format.protocol)})`;
  return formats[format.format] ?? format.format;
}

function protocols(pattern: RegExp): string {
  return ["http", "https"].filter((name) => pattern.test(name)).join(", ");
}

/** A pattern's own message says what is allowed; without one the pattern itself has to. */
function messageOf(format: Definition): string {
  const message = format.error?.({ input: "", issues: [], code: "invalid_format" });
  return typeof message === "string" ? withCode(message) : `text that matches \`${format.pattern}\``;
}

function numberText(def: Definition): string {
  const bounds = checks(def);
  const integer = bounds.some(({ check, format }) => check === "number_format" && /int/.test(format));
  const lower = bounds.find(({ check }) => check === "greater_than");
  const upper = bounds.find(({ check }) => check === "less_than");
  const kind = integer ? "whole number" : "number";
  if (lower && upper) return `${kind}, ${lower.value} to ${upper.value}`;
  if (lower) return lower.inclusive ? `${kind}, ${lower.value} or more` : `${kind} above ${lower.value}`;
  return kind;
}

function checks(def: Definition): Definition[] {
  return ((def.checks ?? []) as { _zod: { def: Definition } }[]).map((check) => check._zod.def);
}

function definition(schema: z.ZodType): Definition {
  return (schema as unknown as { _zod: { def: Definition } })._zod.def;
}

/** Examples stand in quotation marks in messages, in code marks on the page. */
function withCode(message: string): string {
  return message.replace(/"([^"]+)"/g, "`$1`");
}

function code(text: string): string {
  return `\`${text}\``;
}
