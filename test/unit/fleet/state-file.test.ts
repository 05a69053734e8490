import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stateInFile } from "../../../fleet/resume/state-file.ts";

describe("the state in the file of a backend", () => {
  const folder = mkdtempSync(join(tmpdir(), "orrery-state-"));
  const stacks = join(folder, ".pulumi", "stacks", "orrery");
  before(() => mkdirSync(stacks, { recursive: true }));
  after(() => rmSync(folder, { recursive: true }));

  const read = (text: string) => {
    writeFileSync(join(stacks, "luna.json"), text);
    return stateInFile(folder, "orrery", "luna");
  };
  const latest = { manifest: { version: "v3.259.0" }, resources: [{ urn: "urn:1" }], pending_operations: [] };

  it("has the form that the engine prints", () => {
    const checkpoint = { stack: "organization/orrery/luna", latest };
    assert.deepEqual(read(JSON.stringify({ version: 3, checkpoint })), { version: 3, deployment: latest });
    const features = ["hooks"];
    assert.deepEqual(read(JSON.stringify({ version: 4, features, checkpoint })), {
      version: 4,
      features,
      deployment: latest,
    });
  });

  for (const [what, text] of [
    ["a torn file", '{"version":3,"checkp'],
    ["a version of tomorrow", JSON.stringify({ version: 5, checkpoint: { latest } })],
    ["a stack without state", JSON.stringify({ version: 3, checkpoint: { stack: "luna" } })],
  ] as const) {
    it(`is left to the engine for ${what}`, () => assert.equal(read(text), undefined));
  }

  it("is left to the engine where there is no file", () => {
    assert.equal(stateInFile(folder, "orrery", "terra"), undefined);
  });
});
