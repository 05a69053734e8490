import assert from "node:assert/strict";
import type { EngineEvent } from "../../../fleet/engine.ts";
import { type Circumstances, failureOf, renderFailure } from "../../../fleet/failure.ts";
import { progressLine } from "../../../fleet/progress/format.ts";
import { Tracker } from "../../../fleet/progress/tracker.ts";

const root = "urn:pulumi:luna::orrery::pulumi:pulumi:Stack::orrery-luna";
const vm = (name: string) =>
  `urn:pulumi:luna::orrery::orrery:index:TalosCluster$proxmoxve:index/vmLegacy:VmLegacy::${name}`;

function step(urn: string, op: string, extra: object = {}) {
  const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
  return { urn, op, type, provider: "", new: { custom: !type.includes("Stack") }, ...extra };
}

function event(kind: string, content: object): EngineEvent {
  return { sequence: 0, timestamp: 0, [kind]: content } as unknown as EngineEvent;
}

const begin = (urn: string, op: string) => event("resourcePreEvent", { metadata: step(urn, op) });
const end = (urn: string, op: string, extra: object = {}) =>
  event("resOutputsEvent", { metadata: step(urn, op, extra) });
const fail = (urn: string, op: string) => event("resOpFailedEvent", { metadata: step(urn, op), status: 1, steps: 1 });
const say = (severity: string, message: string, urn?: string, ephemeral = false) =>
  event("diagnosticEvent", { severity, message, urn, color: "never", ephemeral });

function track(events: EngineEvent[], expected = 0): Tracker {
  const tracker = new Tracker(expected);
  for (const each of events) tracker.take(each);
  return tracker;
}

