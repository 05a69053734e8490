import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { loadEntry } from "../../../../../components/platform-addons/catalogue/index.ts";

const addonFile = resolve(import.meta.dirname, "../../../../../components/platform-addons/addon.ts");

describe("catalogue: a file of one's own", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "orrery-entry-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const cases: [name: string, text: string, message: (path: string) => string][] = [
    [
      "a slip in its syntax",
      "\n\nexport default {\n",
      (path) =>
        `${path}:3 cannot be loaded: Unexpected token \`<eof>\`. Expected identifier, string literal, numeric literal or [ for the computed key`,
    ],
    [
      "a file that it imports and that is not there",
      'import "./nowhere.ts";\n',
      (path) => `${path} cannot be loaded: Cannot find module '${join(path, "../nowhere.ts")}' imported from ${path}`,
    ],
    [
      "no entry as default export",
      'export const name = "own";\n',
      (path) => `${path} has to export as default what defineAddon makes`,
    ],
    [
      "another name",
      `import { defineAddon } from ${JSON.stringify(addonFile)};\nexport default defineAddon({ name: "other" } as never);\n`,
      (path) => `${path} holds the add-on other: name and file differ`,
    ],
  ];
  for (const [name, text, message] of cases) {
    it(`is refused by its path for ${name}`, () => {
      const path = join(folder, "own.ts");
      writeFileSync(path, text);
      assert.throws(() => loadEntry(path), { message: message(path) });
    });
  }
});
