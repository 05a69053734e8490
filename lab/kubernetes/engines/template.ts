/**
 * As much of Go's templates and of Sprig as Sveltos' templates of this project use: variables, fields and a few functions.
 *
 * Facts: pkg.go.dev/text/template; github.com/Masterminds/sprig v3 (dig, dict, splitList); Sveltos sets
 * `missingkey=error`.
 */
import { isRecord } from "../../protocol/values.ts";

const action = /\{\{(-?)\s*(.*?)\s*(-?)\}\}/s;
const token = /\s*(?:"((?:[^"\\]|\\.)*)"|(\d+)|(\$\w+)|((?:\.\w+)+)|([a-zA-Z]\w*)|([()]))/y;

const functions: Record<string, (...args: unknown[]) => unknown> = {
  dict: () => ({}),
  index: (map, key) => (Array.isArray(map) ? element(map, Number(key)) : isRecord(map) ? map[String(key)] : undefined),
  splitList: (separator, text) => String(text).split(String(separator)),
  dig: (...args) => {
    const start = args.pop();
    const otherwise = args.pop();
    let at: unknown = start;
    for (const key of args) {
      if (!isRecord(at)) throw new Error("interface conversion: interface {} is not map[string]interface {}");
      if (!(String(key) in at)) return otherwise;
      at = at[String(key)];
    }
    return at;
  },
};

/** What becomes of a template. @throws Error in the words of Go */
export function instantiate(template: string, data: unknown): string {
  const variables = new Map<string, unknown>();
  let text = "";
  let rest = template;
  for (let found = action.exec(rest); found; found = action.exec(rest)) {
    const [whole, trimBefore, content = "", trimAfter] = found;
    const before = rest.slice(0, found.index);
    text += trimBefore ? before.trimEnd() : before;
    rest = rest.slice(found.index + whole.length);
    if (trimAfter) rest = rest.trimStart();
    const definition = /^(\$\w+)\s*:=\s*(.*)$/s.exec(content);
    const value = new Expression(definition?.[2] ?? content, data, variables).value();
    if (definition) variables.set(definition[1] as string, value);
    else text += value === undefined ? "<no value>" : String(value);
  }
  return text + rest;
}

class Expression {
  private readonly tokens: RegExpExecArray[] = [];
  private readonly data: unknown;
  private readonly variables: ReadonlyMap<string, unknown>;
  private at = 0;

  constructor(text: string, data: unknown, variables: ReadonlyMap<string, unknown>) {
    this.data = data;
    this.variables = variables;
    token.lastIndex = 0;
    for (let end = 0; end < text.length; end = token.lastIndex) {
      const found = token.exec(text);
      if (!found) throw new Error(`template: unexpected "${text.slice(end)}" in operand`);
      this.tokens.push(found);
    }
  }

  /** A call of a function, or a single operand. */
  value(): unknown {
    const name = this.tokens[this.at]?.[5];
    if (name === undefined) return this.operand();
    this.at += 1;
    const call = functions[name];
    if (!call) throw new Error(`template: function "${name}" not defined`);
    const args: unknown[] = [];
    while (this.at < this.tokens.length && this.tokens[this.at]?.[6] !== ")") args.push(this.operand());
    return call(...args);
  }

  private operand(): unknown {
    const [, text, number, variable, path, name, bracket] = this.tokens[this.at++] ?? [];
    if (text !== undefined) return JSON.parse(`"${text}"`);
    if (number !== undefined) return Number(number);
    if (path !== undefined) return path.slice(1).split(".").reduce(field, this.data);
    if (name !== undefined) return functions[name]?.();
    if (variable !== undefined) {
      if (!this.variables.has(variable)) throw new Error(`template: undefined variable "${variable}"`);
      return this.variables.get(variable);
    }
    if (bracket !== "(") throw new Error("template: missing value for command");
    const value = this.value();
    this.at += 1;
    return value;
  }
}

function field(value: unknown, key: string): unknown {
  if (isRecord(value) && key in value) return value[key];
  throw new Error(`map has no entry for key "${key}"`);
}

function element(list: unknown[], index: number): unknown {
  if (index < list.length) return list[index];
  throw new Error(`error calling index: index out of range: ${index}`);
}
