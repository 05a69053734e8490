import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { schemaProblems } from "../../../charts/json-schema.ts";

const schema = {
  $schema: "http://json-schema.org/draft-04/schema#",
  id: "values",
  type: "object",
  required: ["name"],
  additionalProperties: false,
  properties: {
    name: { type: "string", pattern: "^[a-z]+$" },
    kind: { enum: ["small", "large"] },
    count: { type: ["integer", "null"] },
    ports: { type: "array", items: { $ref: "#/definitions/port" } },
    place: { oneOf: [{ type: "string" }, { type: "object", required: ["host"] }] },
    labels: { type: "object", patternProperties: { "^x-": {} }, additionalProperties: { type: "string" } },
    size: { oneOf: [{ type: "integer" }, { minimum: 1 }] },
    // As older drafts write it.
    ratio: { type: "number", maximum: 1, exclusiveMaximum: true },
    id: { type: "string" },
    other: { $ref: "https://schemas.example.net/other.json" },
  },
  if: { required: ["kind"], properties: { kind: { const: "large" } } },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { required: ["count"] },
  definitions: { port: { type: "integer" } },
};

describe("a chart's schema", () => {
  const table: [string, unknown, string[]][] = [
    [
      "what fits",
      {
        name: "a",
        id: "b",
        ratio: 0.5,
        kind: "small",
        count: null,
        ports: [1],
        place: "here",
        labels: { a: "b", "x-y": 1 },
      },
      [],
    ],
    ["what another document describes", { name: "a", other: { any: 1 } }, []],
    ["a missing key", {}, ["name is missing"]],
    ["an unknown key", { name: "a", nmae: "b" }, ['nmae is not known; did you mean "name"?']],
    ["a wrong type", { name: 1 }, ["name has to be string, and is 1"]],
    ["a fraction", { name: "a", count: 1.5 }, ["count has to be integer or null, and is 1.5"]],
    ["text of another form", { name: "A" }, ["name does not match ^[a-z]+$: A"]],
    ["another choice", { name: "a", kind: "huge" }, ['kind has to be one of small, large, and is "huge"']],
    ["an entry of a list", { name: "a", ports: [1, "b"] }, ['ports[1] has to be integer, and is "b"']],
    [
      "what fits no alternative",
      { name: "a", place: { port: 1 } },
      ['place has to be string, and is {"port":1}, or place.host is missing'],
    ],
    ["a wrong value under a free name", { name: "a", labels: { b: 1 } }, ["labels.b has to be string, and is 1"]],
    ["what fits two alternatives", { name: "a", size: 2 }, ["size fits more than one of the alternatives"]],
    ["a number at an excluded bound", { name: "a", ratio: 1 }, ["ratio must be < 1"]],
    ["a condition that does not hold", { name: "a", kind: "large" }, ["count is missing"]],
    ["no object at all", [], ["the whole has to be object, and is []"]],
  ];
  for (const [what, value, problems] of table) {
    it(`${problems.length > 0 ? "refuses" : "takes"} ${what}`, () => {
      assert.deepEqual(schemaProblems(value, schema), problems);
    });
  }
});
