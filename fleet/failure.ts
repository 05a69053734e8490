import { lostEngine } from "../stacks/names.ts";
import type { Message, Tracker } from "./progress/tracker.ts";
import { nameOf, resourceOf } from "./progress/urn.ts";

/** Why work on a stack failed, and how things stand now. */
export interface Failure {
  /** What the engine was doing: `bringing up`. */
  during: string;
  /** True when somebody stopped the run. */
  interrupted: boolean;
  /** One entry for every resource that failed, or one without resource. */
  causes: { resource?: string; message: string }[];
  /** How things stand. */
  state: string;
  /** What to do now. */
  next: string;
}

/** Messages of the engine that only say that something failed, when something else says what. */
const empty = [
  /^update failed$/,
  /^preview failed$/,
  /^resource .* failed$/,
  /^destroy failed$/,
  /^one or more errors occurred/,
  new RegExp(lostEngine),
];

/** What there is to read after a run was stopped, and tells nothing more. */
const stopped = [
  ...empty,
  /^(update|preview|destroy|refresh) cancell?ed$/,
  /^the engine ended without a word/,
  /^interrupted$/,
  /^asked to stop$/,
];

/** What helps where the engine names only its own way out, or none that fits the fleet program. */
const remedies = [
  {
    says: /PULUMI_ACCESS_TOKEN must be set/,
    mend: "log in to where state is kept (pulumi login, pulumi login file://<folder>, or PULUMI_BACKEND_URL)",
  },
  {
    says: /passphrase must be set|incorrect passphrase/,
    mend: "set PULUMI_CONFIG_PASSPHRASE_FILE or PULUMI_CONFIG_PASSPHRASE to the passphrase of the stack's secrets",
  },
];

/** How an operation failed, beside what it said itself. */
export interface Circumstances {
  /** What the engine was doing: `bringing up`. */
  during: string;
  /** Follows the operation. */
  tracker: Tracker;
  /** True when the operation may have changed something. */
  touched: boolean;
  /** Runs the operation again. */
  command: string;
  /** True when somebody stopped the run. */
  interrupted: boolean;
}

/** Gathers what a failed operation has to tell a person. */
export function failureOf(error: unknown, { during, tracker, touched, command, interrupted }: Circumstances): Failure {
  const silent = interrupted ? stopped : empty;
  const causes = tracker.errors
    .filter(({ text }) => !silent.some((pattern) => pattern.test(text)))
    .map((message) => ({ resource: resourceNamed(message), message: message.text }));
  const reported = [...new Map(causes.map((cause) => [`${cause.resource}/${cause.message}`, cause])).values()];
  const last = { message: lastWords(error) };
  const unique =
    reported.length > 0 || (interrupted && stopped.some((pattern) => pattern.test(last.message))) ? reported : [last];
  return {
    during,
    interrupted,
    causes: unique,
    state: touched ? stateOf(tracker, during) : "nothing was changed",
    next: `${interrupted ? "" : `${mendOf(unique)}, then: `}${command}${touched ? " (goes on from here)" : ""}`,
  };
}

function mendOf(causes: Failure["causes"]): string {
  return remedies.find(({ says }) => causes.some(({ message }) => says.test(message)))?.mend ?? "mend the cause";
}

/** The failure as indented lines. */
export function renderFailure(stack: string, failure: Failure): string {
  const lines = [`${stack}: ${failure.during} ${failure.interrupted ? "was interrupted" : "failed"}`];
  for (const { resource, message } of failure.causes) {
    const [first, ...rest] = readable(message).split("\n");
    lines.push(`  ${resource ? `${resource}: ` : ""}${first}`, ...rest.map((line) => `    ${line}`));
  }
  lines.push(`  state: ${failure.state}`, `  next:  ${failure.next}`);
  return lines.join("\n");
}

/** Commands that failed are quoted with all their text; more than a line of it does not help. */
function readable(message: string): string {
  return message.replace(/running "((?:[^"\\]|\\.)*)"/, (quote, command: string) =>
    command.length > 100 ? `running "${command.slice(0, 97)}..."` : quote,
  );
}

function resourceNamed({ urn }: Message): string | undefined {
  return urn && !urn.includes("::pulumi:pulumi:Stack::") ? resourceOf(urn) : undefined;
}

function stateOf(tracker: Tracker, during: string): string {
  const failed = [...tracker.failed].map(nameOf);
  const but = failed.length > 0 ? `; failed: ${failed.join(", ")}` : "";
  const done =
    during === "destroying"
      ? `resources that are gone: ${tracker.changes.filter(({ operation }) => operation === "delete").length}`
      : `resources that are as they should be: ${tracker.view.done}`;
  return `${done}${but}; all of it is recorded`;
}

/** Errors of the command line carry its whole output; what matters are the lines that call themselves errors. */
function lastWords(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (!(error instanceof Error) || !("commandResult" in error)) return text;
  const lines = text.split("\n").map((line) => line.trim().replace(/^(stderr|err\?): /, ""));
  const errors = [...new Set(lines.filter((line) => line.startsWith("error: ")))];
  return errors.join("\n").replaceAll(/^error: /gm, "") || "the engine ended without a word; it may have been killed";
}
