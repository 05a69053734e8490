import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { buildOrder, removalOrder, runSteps } from "../../../fleet/schedule.ts";

describe("fleet/schedule", () => {
  it("builds shared first and removes it last, when it is named", () => {
    assert.deepEqual(buildOrder(["terra", "shared", "luna"]), [["shared"], ["luna", "terra"]]);
    assert.deepEqual(buildOrder(["terra", "luna"]), [["luna", "terra"]]);
    assert.deepEqual(buildOrder(["shared"]), [["shared"]]);
    assert.deepEqual(removalOrder(["shared", "sol", "luna"]), [["luna", "sol"], ["shared"]]);
    assert.deepEqual(removalOrder(["luna"]), [["luna"]]);
  });

  it("works on no more stacks at the same time than allowed", async () => {
    let running = 0;
    let most = 0;
    const seen: string[] = [];
    const work = async (stack: string) => {
      running += 1;
      most = Math.max(most, running);
      await turn();
      running -= 1;
      seen.push(stack);
      return true;
    };
    await runSteps([["shared"], ["a", "b", "c", "d", "e"]], 2, work, assert.fail);
    assert.equal(most, 2);
    assert.equal(seen[0], "shared");
    assert.deepEqual([...seen].sort(), ["a", "b", "c", "d", "e", "shared"]);
  });

  it("lets one broken stack not stop the others of its step, but skips later steps", async () => {
    const done: string[] = [];
    const skipped: [string, string[]][] = [];
    const work = async (stack: string) => {
      done.push(stack);
      return stack !== "b";
    };
    await runSteps([["a", "b", "c"], ["shared"]], 1, work, (stack, because) => skipped.push([stack, because]));
    assert.deepEqual(done, ["a", "b", "c"]);
    assert.deepEqual(skipped, [["shared", ["b"]]]);
  });
});
