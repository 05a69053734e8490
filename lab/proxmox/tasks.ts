import type { World } from "../world/world.ts";
import { TaskError } from "./errors.ts";

/** Tasks that a host works on at the same time. */
const workersPerHost = 3;

/** A number of permits, given out in the order in which they were asked for. */
class Permits {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(count: number) {
    this.free = count;
  }

  async take(): Promise<void> {
    if (this.free > 0) {
      this.free -= 1;
      return;
    }
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  give(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.free += 1;
  }
}

/** What a task is about. */
export interface Task {
  host: string;
  /** `qmcreate`, `qmstart`, `imgcopy`, ... */
  type: string;
  /** VM id, file or nothing. */
  subject: string;
  seconds: number;
  /** Storages and VMs that nobody else may work on meanwhile. @default none */
  locks?: string[];
}

/** Runs tasks on hosts: three at a time on each, one at a time per lock, in virtual time. */
export class Tasks {
  private readonly world: World;
  private readonly workers = new Map<string, Permits>();
  private readonly locks = new Map<string, Permits>();
  private serial = 0;

  constructor(world: World) {
    this.world = world;
  }

  /**
   * Does the work at the end of the task's time.
   * @throws TaskError with what the work threw
   */
  async run<T>(task: Task, work: () => T): Promise<T> {
    this.serial += 1;
    const upid = `UPID:${task.host}:${hex(this.serial)}:${hex(this.world.clock.nowMs)}:${task.type}:${task.subject}:orrery@pve!lab:`;
    // In one order, so that two tasks never wait for each other.
    const held = [
      permits(this.workers, task.host, workersPerHost),
      ...[...(task.locks ?? [])].sort().map((lock) => permits(this.locks, lock, 1)),
    ];
    for (const permit of held) await permit.take();
    try {
      this.world.record("task.start", task.host, { type: task.type, subject: task.subject });
      await this.world.clock.sleep(task.seconds * 1000);
      const result = work();
      this.world.record("task.end", task.host, { type: task.type, subject: task.subject });
      return result;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.world.record("task.failed", task.host, { type: task.type, subject: task.subject, reason });
      throw new TaskError(upid, reason);
    } finally {
      for (const permit of held) permit.give();
    }
  }
}

function permits(all: Map<string, Permits>, name: string, count: number): Permits {
  let found = all.get(name);
  if (!found) {
    found = new Permits(count);
    all.set(name, found);
  }
  return found;
}

function hex(number: number): string {
  return Math.floor(number).toString(16).toUpperCase().padStart(8, "0");
}
