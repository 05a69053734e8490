import type { z } from "zod";
import { clusterSchema, sharedSchema } from "../../config/index.ts";
import { type Commented, readComments } from "./comments.ts";
import { type Row, type Section, sectionsOf } from "./schema.ts";

/** The page `docs/configuration.md`, made from the schemas and the comments in their sources. */
export function configurationPage(root: string): string {
  const shared = sectionsOf(sharedSchema, readComments(`${root}/config/shared.ts`, "sharedSchema"));
  const cluster = sectionsOf(clusterSchema, readComments(`${root}/config/cluster.ts`, "clusterSchema"));
  return `${[intro, chapter("orrery:shared", shared), chapter("orrery:cluster", cluster)].join("\n\n")}\n`;
}

/** Every key of both stack files, with its path; for the test that each one is explained. */
export function configurationKeys(root: string): { path: string; comment: string }[] {
  const files = [
    { name: "orrery:shared", schema: sharedSchema, file: "shared" },
    { name: "orrery:cluster", schema: clusterSchema, file: "cluster" },
  ];
  return files.flatMap(({ name, schema, file }) =>
    sectionsOf(schema, readComments(`${root}/config/${file}.ts`, `${file}Schema`)).flatMap((section) =>
      section.rows.map((row) => ({
        path: [name, section.path, row.key].filter(Boolean).join(" "),
        comment: row.comment.text || row.comment.defaultText || "",
      })),
    ),
  );
}

/** What an add-on's settings may say, as tables; empty for an add-on without settings. */
export function settingsText(schema: z.ZodType, source: Commented): string {
  const known: Section[] = [];
  const parts: string[] = [];
  for (const section of sectionsOf(schema, source)) {
    if (section.rows.length === 0 || known.some((other) => other.schema === section.schema)) continue;
    known.push(section);
    parts.push(`Settings${section.path ? ` below \`${section.path}\`` : ""}:`, table(section.rows));
  }
  return parts.join("\n\n");
}

const intro = `<!-- Made by \`npm run docs\` from config/*.ts; change the comments there. -->

# Configuration

A stack file holds one object: \`orrery:shared\` in \`Pulumi.shared.yaml\`, \`orrery:cluster\` in the file of each cluster.
The tables below are made from the schemas that check these objects.

- A key that is not in the tables is refused, with the nearest known key as a hint.
- All mistakes of all stack files are reported in one message, before anything is changed.
- A key without "required" may be absent. The column "default" says what holds then; "-" means that nothing follows.
- Secrets never stand in these objects. They come from environment variables or from flat secret keys of the stack:
  see [first-cluster.md](first-cluster.md) and [add-an-add-on.md](add-an-add-on.md).

Stacks: [orrery:shared](#orreryshared), [orrery:cluster](#orrerycluster).`;

function chapter(name: string, sections: Section[]): string {
  const stack = name.replace("orrery:", "");
  const known: Section[] = [];
  const parts = [`## ${name}`];
  for (const section of sections) {
    if (known.some(({ schema }) => schema === section.schema)) continue;
    known.push(section);
    if (section.path) parts.push(`### ${heading(stack, section.path)}`);
    parts.push(sectionText(section, known, (object) => linkTo(stack, sections, object)));
  }
  return parts.join("\n\n");
}

function heading(stack: string, path: string): string {
  return `${stack}: \`${path}\``;
}

/** Link to the section that explains an object, as GitHub names its anchor. */
function linkTo(stack: string, sections: Section[], object: unknown): string {
  const path = sections.find(({ schema }) => schema === object)?.path ?? "";
  const anchor = heading(stack, path)
    .toLowerCase()
    .replace(/[^a-z0-9_ -]/g, "")
    .replaceAll(" ", "-");
  return `#${anchor}`;
}

type Link = (object: unknown) => string;

/** Keys that an earlier object has as well are named, not explained again. */
function sectionText(section: Section, known: Section[], link: Link): string {
  const twin = known
    .filter((other) => other !== section)
    .map((other) => ({ ...other, shared: section.rows.filter((row) => has(other, row)) }))
    .sort((a, b) => b.shared.length - a.shared.length)[0];
  const repeated = twin && twin.shared.length >= 5 ? twin.shared : [];
  const own = section.rows.filter((row) => !repeated.includes(row));
  const parts: string[] = [];
  if (own.length > 0) parts.push(table(own, link));
  if (twin && repeated.length > 0) {
    const keys = repeated.map(({ key }) => `\`${key}\``).join(", ");
    parts.push(`As in [\`${twin.path}\`](${link(twin.schema)}): ${keys}.`);
  }
  return parts.join("\n\n");
}

function has(section: Section, wanted: Row): boolean {
  return section.rows.some((row) => row.key === wanted.key && row.schema === wanted.schema);
}

function table(rows: Row[], link?: Link): string {
  const head = ["| key | value | default | meaning |", "| --- | --- | --- | --- |"];
  return [...head, ...rows.map((row) => line(row, link))].join("\n");
}

function line(row: Row, link?: Link): string {
  const type = row.object && link ? row.type.replace(/\bobject\b/, `[object](${link(row.object)})`) : row.type;
  const fallback = row.required ? "required" : (row.defaultText ?? "-");
  const cells = [
    `\`${row.key}\``,
    type,
    /^[\w.:/-]*[0-9:/][\w.:/-]*$|^(true|false)$|</.test(fallback) ? `\`${fallback}\`` : fallback,
    row.comment.text || "-",
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
