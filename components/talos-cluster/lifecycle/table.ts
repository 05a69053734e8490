/**
 * Rows of a table as `talosctl` prints it: columns start where their headings start, and headings are set apart by at
 * least two spaces.
 */
export function parseTable(text: string): Record<string, string>[] {
  const [header, ...rows] = text.split("\n").filter((line) => line.trim() !== "");
  if (!header) return [];
  const columns = [...header.matchAll(/\S+(?: \S+)*/g)].map((match) => ({ name: match[0], start: match.index }));
  return rows.map((row) =>
    Object.fromEntries(
      columns.map(({ name, start }, index) => [name, row.slice(start, columns[index + 1]?.start).trim()]),
    ),
  );
}
