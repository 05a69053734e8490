import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { addonsPage } from "../../../docs/generate/addons.ts";
import { configurationKeys, configurationPage } from "../../../docs/generate/configuration.ts";

const root = resolve(import.meta.dirname, "../../..");

describe("docs/configuration.md", () => {
  it("is what the schemas and their comments give", () => {
    const written = readFileSync(join(root, "docs/configuration.md"), "utf8");
    assert.equal(written, configurationPage(root), "run `npm run docs` and commit docs/configuration.md");
  });

  it("explains every key", () => {
    const silent = configurationKeys(root).filter(({ comment }) => comment === "");
    assert.deepEqual(
      silent.map(({ path }) => path),
      [],
      "keys without a comment in config/*.ts",
    );
  });
});

describe("docs/add-ons.md", () => {
  it("is what the catalogue gives", () => {
    const written = readFileSync(join(root, "docs/add-ons.md"), "utf8");
    assert.equal(written, addonsPage(root), "run `npm run docs` and commit docs/add-ons.md");
  });
});
