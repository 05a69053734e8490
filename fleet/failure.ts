import { lostEngine } from "../stacks/names.ts";
import type { Message, Tracker } from "./progress/tracker.ts";
import { nameOf, resourceOf } from "./progress/urn.ts";

/** Why work on a stack failed, and how things stand now. */
export interface Failure {
  /** What the engine was doing: `bringing up`. */
  during: string;
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

/**
 * Gathers what a failed operation has to tell a person.
 * @param touched is true when the operation may have changed something
 * @param command runs the operation again
 */
export function failureOf(
  during: string,
  error: unknown,
  tracker: Tracker,
  touched: boolean,
  command: string,
): Failure {
  const causes = tracker.errors
    .filter(({ text }) => !empty.some((pattern) => pattern.test(text)))
    .map((message) => ({ resource: resourceNamed(message), message: message.text }));
  const reported = [...new Map(causes.map((cause) => [`${cause.resource}/${cause.message}`, cause])).values()];
  const unique = reported.length > 0 ? reported : [{ message: lastWords(error) }];
  const mend = remedies.find(({ says }) => unique.some(({ message }) => says.test(message)))?.mend ?? "mend the cause";
  return {
    during,
    causes: unique,
    state: touched ? stateOf(tracker) : "nothing was changed",
    next: `${mend}, then: ${command}${touched ? " (goes on from here)" : ""}`,
  };
}

/** The failure as indented lines. */
export function renderFailure(stack: string, failure: Failure): string {
  const lines = [`${stack}: ${failure.during} failed`];
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

function stateOf(tracker: Tracker): string {
  const failed = [...tracker.failed].map(nameOf);
  const but = failed.length > 0 ? `; failed: ${failed.join(", ")}` : "";
  return `resources that are as they should be: ${tracker.view.done}${but}; all of it is recorded`;
}

/** Errors of the command line carry its whole output; what matters are the lines that call themselves errors. */
function lastWords(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (!(error instanceof Error) || !("commandResult" in error)) return text;
  const lines = text.split("\n").map((line) => line.trim().replace(/^(stderr|err\?): /, ""));
  const errors = [...new Set(lines.filter((line) => line.startsWith("error: ")))];
  return errors.join("\n").replaceAll(/^error: /gm, "") || "the engine ended without a word; it may have been killed";
}
