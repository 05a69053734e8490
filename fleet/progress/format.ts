import type { ProgressView } from "./tracker.ts";

/** Seconds as a person reads them: `4.2 s`, `83 s`, `12 min 5 s`. */
export function duration(seconds: number): string {
  if (seconds < 10 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** One line for a stack that is being worked on. */
export function progressLine(stack: string, phase: string, view: ProgressView, seconds: number, width: number): string {
  const count = view.total > 0 ? ` ${view.done}/${view.total}` : "";
  const [first, ...others] = view.current;
  const current = first ? `  ${first}${others.length > 0 ? ` and ${others.length} more` : ""}` : "";
  const line = `${stack.padEnd(8)} ${phase}${count}  ${duration(Math.floor(seconds))}${current}`;
  return line.length > width ? `${line.slice(0, Math.max(0, width - 1))}…` : line;
}
