import { setTimeout } from "node:timers/promises";
import type { WorldState } from "./world.ts";

/** How often a wait is looked at while real time goes on, in milliseconds. */
const lookAgainMs = 20;

/** Something that will happen at a point in virtual time, even if the lab was closed in between. */
export interface PendingEvent {
  atMs: number;
  /** Names the handler, such as `machine.installed`. */
  kind: string;
  subject: string;
}

type Handler = (subject: string) => void;

interface Sleeper {
  atMs: number;
  wake: () => void;
}

/**
 * Virtual time. It stands still while anything is being computed and jumps to the next event or sleeper as soon as
 * all that runs in the lab waits for time to pass, so that minutes of installing take milliseconds.
 */
export class Clock {
  private readonly state: WorldState;
  private readonly changed: () => void;
  private readonly handlers = new Map<string, Handler>();
  private readonly sleepers: Sleeper[] = [];
  private armed = false;
  private holds = 0;
  /**
   * How long real time has to go on, in milliseconds, before a wait that nothing in the lab will end is given up: the engine
   * is another process, and on a busy machine what others wait for may still be on its way.
   */
  patienceMs = 0;

  constructor(state: WorldState, changed: () => void) {
    this.state = state;
    this.changed = changed;
  }

  /** Virtual time in milliseconds since the world began. */
  get nowMs(): number {
    return this.state.nowMs;
  }

  /** Registers what events of a kind do; every kind that is scheduled needs a handler when the lab opens. */
  handle(kind: string, handler: Handler): void {
    this.handlers.set(kind, handler);
  }

  /** Plans an event `afterMs` from now; it is kept with the world. */
  schedule(afterMs: number, kind: string, subject: string): void {
    this.state.events.push({ atMs: this.state.nowMs + afterMs, kind, subject });
    this.changed();
  }

  /** Takes back all planned events of a kind for a subject. */
  cancel(kind: string, subject: string): void {
    this.state.events = this.state.events.filter((event) => event.kind !== kind || event.subject !== subject);
    this.changed();
  }

  /** Waits until `forMs` of virtual time have passed. */
  sleep(forMs: number): Promise<void> {
    return new Promise((wake) => {
      this.sleepers.push({ atMs: this.state.nowMs + forMs, wake });
      this.arm();
    });
  }

  /**
   * Waits until the condition holds, looking at it once per second of virtual time.
   * @returns false when `timeoutMs` of virtual time, and {@link patienceMs} of real time, passed without
   */
  async until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    const deadline = this.state.nowMs + timeoutMs;
    const startedMs = performance.now();
    while (!condition()) {
      if (this.state.nowMs >= deadline) {
        if (performance.now() - startedMs >= this.patienceMs) return false;
        await setTimeout(lookAgainMs);
      }
      await this.sleep(1000);
    }
    return true;
  }

  /** Lets `forMs` pass with everything that is planned in it; for tests and for `lab` commands. */
  async pass(forMs: number): Promise<void> {
    await this.sleep(forMs);
  }

  /** Lets no virtual time pass while real work, such as another program, is under way. */
  async hold<T>(work: Promise<T>): Promise<T> {
    this.holds += 1;
    try {
      return await work;
    } finally {
      this.holds -= 1;
      if (this.sleepers.length > 0) this.arm();
    }
  }

  private arm(): void {
    if (this.armed || this.holds > 0) return;
    this.armed = true;
    // Two turns of the event loop: calls that have arrived already get to act at the present time.
    setImmediate(() => setImmediate(() => this.step()));
  }

  private step(): void {
    this.armed = false;
    if (this.sleepers.length === 0 || this.holds > 0) return;
    const nextSleeper = Math.min(...this.sleepers.map((sleeper) => sleeper.atMs));
    const nextEvent = Math.min(...this.state.events.map((event) => event.atMs));
    if (nextEvent <= nextSleeper) this.runEvents(nextEvent);
    else this.wakeSleepers(nextSleeper);
    this.arm();
  }

  private runEvents(atMs: number): void {
    this.state.nowMs = Math.max(this.state.nowMs, atMs);
    const due = this.state.events.filter((event) => event.atMs <= atMs).sort((a, b) => a.atMs - b.atMs);
    this.state.events = this.state.events.filter((event) => event.atMs > atMs);
    for (const event of due) this.handlers.get(event.kind)?.(event.subject);
    this.changed();
  }

  private wakeSleepers(atMs: number): void {
    this.state.nowMs = Math.max(this.state.nowMs, atMs);
    const due = this.sleepers.filter((sleeper) => sleeper.atMs <= atMs);
    for (const sleeper of due) this.sleepers.splice(this.sleepers.indexOf(sleeper), 1);
    for (const sleeper of due) sleeper.wake();
    this.changed();
  }
}
