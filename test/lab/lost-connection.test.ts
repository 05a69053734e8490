import assert from "node:assert/strict";
import { createRequire } from "node:module";
import type { Display } from "../../fleet/progress/display.ts";
import { keepCheckpoints } from "./support/kill-engine.ts";
import { silent, TestSite } from "./support/site.ts";

type Call = (this: unknown, request: Request, answer: (error: Error | null) => void) => unknown;
interface Request {
  getName?(): string;
  getUrn?(): string;
}

const require = createRequire(import.meta.url);
const { ResourceMonitorClient } = require("@pulumi/pulumi/proto/resource_grpc_pb.js");
const { EngineClient } = require("@pulumi/pulumi/proto/engine_grpc_pb.js");
const monitor: Record<string, Call> = ResourceMonitorClient.prototype;
const engine: Record<string, Call> = EngineClient.prototype;

/** Loses calls of the program to the engine, as long as `times` and `when` allow; answers how many were lost. */
async function losing(
  {
    method,
    name,
    times = 1,
    when = () => true,
  }: { method: string; name: string; times?: number; when?: () => boolean },
  work: () => Promise<void>,
): Promise<number> {
  const calls = method in monitor ? monitor : engine;
  const call = calls[method] as Call;
  let lost = 0;
  calls[method] = function (request, answer) {
    if ((request.getName?.() ?? request.getUrn?.()) !== name || lost >= times || !when())
      return call.call(this, request, answer);
    lost++;
    setImmediate(answer, Object.assign(new Error("14 UNAVAILABLE: connection dropped"), { code: 14 }));
    return undefined;
  };
  try {
    await work();
  } finally {
    calls[method] = call;
  }
  return lost;
}

describe("a connection to the engine that breaks in the lab", () => {
  keepCheckpoints();
  const site = new TestSite();
  const vms = () => Object.keys(site.world().parts.proxmox?.vms ?? {}).length;
  before(() => {
    site.edit("luna", (config) => {
      config.controlPlanes = { count: 1 };
      config.workers = { wk: { count: 2 } };
    });
    return site.succeed("up luna");
  });
  after(() => site.remove());

  for (const [method, name] of [
    // Nothing needs the answer: the SDK alone would end the program well, and the engine would delete the node.
    ["registerResource", "lunawk02"],
    ["registerResource", "luna"],
    ["registerResourceHook", "luna-hand-over"],
    // The program is never run then, and the SDK alone would say that it went well.
    ["setRootResource", "urn:pulumi:luna::orrery::pulumi:pulumi:Stack::orrery-luna"],
  ] as const) {
    it(`is planned again after ${method} of ${name}`, async () => {
      const lost = await losing({ method, name }, async () => {
        const { luna } = await site.succeed("preview luna --only");
        assert.deepEqual(luna?.changes, []);
      });
      assert.equal(lost, 1);
    });
  }

  it("fails with what happened when it breaks again", async () => {
    const lost = await losing({ method: "registerResource", name: "lunawk02", times: 2 }, async () => {
      const outcome = await site.run("up luna --only");
      const luna = outcome.stacks.find(({ stack }) => stack === "luna");
      assert.equal(luna?.result, "failed");
      assert.match(luna.failure?.causes[0]?.message ?? "", /the connection between the program and the engine broke/);
      assert.equal(luna.failure?.state, "nothing was changed");
    });
    assert.equal(lost, 2);
    assert.equal(vms(), 3);
  });

  it("deletes nothing when it breaks after planning, and the next run goes on", async () => {
    site.edit("luna", (config) => {
      config.nodes = { sysctls: { "vm.max_map_count": "262144" } };
    });
    let applying = false;
    const display: Display = {
      ...silent,
      phase(stack, phase) {
        applying = stack === "luna" && phase === "bringing up";
      },
    };
    const lost = await losing({ method: "registerResource", name: "lunawk02", when: () => applying }, async () => {
      const outcome = await site.run("up luna --only", display);
      assert.equal(outcome.stacks.find(({ stack }) => stack === "luna")?.result, "failed");
    });
    assert.equal(lost, 1);
    assert.equal(vms(), 3);
    await site.succeed("up luna --only");
    assert.equal(vms(), 3);
  });
});
