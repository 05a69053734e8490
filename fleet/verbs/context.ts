import type { FleetRequest } from "../arguments.ts";
import type { Engine, OperationOptions } from "../engine.ts";
import type { Folders } from "../folders.ts";
import { emptyOutcome, type StackOutcome } from "../outcome.ts";
import type { Display } from "../progress/display.ts";
import { type Change, Tracker } from "../progress/tracker.ts";
import { resourceOf } from "../progress/urn.ts";
import type { Settled } from "../resume/settle.ts";
import type { Selection } from "../selection.ts";
import type { Stop } from "../stop.ts";

/** What the verbs work with. */
export interface Context {
  request: FleetRequest;
  selection: Selection;
  folders: Folders;
  engine: Engine;
  display: Display;
  stop: Stop;
  /** Where the Pulumi backend keeps files, if it is one of files. */
  stateFolder?: string;
}

/** Work on one stack. */
export class Work {
  readonly stack: string;
  readonly context: Context;
  readonly outcome: StackOutcome;
  /** What is being done, such as `planning`. */
  phase = "opening";
  /** Follows the operation of the engine that goes on, or went on last. */
  tracker = new Tracker();
  private readonly trackers: Tracker[] = [];
  /** True from the first operation on that may change something. */
  touched = false;

  constructor(stack: string, context: Context) {
    this.stack = stack;
    this.context = context;
    this.outcome = emptyOutcome(stack);
  }

  /**
   * Begins the next phase.
   * @param expected is how many resources a preview has counted
   * @returns options for an operation of the engine, which is followed from now on
   * @throws the reason when the run was asked to stop
   */
  begin(phase: string, expected = 0): OperationOptions {
    return this.follow(phase, new Tracker(expected));
  }

  /** Goes back to a phase after something was looked up because of it. */
  returnTo(phase: string, tracker: Tracker): OperationOptions {
    this.trackers.splice(this.trackers.indexOf(tracker), 1);
    return this.follow(phase, tracker);
  }

  private follow(phase: string, tracker: Tracker): OperationOptions {
    this.phase = phase;
    this.tracker = tracker;
    this.trackers.push(tracker);
    const { display, stop } = this.context;
    // The engine only hears of a stop while it is at work.
    stop.run.throwIfAborted();
    display.phase(this.stack, phase, () => tracker.view);
    return { onEvent: (event) => tracker.take(event), signal: stop.engine };
  }

  /** Notes in the outcome what became of creates that nobody had recorded. */
  note({ adopted, cleared, refused }: Settled): void {
    this.outcome.adopted.push(...adopted);
    this.outcome.cleared.push(...cleared);
    this.outcome.warnings.push(...refused);
  }

  /**
   * What the last operation that had something to change has changed, or would change. What is let go of before is planned
   * as deletions in a preview, and is none.
   */
  get changes(): Change[] {
    const changes = this.trackers.findLast((tracker) => tracker.resources > 0)?.changes ?? [];
    return changes.filter(({ urn }) => !this.outcome.letGo.includes(urn));
  }

  /** What was warned about in any phase, each once. */
  get warnings(): string[] {
    const messages = this.trackers.flatMap((tracker) => tracker.warnings);
    return [...new Set(messages.map(({ urn, text }) => (urn ? `${resourceOf(urn)}: ${text}` : text)))];
  }
}
