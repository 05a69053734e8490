/** What `npm run charts` says. */
import type { CheckedObjects } from "./api/check-objects.ts";
import type { Checked } from "./check.ts";
import type { PlannedChart } from "./planned.ts";

/** How many lines said what. */
export interface Counts {
  well: number;
  wrong: number;
  absent: number;
}

/** @param checked what came of it, or why the chart could not be had */
export function chartText({ entry, chart }: PlannedChart, checked: Checked | string, counts: Counts): string {
  const title = `${entry}: ${chart.name} ${chart.version}`;
  if (typeof checked === "string") return absentText(title, checked, counts);
  const { problems, notes, rendered } = checked;
  const how = [rendered.length > 0 ? "rendered" : "", ...notes].filter(Boolean).join("; ");
  return verdict(`${title}${how ? ` (${how})` : ""}`, problems, counts);
}

/** @param why it could not be had */
export function absentText(title: string, why: string, counts: Counts): string {
  counts.absent += 1;
  return `-      ${title}\n${indented(why)}`;
}

/** @param versions of Kubernetes that the objects were held against */
export function objectsText(checked: CheckedObjects, versions: readonly string[], counts: Counts): string {
  const problems = [...checked.problems].flatMap(([entry, sentences]) =>
    [...sentences].map(([sentence, clusters]) => `${entry}, ${sentence} (${clusters.join(", ")})`),
  );
  const lines = [verdict(`${checked.checked} objects: Kubernetes ${versions.join(", ")}`, problems, counts)];
  const kinds = [...checked.undefinedKinds].sort(([one], [other]) => (one < other ? -1 : 1));
  const count = kinds.reduce((sum, [, number]) => sum + number, 0);
  if (count > 0) {
    lines.push(`       ${count} more not looked at: no chart that was rendered defines their kind`);
    lines.push(...kinds.map(([kind, number]) => indented(`${kind}: ${number}`)));
  }
  return lines.join("\n");
}

function verdict(title: string, problems: readonly string[], counts: Counts): string {
  counts[problems.length > 0 ? "wrong" : "well"] += 1;
  return [`${problems.length > 0 ? "wrong" : "well "}  ${title}`, ...problems.map(indented)].join("\n");
}

function indented(text: string): string {
  return `         ${text.replaceAll("\n", "\n           ")}`;
}
