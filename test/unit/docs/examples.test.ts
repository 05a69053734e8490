import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseAllDocuments } from "yaml";
import { catalogue } from "../../../components/platform-addons/catalogue/index.ts";
import { clusterSchema } from "../../../config/cluster.ts";
import { sharedSchema } from "../../../config/shared.ts";

const root = resolve(import.meta.dirname, "../../..");
const pages = ["README.md", ...globSync("docs/**/*.md", { cwd: root })];

type Fields = Record<string, unknown>;

/** YAML examples of a page, without the indentation that a list gives them, and the line that each begins in. */
function examplesOf(page: string): { line: number; text: string }[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^( *)```yaml\n([\s\S]*?)^\1```/gm)].map((match) => {
    const [, indent = "", block = ""] = match;
    const line = text.slice(0, match.index).split("\n").length;
    return { line, text: block.replaceAll(new RegExp(`^${indent}`, "gm"), "") };
  });
}

/** What a stack file's part may not say; examples leave out what does not concern them. */
function problemsOf(said: Fields, schema: typeof clusterSchema | typeof sharedSchema): string[] {
  const result = schema.safeParse(said);
  const given = (path: PropertyKey[]) => path.length > 1 || (path[0] !== undefined && path[0] in said);
  return (result.error?.issues ?? [])
    .filter(({ path, code }) => code === "unrecognized_keys" || given(path))
    .map(({ path, message }) => `${path.join(".")}: ${message}`);
}

function addonProblems(addons: Fields): string[] {
  return Object.entries(addons).flatMap(([name, said]) => {
    const addon = catalogue().find((one) => one.name === name);
    if (!addon) return [`addons.${name}: is not in the catalogue`];
    const { settings } = (typeof said === "object" && said !== null ? said : {}) as { settings?: Fields };
    const issues = settings ? (addon.settings.safeParse(settings).error?.issues ?? []) : [];
    return issues.map(({ path, message }) => `addons.${name}.settings.${path.join(".")}: ${message}`);
  });
}

describe("examples in README.md and docs", () => {
  for (const page of pages) {
    for (const { line, text } of examplesOf(page)) {
      it(`${page}:${line} is YAML, and what a stack file may say`, () => {
        for (const document of parseAllDocuments(text, { merge: true })) {
          assert.deepEqual(document.errors, []);
          const value = (document.toJS() ?? {}) as Fields;
          const config = value.config as Record<string, Fields> | undefined;
          const shared = config?.["orrery:shared"];
          if (shared) assert.deepEqual(problemsOf(shared, sharedSchema), []);
          const known = Object.keys(clusterSchema.shape);
          const cluster =
            config?.["orrery:cluster"] ?? (Object.keys(value).some((key) => known.includes(key)) ? value : {});
          assert.deepEqual(problemsOf(cluster, clusterSchema), []);
          assert.deepEqual(addonProblems((cluster.addons ?? {}) as Fields), []);
        }
      });
    }
  }
});
