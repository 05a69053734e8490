import { Clock, type PendingEvent } from "./clock.ts";
import { type FaultRule, Faults } from "./faults.ts";

/**
 * Everything that exists in the lab, as plain JSON. Each part belongs to one folder of the lab, which declares its shape
 * by module augmentation of this interface and is the only one that writes it.
 */
// biome-ignore lint/suspicious/noEmptyInterface: an interface, because only interfaces can be augmented
export interface WorldParts {}

/** What the lab keeps on disk between runs. */
export interface WorldState {
  version: 1;
  /** Virtual time in milliseconds since the world began. */
  nowMs: number;
  events: PendingEvent[];
  /** Calls by `<provider>.<operation>` and `<provider>.<operation>:<token>`. */
  counters: Record<string, number>;
  /** What happened, in order; tests read from it that quorum was held at every instant. */
  records: WorldRecord[];
  parts: Partial<WorldParts>;
}

/** One line of the world's diary. */
export interface WorldRecord {
  atMs: number;
  /** `vm.start`, `etcd.quorum`, `node.reboot`, ... */
  kind: string;
  subject: string;
  /** Plain details; never a secret. */
  details?: Record<string, unknown>;
}

/** A call into the lab, by a provider or by one of its command-line tools. */
export interface LabCall {
  /** `proxmoxve`, `talos`, `kubernetes`, `command`, `talosctl`, `kubectl`. */
  provider: string;
  /** `check`, `diff`, `create`, `read`, `update`, `delete`, `invoke`, or the tool's verb. */
  operation: string;
  /** Resource type or function token; empty for tools. */
  token: string;
  /** Logical name of the resource, or the tool's target. */
  subject: string;
}

/** The simulated data centre: state, clock, diary, counters, faults. Parts are added by `open*` functions of their folders. */
export class World {
  readonly state: WorldState;
  readonly clock: Clock;
  readonly faults: Faults;
  private readonly changed: () => void;

  /** @param changed is called after every change; the store saves the world some time later */
  constructor(state: WorldState, changed: () => void, faults: FaultRule[] = [], seed = 0) {
    this.state = state;
    this.changed = changed;
    this.clock = new Clock(state, changed);
    this.faults = new Faults(faults, seed);
  }

  /** The part of one folder, made by `initial` when the world is new. */
  part<K extends keyof WorldParts>(name: K, initial: () => WorldParts[K]): WorldParts[K] {
    this.state.parts[name] ??= initial();
    return this.state.parts[name] as WorldParts[K];
  }

  /** Writes a line into the diary. */
  record(kind: string, subject: string, details?: Record<string, unknown>): void {
    this.state.records.push({ atMs: this.state.nowMs, kind, subject, ...(details ? { details } : {}) });
    this.changed();
  }

  /** Tells that a part was changed, so that it is saved. */
  touch(): void {
    this.changed();
  }

  /**
   * Counts a call and lets the faults act on it.
   * @throws the injected error, before anything was done
   */
  async enter(call: LabCall): Promise<void> {
    this.count(`${call.provider}.${call.operation}`);
    if (call.token) this.count(`${call.provider}.${call.operation}:${call.token}`);
    await this.faults.before(call, this.clock);
  }

  /**
   * Lets faults act after the work was done: an injected error here means that the answer was lost.
   * @throws the injected error
   */
  async leave(call: LabCall): Promise<void> {
    await this.faults.after(call, this.clock);
  }

  private count(name: string): void {
    this.state.counters[name] = (this.state.counters[name] ?? 0) + 1;
    this.changed();
  }
}
