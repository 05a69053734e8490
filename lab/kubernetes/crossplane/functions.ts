/**
 * What Go does for Crossplane: templates of compositions, and queries in CEL. The program beside this file is built when it
 * is asked for the first time, and kept; equal questions are answered from memory.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { toolsFolder } from "../../talos/tools-folder.ts";

const source = join(import.meta.dirname, "functions");
const answers = new Map<string, Answer>();
const mostAnswers = 1000;

interface Answer {
  text: string;
  holds: boolean;
  failed?: string;
}

/** True where Go is there to build the program, or the program itself. */
export function canRunFunctions(): boolean {
  return existsSync(binary()) || spawnSync("go", ["version"]).status === 0;
}

/**
 * What Go makes of a template with the functions that function-go-templating offers.
 * @throws Error in the words of Go
 */
export function execute(template: string, options: readonly string[], data: unknown): string {
  return ask({ template, options, data }).text;
}

/** Whether a query in CEL holds for an object. @throws Error in the words of CEL */
export function holds(query: string, object: unknown): boolean {
  return ask({ query, object }).holds;
}

function ask(question: Record<string, unknown>): Answer {
  const input = JSON.stringify(question);
  const key = createHash("sha256").update(input).digest("hex");
  const answer = answers.get(key) ?? run(input);
  if (answers.size >= mostAnswers) answers.clear();
  answers.set(key, answer);
  if (answer.failed !== undefined) throw new Error(answer.failed);
  return answer;
}

function run(input: string): Answer {
  const file = binary();
  if (!existsSync(file)) build(file);
  const { status, stdout, stderr, error } = spawnSync(file, { input, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`${file}: ${error?.message ?? stderr}`);
  return JSON.parse(stdout) as Answer;
}

/** Another content is another program. */
function binary(): string {
  const hash = createHash("sha256");
  for (const name of ["main.go", "go.mod", "go.sum"]) hash.update(readFileSync(join(source, name)));
  return join(toolsFolder(), "crossplane-functions", hash.digest("hex").slice(0, 12), "functions");
}

/** The file appears under its name when it is complete. */
function build(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  const env = { ...process.env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly -buildvcs=false" };
  const args = ["build", "-trimpath", "-ldflags", "-s -w", "-o", temporary, "."];
  const { status, stderr, error } = spawnSync("go", args, { cwd: source, env, encoding: "utf8" });
  try {
    if (status !== 0) {
      throw new Error(`the lab's Crossplane needs Go 1.26 or newer on the PATH: ${error?.message ?? stderr.trim()}`);
    }
    renameSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true });
  }
}
