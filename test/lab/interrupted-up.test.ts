import assert from "node:assert/strict";
import { keepCheckpoints, killAt } from "./support/kill-engine.ts";
import { TestSite } from "./support/site.ts";

describe("an interrupted first up in the lab", () => {
  keepCheckpoints();
  // Shares of all resources after which the engine is killed, one after the other on the same site.
  const points = [0.1, 0.35, 0.6, 0.85];
  const site = new TestSite();
  after(() => site.remove());

  it("goes on after the engine was killed in the shared stack", async () => {
    const display = killAt("shared", "bringing up", ({ done }) => done >= 3);
    const outcome = await site.run("up shared", display);
    assert.equal(display.killed, true);
    assert.equal(outcome.ok, false);
    await site.succeed("up shared");
  });

  for (const point of points) {
    it(`fails when the engine is killed after ${point * 100} % of luna`, async () => {
      const display = killAt("luna", "bringing up", ({ done, total }) => done >= point * total);
      const outcome = await site.run("up luna --only", display);
      assert.equal(display.killed, true);
      const luna = outcome.stacks.find(({ stack }) => stack === "luna");
      assert.equal(luna?.result, "failed");
      assert.match(luna.failure?.causes[0]?.message ?? "", /may have been killed/);
    });
  }

  it("converges when run again, and has nothing to do after that", async () => {
    const first = await site.succeed("up luna --only");
    assert.ok(first.luna?.summary?.kind === "cluster");
    assert.deepEqual(
      first.luna.summary.nodes.map(({ state }) => state),
      Array(6).fill("ready"),
    );
    const second = await site.succeed("up luna --only");
    assert.deepEqual(second.luna?.changes, []);
    assert.equal(second.luna?.result, "unchanged");
  });
});
