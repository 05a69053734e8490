/** One mistake in a stack file, in the words of the person who wrote it. */
export interface Problem {
  /** Where in the object: `workers.gpu.suffixes[1]`; empty for the object itself or the whole file. */
  path: string;
  /** What was found there; left out when the message says it already. */
  value?: unknown;
  /** What is wrong, lower case, no full stop: `is taken by stack sol`. */
  message: string;
  /** What would be right: `1 to 254`. */
  allowed?: string;
  /** How to get there: `did you mean "release"?` */
  hint?: string;
  /** Name of the stack file: `Pulumi.luna.yaml`. */
  file?: string;
}

/** Refuses a configuration, with everything that is wrong in it at once. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super([`${count} in the configuration:`, ...problems.map((problem) => `  ${describe(problem)}`)].join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** A problem on one line: file, path, message, and in brackets what was found, what is allowed and a hint. */
export function describe(problem: Problem): string {
  const facts = [
    "value" in problem ? `found ${show(problem.value)}` : undefined,
    problem.allowed ? `allowed ${problem.allowed}` : undefined,
  ].filter((fact) => fact !== undefined);
  const details = [facts.join(", "), problem.hint ?? ""].filter((detail) => detail !== "").join("; ");
  const place = [problem.file, problem.path].filter(Boolean).join(": ");
  return `${place ? `${place}: ` : ""}${problem.message}${details ? ` (${details})` : ""}`;
}

/** Gives problems of a planner their file and the full path below a configuration key such as `orrery:cluster`. */
export function locate(problems: readonly Problem[], file: string, key: string): Problem[] {
  return problems.map((problem) => (problem.file ? problem : { ...problem, file, path: joinPath(key, problem.path) }));
}

/** `["workers", "wk", "suffixes", 1]` as `workers.wk.suffixes[1]`; keys that are not plain words stand in quotes. */
export function pathOf(segments: readonly PropertyKey[]): string {
  return segments.reduce<string>((path, segment) => {
    if (typeof segment === "number") return `${path}[${segment}]`;
    const key = String(segment);
    if (!/^[\w-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
    return path === "" ? key : `${path}.${key}`;
  }, "");
}

/** Two paths as one. */
export function joinPath(key: string, path: string): string {
  if (path === "") return key;
  return path.startsWith("[") ? `${key}${path}` : `${key}.${path}`;
}

const longestValue = 80;

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > longestValue ? `${text.slice(0, longestValue - 3)}...` : text;
}
