import { parseArgs } from "node:util";

/** What a person or CI asked the fleet program to do. */
export interface FleetRequest {
  verb: Verb;
  /** Stacks as named; empty means all that have a stack file. */
  stacks: string[];
  /** Works in the simulated data centre instead of on real hosts. */
  lab: boolean;
  /** Works on the named stacks only, and takes `shared` as it is. */
  only: boolean;
  /** Prints one JSON document instead of text. */
  json: boolean;
  /** Clusters that are worked on at the same time. */
  parallel: number;
  /** Does not ask before something is destroyed. */
  yes: boolean;
  /** Folder with `Pulumi.yaml` and the stack files. @default the project's own */
  folder?: string;
}

/** A request to write what a Git repository holds for the add-ons of one cluster. */
export interface RenderRequest {
  verb: "render";
  stack: string;
  /** Folder of the repository. */
  to: string;
  /** Says that `up` has taken downstream clusters back from Git, so that their files may leave. @default false */
  takenBack?: boolean;
  /** Prints one JSON document instead of text. */
  json: boolean;
  /** Folder with `Pulumi.yaml` and the stack files. @default the project's own */
  folder?: string;
}

/** The verbs of the command line that work on stacks. */
export type Verb = "up" | "preview" | "destroy" | "status";

const verbs: readonly string[] = ["up", "preview", "destroy", "status"] satisfies Verb[];

/** Verbs that no stack is opened for. */
const others: readonly string[] = ["render"];

/** A command line that cannot be understood. */
export class UsageError extends Error {}

/** The text of `--help`. */
export const helpText = `Brings the fleet's stacks up through the Pulumi engine: shared first, then clusters side by side.

Usage
  npm start [-- stacks...]                       try it: "start" in the simulated data centre
  npm run fleet -- <verb> [stacks...] [options]

Verbs
  start      the same as up --lab; the cluster luna when no stack is named
  up         make the stacks what their stack files say
  preview    show what up would change, and change nothing
  destroy    take clusters down; the stack shared goes last, when it is named or all go
  status     show what was brought up, without running the program
  render     write what a Git repository holds for the add-ons of one cluster that Argo CD or Flux delivers

Stacks are named as in Pulumi.<name>.yaml. All are taken when none is named.

Options
  --lab            work in the simulated data centre below .orrery/lab
  --only           work on the named stacks only, and take shared as it was brought up
  --parallel <n>   clusters that are worked on at the same time (default 2)
  --json           print one JSON document on standard output and nothing else
  --yes            do not ask before destroying
  --to <folder>    folder of the Git repository, for render
  --taken-back     for render, when up has taken downstream clusters back from Git: their files may leave
  --folder <path>  folder with Pulumi.yaml and the stack files (default: this project)
  --help           show this text

Exit codes
  0  all stacks are as they should be
  1  something failed while stacks were worked on
  2  the command line or a stack file is wrong; nothing was started`;

/**
 * Reads the command line, without the program's name.
 * @returns undefined when help is asked for
 * @throws UsageError naming what is wrong and what is allowed
 */
export function parseArguments(argv: string[]): FleetRequest | RenderRequest | undefined {
  const { values, positionals } = parse(argv);
  if (values.help) return undefined;
  const [first, ...named] = positionals;
  if (first === undefined) throw new UsageError(`a verb is missing: ${["start", ...verbs, ...others].join(", ")}`);
  if (first === "render") return renderRequest(named, values);
  for (const option of ["to", "taken-back"] as const) {
    if (values[option] !== undefined) throw new UsageError(`--${option} is for render only`);
  }
  const start = first === "start";
  const verb = start ? "up" : first;
  if (!isVerb(verb))
    throw new UsageError(`unknown verb "${verb}": ${["start", ...verbs, ...others].join(", ")} are known`);
  return {
    verb,
    stacks: start && named.length === 0 ? ["luna"] : [...new Set(named)],
    lab: start || values.lab === true,
    only: onlyNamed(verb, named, values.only),
    json: values.json === true,
    parallel: parallelOf(values.parallel),
    yes: values.yes === true,
    folder: values.folder,
  };
}

function renderRequest(named: string[], values: ReturnType<typeof parse>["values"]): RenderRequest {
  const [stack] = named;
  if (stack === undefined || named.length > 1)
    throw new UsageError("render takes one cluster: render luna --to <folder>");
  if (!values.to) throw new UsageError("render needs --to: the folder of the Git repository");
  for (const option of ["lab", "only", "parallel", "yes"] as const) {
    if (values[option] !== undefined) throw new UsageError(`--${option} is not for render`);
  }
  return {
    verb: "render",
    stack,
    to: values.to,
    ...(values["taken-back"] ? { takenBack: true } : {}),
    json: values.json === true,
    folder: values.folder,
  };
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        lab: { type: "boolean" },
        only: { type: "boolean" },
        json: { type: "boolean" },
        parallel: { type: "string" },
        yes: { type: "boolean", short: "y" },
        folder: { type: "string" },
        to: { type: "string" },
        "taken-back": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function onlyNamed(verb: Verb, named: string[], only = false): boolean {
  if (only && verb !== "up" && verb !== "preview") throw new UsageError("--only is for up and preview");
  if (only && named.length === 0) throw new UsageError("--only needs the names of stacks");
  return only;
}

function isVerb(text: string): text is Verb {
  return verbs.includes(text);
}

function parallelOf(text: string | undefined): number {
  if (text === undefined) return 2;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new UsageError(`--parallel is "${text}": a whole number from 1 is allowed`);
  }
  return value;
}
