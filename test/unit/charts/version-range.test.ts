import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { inRange } from "../../../charts/version-range.ts";

describe("Kubernetes versions of charts", () => {
  const table: [string, string, boolean][] = [
    ["1.31.4", ">= 1.25.0-0", true],
    ["1.31.4", ">=1.32", false],
    ["1.31.4", "^1.20.0-0", true],
    ["2.0.0", "^1.20.0-0", false],
    ["1.31.4", ">=1.22.0-0 <1.31.0-0", false],
    ["1.31.4", ">=1.22.0-0 <1.32.0-0", true],
    ["1.31.4", "~1.30 || ~1.31.2", true],
    ["1.31.1", "~1.30 || ~1.31.2", false],
    ["1.31.4", "1.31.x", true],
    ["1.32.0", "v1.31", false],
    ["1.31.4", "> 1.31.3, < 1.31.5", true],
    ["1.31.4", "!=1.31.4", false],
    ["1.31.4", "<= 1.31.4", true],
  ];
  for (const [version, range, within] of table) {
    it(`${version} is ${within ? "" : "not "}in ${range}`, () => assert.equal(inRange(version, range), within));
  }
});
