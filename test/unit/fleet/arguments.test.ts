import assert from "node:assert/strict";
import { helpText, parseArguments, UsageError } from "../../../fleet/arguments.ts";

const defaults = { stacks: [], lab: false, only: false, json: false, parallel: 2, yes: false, folder: undefined };

describe("fleet/arguments", () => {
  const valid: [string, object][] = [
    ["up", { ...defaults, verb: "up" }],
    ["up sol terra sol", { ...defaults, verb: "up", stacks: ["sol", "terra"] }],
    ["preview luna --lab --json", { ...defaults, verb: "preview", stacks: ["luna"], lab: true, json: true }],
    ["up luna --only", { ...defaults, verb: "up", stacks: ["luna"], only: true }],
    ["destroy --yes --parallel 5", { ...defaults, verb: "destroy", yes: true, parallel: 5 }],
    ["destroy -y", { ...defaults, verb: "destroy", yes: true }],
    ["--folder /tmp/fleet status", { ...defaults, verb: "status", folder: "/tmp/fleet" }],
    ["start", { ...defaults, verb: "up", lab: true, stacks: ["luna"] }],
    [
      "render luna --to ../clusters",
      { verb: "render", stack: "luna", to: "../clusters", json: false, folder: undefined },
    ],
    ["start sol terra", { ...defaults, verb: "up", lab: true, stacks: ["sol", "terra"] }],
  ];
  for (const [line, expected] of valid) {
    it(`reads "${line}"`, () => assert.deepEqual(parseArguments(line.split(" ")), expected));
  }

  const invalid: [string, string | RegExp][] = [
    ["", "a verb is missing: start, up, preview, destroy, status, render"],
    ["upp luna", 'unknown verb "upp": start, up, preview, destroy, status, render are known'],
    ["up --parallel 0", '--parallel is "0": a whole number from 1 is allowed'],
    ["up --parallel two", '--parallel is "two": a whole number from 1 is allowed'],
    ["up --only", "--only needs the names of stacks"],
    ["destroy luna --only", "--only is for up and preview"],
    ["render luna --to /tmp/clusters --only", "--only is not for render"],
    ["up --to /tmp/clusters", "--to is for render only"],
    ["up sol --taken-back", "--taken-back is for render only"],
    ["render --to /tmp/clusters", "render takes one cluster: render luna --to <folder>"],
    ["render luna sol --to /tmp/clusters", "render takes one cluster: render luna --to <folder>"],
    ["render luna", "render needs --to: the folder of the Git repository"],
    ["render luna --to /tmp/clusters --lab", "--lab is not for render"],
    ["up --labs", /Unknown option '--labs'/],
  ];
  for (const [line, message] of invalid) {
    it(`refuses "${line}"`, () => {
      assert.throws(
        () => parseArguments(line.split(" ").filter(Boolean)),
        (error) =>
          error instanceof UsageError &&
          (typeof message === "string" ? error.message === message : message.test(error.message)),
      );
    });
  }

  it("answers nothing when help is asked for, whatever else is said", () => {
    assert.equal(parseArguments(["--help"]), undefined);
    assert.equal(parseArguments(["up", "-h"]), undefined);
    for (const word of [
      "start",
      "up",
      "preview",
      "destroy",
      "status",
      "render",
      "--lab",
      "--json",
      "--only",
      "--parallel",
      "--yes",
      "--to",
    ]) {
      assert.match(helpText, new RegExp(`^  ${word} `, "m"));
    }
  });
});
