import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";

const lockFile = z.object({ pid: z.number().int(), hostname: z.string(), username: z.string().default("") });

/** A lock on a stack in a backend of files. */
export interface StackLock {
  pid: number;
  hostname: string;
  username: string;
}

/** The locks on a stack in the backend of files at `folder`. */
export function locksOf(folder: string, project: string, stack: string): StackLock[] {
  const locks = join(folder, ".pulumi", "locks", "organization", project, stack);
  if (!existsSync(locks)) return [];
  return readdirSync(locks)
    .filter((name) => name.endsWith(".json"))
    .map((name) => lockFile.parse(JSON.parse(readFileSync(join(locks, name), "utf8"))));
}

/** True when the process that took the lock is gone; a process on another machine counts as alive. */
export function isStale(lock: StackLock): boolean {
  if (lock.hostname !== hostname()) return false;
  const command = `/proc/${lock.pid}/comm`;
  if (existsSync("/proc/self/comm")) {
    // A process number is given to another program sooner or later.
    return !existsSync(command) || !readFileSync(command, "utf8").startsWith("pulumi");
  }
  try {
    process.kill(lock.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
