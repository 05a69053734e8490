import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { type Stop, stopOn } from "../../../fleet/stop.ts";
import { type Context, Work } from "../../../fleet/verbs/context.ts";

describe("fleet/stop", () => {
  const cases: [signal: string, terminal: boolean, reason: string, engine: boolean, told: number][] = [
    // The terminal has told the engine already.
    ["SIGINT", true, "interrupted", false, 1],
    ["SIGINT", false, "interrupted", true, 0],
    ["SIGTERM", true, "asked to stop", true, 0],
    ["SIGTERM", false, "asked to stop", true, 0],
  ];
  for (const [signal, terminal, reason, engine, told] of cases) {
    it(`stops at ${signal} ${terminal ? "on a terminal" : "elsewhere"}`, () => {
      const signals = new EventEmitter();
      const texts: string[] = [];
      const stop = stopOn(signals, terminal, (text) => void texts.push(text));
      assert.ok(!stop.run.aborted && !stop.engine.aborted);
      signals.emit(signal);
      assert.equal(stop.run.reason.message, reason);
      assert.equal(stop.engine.aborted, engine);
      assert.equal(texts.length, told);
    });
  }

  it("begins no operation of the engine once the run was asked to stop", () => {
    const signals = new EventEmitter();
    const stop: Stop = stopOn(signals, false, assert.fail);
    const work = new Work("luna", { stop, display: { phase() {} } } as unknown as Context);
    assert.equal(work.begin("planning").signal, stop.engine);
    signals.emit("SIGTERM");
    assert.throws(() => work.begin("bringing up"), /^Error: asked to stop$/);
    assert.equal(work.phase, "bringing up");
  });
});
