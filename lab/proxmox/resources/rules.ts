import type { CheckFailure } from "../../protocol/provider.ts";
import { isRecord, isUnknown } from "../../protocol/values.ts";

/** Says what is wrong with a known value, or nothing. */
export type Rule = (value: unknown) => string | undefined;

/** Rules by property path: `cpu.cores`, `disks[].size`. */
export type Rules = Record<string, Rule>;

/** One of these words. */
export function oneOf(...words: string[]): Rule {
  return (value) => (words.includes(String(value)) ? undefined : `expected one of ${words.join(", ")}, got "${value}"`);
}

/** A whole number in a range. */
export function between(least: number, most: number): Rule {
  return (value) =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most
      ? undefined
      : `expected a whole number in the range (${least} - ${most}), got ${value}`;
}

/** Text of a form; `form` says it in words. */
export function matching(pattern: RegExp, form: string): Rule {
  return (value) => (pattern.test(String(value)) ? undefined : `${form}, got "${value}"`);
}

/** Applies rules to the properties that are there and known. */
export function applyRules(inputs: Record<string, unknown>, rules: Rules): CheckFailure[] {
  return Object.entries(rules).flatMap(([path, rule]) => visit(inputs, path.split("."), "", rule));
}

function visit(value: unknown, steps: string[], path: string, rule: Rule): CheckFailure[] {
  if (value === undefined || isUnknown(value)) return [];
  const [step, ...rest] = steps;
  if (step === undefined) {
    const reason = rule(value);
    return reason ? [{ property: path, reason }] : [];
  }
  if (!isRecord(value)) return [];
  const name = step.replace(/\[\]$/, "");
  const here = path ? `${path}.${name}` : name;
  const found = value[name];
  if (!step.endsWith("[]")) return visit(found, rest, here, rule);
  if (!Array.isArray(found)) return [];
  return found.flatMap((item, index) => visit(item, rest, `${here}[${index}]`, rule));
}
