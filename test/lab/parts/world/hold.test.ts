import assert from "node:assert/strict";
import { setTimeout as realTime } from "node:timers/promises";
import { World } from "../../../../lab/world/world.ts";

describe("lab/world clock.hold", () => {
  it("lets no virtual time pass while real work is under way", async () => {
    const world = new World({ version: 1, nowMs: 0, events: [], counters: {}, records: [], parts: {} }, () => {});
    const sleeping = world.clock.sleep(5000);
    const seen = await world.clock.hold(realTime(30).then(() => world.clock.nowMs));
    assert.equal(seen, 0);
    await sleeping;
    assert.equal(world.clock.nowMs, 5000);
  });

  it("goes on after work that failed", async () => {
    const world = new World({ version: 1, nowMs: 0, events: [], counters: {}, records: [], parts: {} }, () => {});
    const sleeping = world.clock.sleep(1000);
    await assert.rejects(world.clock.hold(Promise.reject(new Error("no"))), /no/);
    await sleeping;
    assert.equal(world.clock.nowMs, 1000);
  });
});
