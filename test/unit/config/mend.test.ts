import assert from "node:assert/strict";
import { z } from "zod";
import { mended } from "../../../config/mend.ts";

const schema = z.strictObject({
  id: z.number(),
  count: z.number().default(3),
  names: z.array(z.string()).default([]),
  inner: z.strictObject({ size: z.number().optional() }).default({}),
});

describe("mended", () => {
  const cases: [string, unknown, unknown][] = [
    ["what is right", { id: 1, count: 5 }, { id: 1, count: 5, names: [], inner: {} }],
    ["without an unknown key", { id: 1, cuont: 5 }, { id: 1, count: 3, names: [], inner: {} }],
    ["without a wrong value", { id: 1, count: "five" }, { id: 1, count: 3, names: [], inner: {} }],
    ["without wrong entries of a list", { id: 1, names: [1, "a", 2] }, { id: 1, count: 3, names: ["a"], inner: {} }],
    [
      "without what is wrong further in",
      { id: 1, inner: { size: "x", sice: 2 } },
      { id: 1, count: 3, names: [], inner: {} },
    ],
    ["nothing when what is needed is missing", { count: 5 }, undefined],
    ["nothing when what is needed is wrong", { id: "one" }, undefined],
    ["nothing of something else altogether", "id: 1", undefined],
  ];
  for (const [what, value, expected] of cases) {
    it(`gives ${what}`, () => {
      const before = structuredClone(value);
      assert.deepEqual(mended(schema, value), expected);
      assert.deepEqual(value, before, "the value itself stays as it is");
    });
  }
});
