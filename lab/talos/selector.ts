/** Sizes that Talos knows in disk selectors. */
const sizes: Record<string, number> = {
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

/** CEL names of the properties that the provider calls differently. */
const propertyNames: Record<string, string> = {
  dev_path: "devPath",
  pretty_size: "prettySize",
  io_size: "ioSize",
  sector_size: "sectorSize",
  bus_path: "busPath",
  sub_system: "subSystem",
};

/**
 * Evaluates a CEL expression over a disk: comparisons, arithmetic, logic, string functions; no macros.
 * @throws Error for what is no such expression
 */
export function evaluateSelector(expression: string, disk: Record<string, unknown>): boolean {
  const result = new Evaluation(expression, disk).run();
  if (typeof result !== "boolean") throw new Error(`expression output type is ${typeof result}, expected bool`);
  return result;
}

type Value = string | number | boolean;

class Evaluation {
  private readonly tokens: string[];
  private readonly disk: Record<string, unknown>;
  private readonly text: string;
  private at = 0;

  constructor(text: string, disk: Record<string, unknown>) {
    this.text = text;
    this.disk = disk;
    const pattern =
      /\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\d+(?:\.\d+)?u?|[A-Za-z_]\w*|&&|\|\||[<>=!]=|[-+*/%<>!().,])/y;
    this.tokens = [];
    while (pattern.lastIndex < text.trimEnd().length) {
      const match = pattern.exec(text);
      if (!match) throw new Error(`failed to parse "${text}"`);
      this.tokens.push(match[1] as string);
    }
  }

  run(): Value {
    const value = this.or();
    if (this.at < this.tokens.length) this.fail();
    return value;
  }

  private or(): Value {
    let left = this.and();
    while (this.take("||")) {
      const right = this.and();
      left = this.bool(left) || this.bool(right);
    }
    return left;
  }

  private and(): Value {
    let left = this.comparison();
    while (this.take("&&")) {
      const right = this.comparison();
      left = this.bool(left) && this.bool(right);
    }
    return left;
  }

  private comparison(): Value {
    const left = this.sum();
    const operator = ["==", "!=", "<=", ">=", "<", ">"].find((candidate) => this.take(candidate));
    if (!operator) return left;
    const right = this.sum();
    if (typeof left !== typeof right) throw new Error(`found no matching overload for '_${operator}_'`);
    switch (operator) {
      case "==":
        return left === right;
      case "!=":
        return left !== right;
      case "<=":
        return left <= right;
      case ">=":
        return left >= right;
      case "<":
        return left < right;
      default:
        return left > right;
    }
  }

  private sum(): Value {
    let left = this.product();
    for (;;) {
      if (this.take("+")) left = this.number(left) + this.number(this.product());
      else if (this.take("-")) left = this.number(left) - this.number(this.product());
      else return left;
    }
  }

  private product(): Value {
    let left = this.unary();
    for (;;) {
      if (this.take("*")) left = this.number(left) * this.number(this.unary());
      else if (this.take("/")) left = this.number(left) / this.number(this.unary());
      else return left;
    }
  }

  private unary(): Value {
    if (this.take("!")) return !this.bool(this.unary());
    return this.call(this.atom());
  }

  /** String functions, as in `disk.dev_path.startsWith("/dev/nvme")`. */
  private call(subject: Value): Value {
    if (!this.take(".")) return subject;
    const name = this.next();
    if (!this.take("(")) this.fail();
    const argument = this.or();
    if (!this.take(")") || typeof subject !== "string" || typeof argument !== "string") this.fail();
    if (name === "startsWith") return subject.startsWith(argument);
    if (name === "endsWith") return subject.endsWith(argument);
    if (name === "contains") return subject.includes(argument);
    if (name === "matches") return new RegExp(argument).test(subject);
    throw new Error(`undeclared reference to '${name}'`);
  }

  private atom(): Value {
    const token = this.next();
    if (token === "(") {
      const value = this.or();
      if (!this.take(")")) this.fail();
      return value;
    }
    if (/^["']/.test(token)) return token.slice(1, -1);
    if (/^\d/.test(token)) return Number(token.replace("u", ""));
    if (token === "true" || token === "false") return token === "true";
    if (token === "system_disk") return this.disk.devPath === "/dev/sda";
    if (token in sizes) return sizes[token] as number;
    if (token !== "disk" || !this.take(".")) throw new Error(`undeclared reference to '${token}'`);
    const name = this.next();
    const value = this.disk[propertyNames[name] ?? name];
    if (value === undefined || typeof value === "object") throw new Error(`undefined field '${name}'`);
    return value as Value;
  }

  private bool(value: Value): boolean {
    if (typeof value !== "boolean") throw new Error("found no matching overload for a logical operator");
    return value;
  }

  private number(value: Value): number {
    if (typeof value !== "number") throw new Error("found no matching overload for an arithmetic operator");
    return value;
  }

  private take(token: string): boolean {
    if (this.tokens[this.at] !== token) return false;
    this.at += 1;
    return true;
  }

  private next(): string {
    const token = this.tokens[this.at];
    if (token === undefined) this.fail();
    this.at += 1;
    return token;
  }

  private fail(): never {
    throw new Error(`failed to parse "${this.text}"`);
  }
}
