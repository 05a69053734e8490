import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { openStore } from "../../../../lab/world/store.ts";

describe("world on disk", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "orrery-store-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("keeps the world between runs", () => {
    const first = openStore(folder);
    assert.equal(first.fresh, true);
    first.state.nowMs = 42;
    first.changed();
    first.close();
    const second = openStore(folder);
    assert.equal(second.fresh, false);
    assert.equal(second.state.nowMs, 42);
    second.close();
  });

  it("saves on its own a little after the last change, for the owner only", async () => {
    const store = openStore(folder);
    store.state.nowMs = 7;
    store.changed();
    await wait(350);
    const file = join(folder, "world.json");
    assert.equal(JSON.parse(readFileSync(file, "utf8")).nowMs, 7);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    store.close();
  });

  it("saves a world that never rests", async () => {
    const store = openStore(folder);
    for (let step = 0; step < 14; step += 1) {
      store.state.nowMs = step + 1;
      store.changed();
      await wait(100);
    }
    assert.ok(JSON.parse(readFileSync(join(folder, "world.json"), "utf8")).nowMs > 0);
    store.close();
  });

  it("has one owner at a time", () => {
    const store = openStore(folder);
    assert.throws(() => openStore(folder), /is open in this process: close it first, or use another folder/);
    store.close();
    assert.equal(existsSync(join(folder, "world.lock")), false);
  });

  it("names the process that owns it", () => {
    writeFileSync(join(folder, "world.lock"), String(process.ppid));
    assert.throws(() => openStore(folder), new RegExp(`is open in process ${process.ppid}:`));
  });

  it("takes over the lock of a process that is gone", () => {
    const gone = spawnSync(process.execPath, ["-e", ""]).pid;
    writeFileSync(join(folder, "world.lock"), String(gone));
    openStore(folder).close();
  });

  it("refuses a world that it cannot read, and leaves the folder free", () => {
    writeFileSync(join(folder, "world.json"), "{");
    assert.throws(() => openStore(folder), /is not a world of the lab: delete it to begin a new one/);
    writeFileSync(join(folder, "world.json"), '{"version": 9}');
    assert.throws(() => openStore(folder), /has version 9, this lab reads version 1/);
    assert.equal(existsSync(join(folder, "world.lock")), false);
  });
});
