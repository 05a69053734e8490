import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { emptyWorld } from "../../../../lab/world/store.ts";
import { World } from "../../../../lab/world/world.ts";

function newWorld(): World {
  return new World(emptyWorld(), () => {});
}

describe("virtual clock", () => {
  it("passes hours in no time", async () => {
    const { clock } = newWorld();
    const startedAt = performance.now();
    await clock.sleep(3_600_000);
    assert.equal(clock.nowMs, 3_600_000);
    assert.ok(performance.now() - startedAt < 1000);
  });

  it("wakes sleepers and runs events in the order of their times", async () => {
    const { clock } = newWorld();
    const seen: string[] = [];
    clock.handle("test.event", (subject) => seen.push(`${subject}@${clock.nowMs}`));
    clock.schedule(2000, "test.event", "second");
    clock.schedule(1000, "test.event", "first");
    await Promise.all([clock.sleep(1500).then(() => seen.push(`sleeper@${clock.nowMs}`)), clock.sleep(3000)]);
    assert.deepEqual(seen, ["first@1000", "sleeper@1500", "second@2000"]);
  });

  it("stands still while nobody waits", async () => {
    const { clock } = newWorld();
    clock.schedule(1000, "test.event", "a");
    await setTimeout(20);
    assert.equal(clock.nowMs, 0);
  });

  it("takes planned events back", async () => {
    const { clock } = newWorld();
    const seen: string[] = [];
    clock.handle("test.event", (subject) => seen.push(subject));
    clock.schedule(1000, "test.event", "gone");
    clock.schedule(1000, "test.event", "kept");
    clock.cancel("test.event", "gone");
    await clock.pass(2000);
    assert.deepEqual(seen, ["kept"]);
  });

  it("waits for a condition or gives up in time", async () => {
    const { clock } = newWorld();
    assert.equal(await clock.until(() => clock.nowMs >= 5000, 60_000), true);
    assert.equal(clock.nowMs, 5000);
    assert.equal(await clock.until(() => false, 10_000), false);
    assert.equal(clock.nowMs, 15_000);
  });

  it("does not give up before real time has passed, for what comes from outside", async () => {
    const { clock } = newWorld();
    clock.patienceMs = 2000;
    let there = false;
    const waiting = clock.until(() => there, 5000);
    while (clock.nowMs <= 5000) await setTimeout(5);
    there = true;
    assert.equal(await waiting, true);
    clock.patienceMs = 50;
    assert.equal(await clock.until(() => false, 5000), false);
  });

  it("keeps planned events with the world", async () => {
    const state = emptyWorld();
    new World(state, () => {}).clock.schedule(1000, "test.event", "later");
    const reopened = new World(JSON.parse(JSON.stringify(state)), () => {});
    const seen: string[] = [];
    reopened.clock.handle("test.event", (subject) => seen.push(subject));
    await reopened.clock.pass(1000);
    assert.deepEqual(seen, ["later"]);
  });
});
