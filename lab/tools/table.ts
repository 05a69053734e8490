/** Rows in columns that are three blanks apart, as Go's tab writer sets them. */
export function table(rows: (string | number | boolean)[][]): string {
  const texts = rows.map((row) => row.map(String));
  const widths: number[] = [];
  for (const row of texts) {
    row.slice(0, -1).forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length + 3);
    });
  }
  const line = (row: string[]) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join("");
  return texts.map((row) => `${line(row)}\n`).join("");
}

/** A span of time as Go prints it, rounded to seconds: `1h2m3s`. */
export function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = `${seconds % 60}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}

/** Virtual time as a date; the world of every lab begins at the same instant. */
export function timestamp(nowMs: number): string {
  return new Date(Date.UTC(2025, 0, 1) + nowMs).toISOString().replace(/\.\d+Z$/, "Z");
}