describe("fleet/progress", () => {
  it("counts what is done out of what the preview has counted and names what goes on", () => {
    const tracker = track(
      [
        begin(root, "create"),
        begin(vm("a"), "create"),
        begin(vm("b"), "create"),
        end(vm("a"), "create"),
        begin(vm("c"), "update"),
      ],
      10,
    );
    assert.deepEqual(tracker.view, { done: 1, total: 10, current: ["creating VmLegacy b", "updating VmLegacy c"] });
    assert.equal(
      progressLine("luna", "bringing up", tracker.view, 83.4, 200),
      "luna     bringing up 1/10  83 s  creating VmLegacy b and 1 more",
    );
  });

  it("shows first what components tell, and nothing of what providers do", () => {
    const component = "urn:pulumi:sol::orrery::orrery:index:DownstreamClusters::sol";
    const { view } = track([
      begin(vm("a"), "delete"),
      say("info", "1 of 2", component),
      say("info", "<{%reset%}>cluster media: still has media-workers-x7k2p<{%reset%}>\n", component),
      say("info", "waiting for the VM", vm("a")),
      say("info", "about the stack"),
    ]);
    assert.deepEqual(view.current, ["cluster media: still has media-workers-x7k2p", "deleting VmLegacy a"]);
  });

  it("keeps beside a change what the program tells of it, and nothing else that is told", () => {
    const { changes } = track([
      say("info", "<{%reset%}>changes machine.udev, with a reboot<{%reset%}>\n", vm("a")),
      end(vm("a"), "update", { diffs: ["machineConfigurationHash"] }),
      say("info", "changes nothing", vm("b")),
      say("info", "looked for changes", vm("c")),
      end(vm("c"), "update", { diffs: ["cpu"] }),
    ]);
    assert.deepEqual(changes, [
      {
        urn: vm("a"),
        operation: "update",
        properties: ["machineConfigurationHash"],
        effect: "machine.udev, with a reboot",
      },
      { urn: vm("c"), operation: "update", properties: ["cpu"] },
    ]);
  });

  it("cuts a line that is longer than the terminal is wide", () => {
    const line = progressLine(
      "luna",
      "bringing up",
      { done: 1, total: 2, current: ["creating VmLegacy lunacp01"] },
      3,
      30,
    );
    assert.equal(line.length, 30);
    assert.equal(line.at(-1), "…");
  });

  it("gathers changes: replacements once, properties by name", () => {
    const tracker = track([
      end(vm("a"), "same"),
      end(vm("b"), "update", { detailedDiff: { "disks[0].size": {}, "disks[0].speed": {}, tags: {}, __meta: {} } }),
      end(vm("c"), "create-replacement", { keys: ["nodeName"] }),
      end(vm("c"), "replace", { keys: ["nodeName"] }),
      end(vm("c"), "delete-replaced"),
      end(vm("d"), "create", { detailedDiff: { vmId: {} } }),
      end(vm("e"), "delete"),
    ]);
    assert.deepEqual(
      tracker.changes.map(({ urn, operation, properties }) => [urn.split("::").at(-1), operation, properties]),
      [
        ["b", "update", ["disks", "tags"]],
        ["c", "replace", ["nodeName"]],
        ["d", "create", []],
        ["e", "delete", []],
      ],
    );
    assert.equal(tracker.unchanged, false);
    assert.equal(tracker.unchangedResources, 1);
  });

  it("sees that nothing changes, and that only outputs do", () => {
    const outputs = (before: object, after: object) => ({ old: { outputs: before }, new: { outputs: after } });
    assert.equal(track([end(vm("a"), "same"), end(root, "same", outputs({ a: 1 }, { a: 1 }))]).unchanged, true);
    assert.equal(track([end(vm("a"), "same"), end(root, "same", outputs({ a: 1 }, { a: 2 }))]).unchanged, false);
  });

  const failed: Circumstances = {
    during: "bringing up",
    tracker: new Tracker(),
    touched: true,
    command: "npm run fleet -- up luna",
    interrupted: false,
  };
  const untouched: Circumstances = { ...failed, during: "opening", touched: false };

  it("tells what failed, how things stand and what to do", () => {
    const tracker = track([
      end(vm("a"), "create"),
      begin(vm("b"), "create"),
      say("info", "passing by"),
      say("error", "still trying", vm("b"), true),
      say("error", "<{%reset%}>storage local-zfs is full\nfree: 0 GiB<{%reset%}>\n", vm("b")),
      fail(vm("b"), "create"),
      say("error", "update failed", root),
    ]);
    const failure = failureOf(new Error("code: 255"), { ...failed, tracker });
    assert.equal(
      renderFailure("luna", failure),
      [
        "luna: bringing up failed",
        "  VmLegacy b: storage local-zfs is full",
        "    free: 0 GiB",
        "  state: resources that are as they should be: 1; failed: b; all of it is recorded",
        "  next:  mend the cause, then: npm run fleet -- up luna (goes on from here)",
      ].join("\n"),
    );
  });

  it("takes no interruption for a failure, and tells what was broken off", () => {
    const tracker = track([
      end(vm("a"), "create"),
      begin(vm("b"), "create"),
      say("error", "signal: interrupt", vm("b")),
      fail(vm("b"), "create"),
      say("error", "update canceled", root),
    ]);
    const failure = failureOf(new Error("code: 255"), { ...failed, tracker, interrupted: true });
    assert.equal(
      renderFailure("luna", failure),
      [
        "luna: bringing up was interrupted",
        "  VmLegacy b: signal: interrupt",
        "  state: resources that are as they should be: 1; failed: b; all of it is recorded",
        "  next:  npm run fleet -- up luna (goes on from here)",
      ].join("\n"),
    );
    const silent = ["interrupted", "code: -2\n stdout: @ updating.....\n"].map((message) => {
      const error = Object.assign(new Error(message), message === "interrupted" ? {} : { commandResult: {} });
      return failureOf(error, { ...untouched, interrupted: true });
    });
    for (const { causes, next } of silent) assert.deepEqual([causes, next], [[], "npm run fleet -- up luna"]);
  });

  it("counts what is gone where a stack is destroyed", () => {
    const tracker = track([end(vm("a"), "same"), end(vm("b"), "delete"), end(vm("c"), "delete")]);
    assert.equal(
      failureOf(new Error("x"), { ...failed, during: "destroying", tracker }).state,
      "resources that are gone: 2; all of it is recorded",
    );
  });

  it("quotes a line of a long command that failed", () => {
    const command = `set -eu\\necho \\"${"x".repeat(200)}\\"`;
    const tracker = track([say("error", `exit status 1: running "${command}"\ndocker: no space left`, vm("b"))]);
    const text = renderFailure("luna", failureOf(new Error(), { ...failed, tracker }));
    assert.match(text, /running "set -eu\\necho \\"x+\.\.\."\n {4}docker: no space left/);
  });

  const lastWords: [string, string, string][] = [
    [
      "CommandError",
      "code: 255\n stdout: \n stderr: error: passphrase must be set\n\n err?: ",
      "passphrase must be set",
    ],
    [
      "CommandError",
      "code: -2\n stdout: @ updating.....\n",
      "the engine ended without a word; it may have been killed",
    ],
    ["StoreError", "world is in use", "world is in use"],
  ];
  it("says how to log in where nobody is", () => {
    const message = "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions";
    const failure = failureOf(new Error(message), untouched);
    assert.equal(
      failure.next,
      "log in to where state is kept (pulumi login, pulumi login file://<folder>, or PULUMI_BACKEND_URL), then: npm run fleet -- up luna",
    );
    const other = failureOf(new Error("no route to host"), untouched);
    assert.equal(other.next, "mend the cause, then: npm run fleet -- up luna");
  });

  for (const [name, message, expected] of lastWords) {
    it(`says "${expected}" when the engine reported no cause`, () => {
      const error = Object.assign(new Error(message), name === "CommandError" ? { commandResult: {} } : {});
      const failure = failureOf(error, untouched);
      assert.deepEqual(failure.causes, [{ message: expected }]);
      assert.equal(failure.state, "nothing was changed");
    });
  }
});
