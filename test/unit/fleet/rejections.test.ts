import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import "@pulumi/pulumi";
import { keepRunsApart } from "../../../fleet/rejections.ts";

const runs = (globalThis as unknown as { asyncLocalStorage: AsyncLocalStorage<unknown> }).asyncLocalStorage;

describe("runs in one process", () => {
  const others = process.listeners("unhandledRejection");
  before(() => {
    keepRunsApart();
    for (const listener of others) process.off("unhandledRejection", listener);
  });
  after(() => {
    for (const listener of others) process.on("unhandledRejection", listener);
  });

  it("are not told what goes wrong in others", async () => {
    assert.ok(runs instanceof AsyncLocalStorage);
    const heard: Record<string, string[]> = { sol: [], luna: [] };
    const handlers = Object.entries(heard).map(([name, list]) => {
      const handler = (error: Error) => list.push(error.message);
      runs.run({ name }, () => {
        process.on("unhandledRejection", handler);
        setImmediate(() => void Promise.reject(new Error(`of ${name}`)));
      });
      return handler;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    // Mocha tells all handlers a second time when it hears of one.
    assert.deepEqual(new Set(heard.sol), new Set(["of sol"]));
    assert.deepEqual(new Set(heard.luna), new Set(["of luna"]));
    for (const handler of handlers) process.off("unhandledRejection", handler);
    for (const handler of handlers) assert.ok(!process.listeners("unhandledRejection").includes(handler as never));
  });
});
