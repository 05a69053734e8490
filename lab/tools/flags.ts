import { ToolFailure } from "./tool.ts";

/** Flags of a command: long name to what it takes; `short` names with one letter. */
export interface FlagSet {
  /** Flags with a value. */
  values: string[];
  /** Flags that are switched on by naming them. */
  switches: string[];
  /** One letter to long name. */
  short: Record<string, string>;
}

/** Arguments, taken apart. */
export interface Parsed {
  words: string[];
  values: Record<string, string[]>;
  switches: Record<string, boolean>;
}

/**
 * Takes arguments apart as the flag library of talosctl and kubectl does: flags and words in any order.
 * @throws ToolFailure for a flag that is not known
 */
export function parseFlags(args: string[], flags: FlagSet): Parsed {
  const parsed: Parsed = { words: [], values: {}, switches: {} };
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? "";
    if (argument === "--") {
      parsed.words.push(...args.slice(index + 1));
      break;
    }
    if (!argument.startsWith("-") || argument === "-") {
      parsed.words.push(argument);
      continue;
    }
    const { name, value, shown } = split(argument, flags);
    if (flags.switches.includes(name)) {
      parsed.switches[name] = value === undefined || value === "true";
    } else if (flags.values.includes(name)) {
      let taken = value;
      if (taken === undefined) {
        index += 1;
        taken = args[index];
      }
      if (taken === undefined) throw new ToolFailure(`flag needs an argument: ${shown}`);
      parsed.values[name] = [...(parsed.values[name] ?? []), taken];
    } else {
      throw new ToolFailure(`unknown ${argument.startsWith("--") ? "flag" : "shorthand flag"}: ${shown}`);
    }
  }
  return parsed;
}

/** The last value of a flag. */
export function lastOf(parsed: Parsed, name: string): string | undefined {
  return parsed.values[name]?.at(-1);
}

/** All values of a flag that takes comma separated lists. */
export function listOf(parsed: Parsed, name: string): string[] {
  return (parsed.values[name] ?? []).flatMap((value) => value.split(",")).filter((value) => value !== "");
}

function split(argument: string, flags: FlagSet): { name: string; value?: string; shown: string } {
  if (argument.startsWith("--")) {
    const at = argument.indexOf("=");
    if (at < 0) return { name: argument.slice(2), shown: argument };
    return { name: argument.slice(2, at), value: argument.slice(at + 1), shown: argument.slice(0, at) };
  }
  const letter = argument[1] ?? "";
  const rest = argument.slice(2).replace(/^=/, "");
  const name = flags.short[letter] ?? letter;
  return { name, value: rest === "" ? undefined : rest, shown: argument };
}
