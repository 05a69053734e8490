import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../../..");
const pages = ["README.md", ...globSync("docs/**/*.md", { cwd: root })];

/** Anchor that GitHub makes of a heading. */
function anchorOf(heading: string): string {
  return heading
    .replace(/^#+\s*/, "")
    .toLowerCase()
    .replace(/[^a-z0-9_ -]/g, "")
    .replaceAll(" ", "-");
}

function anchors(file: string): Set<string> {
  const text = readFileSync(file, "utf8").replace(/^```[\s\S]*?^```/gm, "");
  return new Set(
    text
      .split("\n")
      .filter((line) => line.startsWith("#"))
      .map(anchorOf),
  );
}

describe("README.md and docs", () => {
  for (const page of pages) {
    const text = readFileSync(join(root, page), "utf8");

    it(`${page}: links lead somewhere`, () => {
      const targets = [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)].map(
        ([, link, source]) => link ?? source ?? "",
      );
      const broken = targets.filter((target) => {
        if (/^https?:/.test(target)) return false;
        const [path = "", anchor] = target.split("#");
        const file = path === "" ? join(root, page) : join(root, dirname(page), path);
        return !existsSync(file) || (anchor !== undefined && !anchors(file).has(anchor));
      });
      assert.deepEqual(broken, []);
    });

    it(`${page}: npm commands exist`, () => {
      const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
      const wanted = [...text.matchAll(/\bnpm run ([a-z:-]+)/g)].map(([, name]) => name ?? "");
      if (/\bnpm start\b/.test(text)) wanted.push("start");
      if (/\bnpm test\b/.test(text)) wanted.push("test");
      assert.deepEqual(
        wanted.filter((name) => !(name in scripts)),
        [],
      );
    });

    it(`${page}: files of the repository exist`, () => {
      const folders = /^(config|stacks|components|fleet|lab|sdks|scripts|test|docs|bench|\.ci|\.github)\//;
      const named = [...text.matchAll(/`([\w./-]+)`/g)].map(([, name]) => name ?? "");
      const missing = named.filter((name) => folders.test(name) && !existsSync(join(root, name)));
      assert.deepEqual(
        missing.map((name) => relative(root, join(root, name))),
        [],
      );
    });
  }

  it("docs/decisions/README.md: has every decision", () => {
    const index = readFileSync(join(root, "docs/decisions/README.md"), "utf8");
    const names = globSync("docs/decisions/*.md", { cwd: root }).map((page) => basename(page));
    assert.deepEqual(
      names.filter((name) => name !== "README.md" && !index.includes(`[${name}](${name})`)),
      [],
    );
  });
});
