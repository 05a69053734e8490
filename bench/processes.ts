import { readdirSync, readFileSync } from "node:fs";

/** Memory of a process and all that it started, read from /proc. Shared pages are counted once, by share (PSS). */
export class TreeMemory {
  private readonly rootPid: number;
  private readonly timer: NodeJS.Timeout;
  private peakKiB = 0;

  /** @param rootPid process at the top of the tree */
  constructor(rootPid: number, everyMs = 250) {
    this.rootPid = rootPid;
    this.timer = setInterval(() => this.sample(), everyMs);
  }

  /** The most that was seen since the last call, in MiB; starts anew. */
  takePeakMiB(): number {
    this.sample();
    const peak = this.peakKiB / 1024;
    this.peakKiB = 0;
    return peak;
  }

  /** Stops looking. */
  close(): void {
    clearInterval(this.timer);
  }

  private sample(): void {
    const total = tree(this.rootPid).reduce((sum, pid) => sum + proportionalKiB(pid), 0);
    this.peakKiB = Math.max(this.peakKiB, total);
  }
}

/** Processor time of this process' children that have ended, with all that they started, in milliseconds. */
export function endedChildrenCpuMs(): number {
  // After the program's name: state is field 0, cutime and cstime are fields 13 and 14, in hundredths of a second.
  const fields = readProc(process.pid, "stat")?.split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

/** A process and its descendants. */
function tree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const parent = parentOf(pid);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

function parentOf(pid: number): number | undefined {
  // The program's name stands in parentheses and may hold spaces itself.
  const fields = readProc(pid, "stat")?.split(") ").at(-1)?.split(" ");
  return fields ? Number(fields[1]) : undefined;
}

function proportionalKiB(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(readProc(pid, "smaps_rollup") ?? "")?.[1] ?? 0);
}

/** Undefined for processes that ended in the meantime or belong to others. */
function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}
