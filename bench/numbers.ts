/** The middle value; the mean of the two middle ones for an even number of values. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** `950 ms`, `2.4 s`, `3 min 05 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${ms.toFixed(0)} ms`;
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/** `12.3 kB`, `4.5 MB`. */
export function bytes(count: number): string {
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1_000_000).toFixed(1)} MB`;
}

/** The slope between the first and the last point: how much each further node or cluster costs. */
export function slope(points: { x: number; y: number }[]): number {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last || first.x === last.x) return Number.NaN;
  return (last.y - first.y) / (last.x - first.x);
}
