const unitsMs: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 0.001, µs: 0.001, ns: 0.000001 };

/** Reads a Go duration such as `1h30m` as milliseconds; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  const parts = [...text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s|us|µs|ns)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join("") !== text) return undefined;
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (unitsMs[unit ?? ""] ?? 0), 0);
}

/** The time an operation has: what the resource says, else ten minutes. */
export function timeoutMs(timeouts: unknown, operation: "create" | "read" | "update" | "delete"): number {
  const text = (timeouts as Record<string, string> | undefined)?.[operation];
  return (text === undefined ? undefined : parseDuration(text)) ?? 600_000;
}
