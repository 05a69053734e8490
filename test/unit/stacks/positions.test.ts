import assert from "node:assert/strict";
import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";
import { leaveOutPositions } from "../../../stacks/positions.ts";

const require = createRequire(import.meta.url);

describe("stacks/positions", () => {
  before(leaveOutPositions);

  it("gives the SDK no positions, neither of resources nor of outputs", async () => {
    const { stackTrace } = pulumi.Resource as unknown as { stackTrace(skip: number): unknown[] };
    assert.deepEqual(stackTrace(4), []);
    const sdk = require("@pulumi/pulumi/runtime/debuggable.js");
    const promise: Promise<number> & { _debugStackTrace?: string } = Promise.resolve(1);
    assert.equal(await sdk.debuggablePromise(promise, "here"), 1);
    assert.equal(promise._debugStackTrace, "Error");
  });

  it("leaves the traces of errors", () => {
    assert.match(new TypeError("broken").stack ?? "", /^TypeError: broken\n {4}at .*positions\.test\.ts/);
  });
});
