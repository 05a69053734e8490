import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { barsTable, linesOf, type Results, sizesTable } from "./report.ts";

const begin = "<!-- results: begin -->";
const end = "<!-- results: end -->";

/** Puts the results into the page between its two marks; what people wrote around them stays. */
export function writePage(file: string, results: Results): void {
  const page = existsSync(file) ? readFileSync(file, "utf8") : `# Benchmarks\n\n${begin}\n${end}\n`;
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${file} lacks the marks of the results`);
  writeFileSync(file, `${before}${begin}\n\n${resultText(results)}\n\n${end}${after}`);
}

/** The results as Markdown. */
export function resultText(results: Results): string {
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB of memory, Node.js ${process.versions.node}`;
  return [
    `Measured on ${machine}.`,
    "## Bars",
    barsTable(linesOf(results)),
    "## One cluster, more nodes",
    sizesTable(results.nodes),
    "## More clusters",
    results.clusters.length > 0 ? sizesTable(results.clusters) : "Not measured in this run.",
  ].join("\n\n");
}
