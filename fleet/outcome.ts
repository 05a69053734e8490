import type { Verb } from "./arguments.ts";
import type { Failure } from "./failure.ts";
import type { Change } from "./progress/tracker.ts";
import type { ClusterSummary, SharedSummary } from "./summary/cluster.ts";
import type { Move } from "./summary/moves.ts";

/** How work on one stack ended. */
export interface StackOutcome {
  stack: string;
  result: "changed" | "unchanged" | "planned" | "destroyed" | "shown" | "absent" | "failed" | "skipped";
  seconds: number;
  /** What was changed or, in a preview, would be. */
  changes: Change[];
  /** Resources that stay as they are. */
  unchangedResources: number;
  /** What the engine or a provider warned about. */
  warnings: string[];
  /** Resources taken over: a run was interrupted, or the answer to their create was lost. */
  adopted: string[];
  /** Operations of an interrupted run that were forgotten, to be done again. */
  cleared: string[];
  /** Resources that Pulumi has forgotten or, in a preview, would forget, because Git alone has them from now on. */
  letGo: string[];
  /** Add-ons that change their delivery. */
  moves: Move[];
  failure?: Failure;
  /** Why the stack was not worked on. */
  skipped?: string;
  summary?: ClusterSummary | SharedSummary;
}

/** How a run of the fleet program ended; `--json` prints it. */
export interface FleetOutcome {
  verb: Verb;
  lab: boolean;
  /** Folder of the stack files, as it was named. @default the project's own */
  folder?: string;
  /** True where `shared` was taken as it was. @default false */
  only?: true;
  ok: boolean;
  seconds: number;
  stacks: StackOutcome[];
  /** Where state is kept, when it is kept in files of this project. */
  state?: string;
}

/** The outcome of a stack that nothing was done to yet. */
export function emptyOutcome(stack: string): StackOutcome {
  return {
    stack,
    result: "unchanged",
    seconds: 0,
    changes: [],
    unchangedResources: 0,
    warnings: [],
    adopted: [],
    cleared: [],
    letGo: [],
    moves: [],
  };
}

/** How many resources change in which way: `3 created, 1 updated`. */
export function countChanges(changes: Change[], future = false): string {
  const words = future
    ? { create: "to create", update: "to update", replace: "to replace", delete: "to delete" }
    : { create: "created", update: "updated", replace: "replaced", delete: "deleted" };
  const parts = Object.entries(words).map(([operation, word]) => {
    const count = changes.filter((change) => change.operation === operation).length;
    return count > 0 ? `${count} ${word}` : "";
  });
  return parts.filter((part) => part !== "").join(", ") || "no changes";
}
