import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { extract, format } from "../../../../lab/schema/extract.ts";
import { offered } from "../../../../lab/schema/offered.ts";

describe("tables of types", () => {
  for (const name of Object.keys(offered) as (keyof typeof offered)[]) {
    it(`of ${name} are those of the installed SDK`, () => {
      const kept = readFileSync(new URL(`../../../../lab/schema/${name}.json`, import.meta.url), "utf8");
      assert.equal(kept, format(extract(name)), "run: node lab/schema/extract.ts");
    });
  }
});
