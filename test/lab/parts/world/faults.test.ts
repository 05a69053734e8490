import assert from "node:assert/strict";
import type { FaultRule } from "../../../../lab/world/faults.ts";
import { emptyWorld } from "../../../../lab/world/store.ts";
import { type LabCall, World } from "../../../../lab/world/world.ts";

const create = (subject: string): LabCall => ({ provider: "proxmoxve", operation: "create", token: "t:Vm", subject });

async function outcomes(rules: FaultRule[], calls: LabCall[], seed = 0): Promise<string[]> {
  const world = new World(emptyWorld(), () => {}, rules, seed);
  const results: string[] = [];
  for (const call of calls) {
    results.push(
      await world
        .enter(call)
        .then(() => world.leave(call))
        .then(
          () => "ok",
          (error: Error) => error.message,
        ),
    );
  }
  return results;
}

describe("faults", () => {
  it("hit what the rule says, as often as it says", async () => {
    const rule: FaultRule = { kind: "error", provider: "proxmoxve", subject: "vm", skip: 1, times: 1 };
    const calls = [create("vm1"), create("vm2"), create("vm3"), create("disk")];
    assert.deepEqual(await outcomes([rule], calls), ["ok", "injected fault: proxmoxve create t:Vm vm2", "ok", "ok"]);
  });

  it("lose the answer after the work was done", async () => {
    const world = new World(emptyWorld(), () => {}, [{ kind: "lost", message: "connection reset" }]);
    await world.enter(create("vm1"));
    await assert.rejects(world.leave(create("vm1")), { message: "connection reset" });
    assert.equal(world.state.counters["proxmoxve.create"], 1);
  });

  it("take virtual time", async () => {
    const world = new World(emptyWorld(), () => {}, [{ kind: "delay", delayMs: 60_000 }]);
    await world.enter(create("vm1"));
    assert.equal(world.clock.nowMs, 60_000);
  });

  it("are the same for the same seed and differ between seeds", async () => {
    const calls = Array.from({ length: 200 }, (_, index) => create(`vm${index}`));
    const rules: FaultRule[] = [{ kind: "error", probability: 0.3 }];
    const first = await outcomes(rules, calls, 1);
    assert.deepEqual(await outcomes(rules, calls, 1), first);
    assert.notDeepEqual(await outcomes(rules, calls, 2), first);
    const hits = first.filter((outcome) => outcome !== "ok").length;
    assert.ok(hits > 30 && hits < 90, `${hits} of 200 at 30 %`);
  });

  it("hit the same calls whichever comes first", async () => {
    const calls = Array.from({ length: 200 }, (_, index) => create(`vm${index}`));
    const rules: FaultRule[] = [{ kind: "error", probability: 0.3 }];
    const backwards = await outcomes(rules, calls.toReversed(), 1);
    assert.deepEqual(backwards.toReversed(), await outcomes(rules, calls, 1));
  });

  it("come and go while the lab runs", async () => {
    const world = new World(emptyWorld(), () => {});
    world.faults.add({ kind: "error" });
    await assert.rejects(world.enter(create("vm1")));
    world.faults.clear();
    await world.enter(create("vm1"));
  });
});
