import assert from "node:assert/strict";
import { type FleetRequest, parseArguments, UsageError } from "../../../fleet/arguments.ts";
import { select } from "../../../fleet/selection.ts";
import { fleet } from "../../support/fleet.ts";

const stacksOf = (line: string) => select(fleet, parseArguments(`${line} --lab`.split(" ")) as FleetRequest).stacks;

describe("fleet/selection", () => {
  const cases: [string, string[]][] = [
    ["up", ["shared", "luna", "sol", "terra"]],
    ["up luna", ["shared", "luna"]],
    ["preview terra shared", ["shared", "terra"]],
    ["up luna --only", ["luna"]],
    ["preview shared --only", ["shared"]],
    ["destroy luna", ["luna"]],
    ["status sol", ["sol"]],
  ];
  for (const [line, stacks] of cases) {
    it(`"${line}" works on ${stacks.join(", ")}`, () => assert.deepEqual(stacksOf(line), stacks));
  }

  it("suggests the stack that was meant", () => {
    assert.throws(() => stacksOf("up lunar"), /there is no stack "lunar".*did you mean "luna"/);
  });

  it("says what it takes to destroy a cluster whose file is gone", () => {
    assert.throws(
      () => stacksOf("destroy mars"),
      new UsageError(
        'there is no stack "mars": Pulumi.mars.yaml does not exist; known are shared, luna, sol, terra; a cluster is destroyed by its file: bring Pulumi.mars.yaml back',
      ),
    );
  });
});
