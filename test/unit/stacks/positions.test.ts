import assert from "node:assert/strict";
import { leaveOutPositions } from "../../../stacks/positions.ts";

describe("stacks/positions", () => {
  const before = Error.prepareStackTrace;
  after(() => {
    Error.prepareStackTrace = before;
  });

  it("leaves the traces of errors as they were, and gives none to who only asks where it is", () => {
    const where = () => new Error("broken").stack?.replace(/:\d+:\d+/g, "");
    const usual = where();
    leaveOutPositions();
    assert.equal(where(), usual);
    assert.match(new TypeError("").stack ?? "", /^TypeError\n {4}at .*positions\.test\.ts/);
    assert.equal(new Error().stack, "");
  });
});
