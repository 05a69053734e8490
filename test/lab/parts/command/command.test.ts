import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import { openCommand } from "../../../../lab/command/index.ts";
import type { ResourceType } from "../../../../lab/protocol/provider.ts";
import { unknown } from "../../../../lab/protocol/values.ts";
import { World } from "../../../../lab/world/world.ts";

const context = {
  urn: "urn:pulumi:shared::orrery::orrery:index:TalosImage$command:local:Command::stable-build",
  preview: false,
  timeoutSeconds: 0,
};

describe("the lab's command provider", () => {
  let folder: string;
  let world: World;
  let lab: ReturnType<typeof openCommand>;
  let command: ResourceType;

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), "command-"));
    world = new World({ version: 1, nowMs: 0, events: [], counters: {}, records: [], parts: {} }, () => {});
    lab = openCommand(world, { folder, env: { PATH: process.env.PATH, COLOUR: "blue" } });
    command = lab.provider.resources["command:local:Command"] as ResourceType;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("runs create with the shell, in its folder and environment", async () => {
    const inputs = {
      create: 'cat; pwd; echo "$COLOUR $SHAPE" | tee shape >&2',
      stdin: "in\n",
      environment: { SHAPE: "round" },
    };
    const { id, outputs } = await command.create(inputs, context);
    assert.match(id, /^stable-build[0-9a-f]{8}$/);
    assert.deepEqual(outputs, { ...inputs, stdout: `in\n${folder}`, stderr: "blue round" });
    assert.equal(readFileSync(path.join(folder, "shape"), "utf8"), "blue round\n");
    assert.deepEqual(world.state.records, [{ atMs: 0, kind: "command.create", subject: "stable-build" }]);
  });

  it("takes another interpreter and folder", async () => {
    const inputs = { interpreter: [process.execPath, "-e"], create: "console.log(process.cwd())", dir: "/" };
    assert.equal((await command.create(inputs, context)).outputs.stdout, "/");
  });

  it("tells what a failed command said", async () => {
    await assert.rejects(command.create({ create: "echo no space; exit 3" }, context), {
      message: 'exit status 3: running "echo no space; exit 3":\nno space\n',
    });
    await assert.rejects(command.create({ create: "x", interpreter: ["/no/such"] }, context), /ENOENT/);
  });

  it("runs create again when there is no update, with the previous output at hand", async () => {
    const inputs = { create: 'echo "after $PULUMI_COMMAND_STDOUT"' };
    const olds = { create: "echo one", stdout: "one", stderr: "" };
    const updated = await command.update("id", { create: "echo one" }, olds, inputs, context);
    assert.deepEqual(updated, { ...inputs, stdout: "after one", stderr: "" });
    const silent = { ...inputs, addPreviousOutputInEnv: false };
    assert.equal((await command.update("id", inputs, olds, silent, context)).stdout, "after ");
    const update = { ...inputs, update: "echo updated" };
    assert.equal((await command.update("id", inputs, olds, update, context)).stdout, "updated");
  });

  it("keeps the output when an update has nothing to run", async () => {
    const news = { delete: "true" };
    assert.deepEqual(await command.update("id", {}, { stdout: "kept", stderr: "" }, news, context), {
      ...news,
      stdout: "kept",
      stderr: "",
    });
  });

  it("runs the delete that is in state", async () => {
    const outputs = { delete: 'echo "$PULUMI_COMMAND_STDOUT" >gone', stdout: "made", stderr: "" };
    await command.delete("id", {}, outputs, context);
    assert.equal(readFileSync(path.join(folder, "gone"), "utf8"), "made\n");
    await command.delete("id", {}, { stdout: "", stderr: "" }, context);
  });

  for (const { name, olds, news, changed, replaces } of [
    { name: "nothing", olds: { create: "a" }, news: { create: "a" }, changed: [], replaces: [] },
    { name: "a command", olds: { create: "a" }, news: { create: "b" }, changed: ["create"], replaces: [] },
    {
      name: "the environment",
      olds: { environment: { A: "1" } },
      news: { environment: { A: "2" } },
      changed: ["environment"],
      replaces: [],
    },
    {
      name: "a trigger",
      olds: { triggers: [1] },
      news: { triggers: [2] },
      changed: ["triggers"],
      replaces: ["triggers"],
    },
    { name: "a removed input", olds: { create: "a", dir: "/" }, news: { create: "a" }, changed: ["dir"], replaces: [] },
  ]) {
    it(`sees a change of ${name}`, async () => {
      assert.deepEqual(await command.diff("id", olds, {}, news, context), { changed, replaces });
    });
  }

  for (const { inputs, failures } of [
    { inputs: { create: "a", environment: { A: "1" }, triggers: ["x"], logging: "none" }, failures: [] },
    { inputs: { create: unknown, logging: unknown }, failures: [] },
    { inputs: { craete: "a" }, failures: [{ property: "craete", reason: 'unknown property; did you mean "create"?' }] },
    { inputs: { create: 1 }, failures: [{ property: "create", reason: "expected a string, got a number" }] },
    {
      inputs: { logging: "all" },
      failures: [{ property: "logging", reason: "expected one of stdout, stderr, stdoutAndStderr, none" }],
    },
    {
      inputs: { assetPaths: ["*"] },
      failures: [{ property: "assetPaths", reason: "the lab collects no files of commands" }],
    },
  ]) {
    it(`checks ${JSON.stringify(inputs)}`, async () => {
      assert.deepEqual((await command.check(inputs, undefined, context)).failures, failures);
    });
  }

  it("does not know its output in a preview", () => {
    assert.deepEqual(command.previewCreate?.({ create: "a" }, context), {
      create: "a",
      stdout: unknown,
      stderr: unknown,
    });
  });

  it("ends a command after the time that it was given, and all of them when it closes", async () => {
    await assert.rejects(command.create({ create: "exec sleep 60" }, { ...context, timeoutSeconds: 0.05 }), /SIGKILL/);
    const running = command.create({ create: "exec sleep 60" }, context);
    lab.close();
    await assert.rejects(running, /signal: SIGKILL/);
  });

  it("runs commands as a function", async () => {
    const run = lab.provider.functions["command:local:run"];
    const answer = await run?.({ command: "echo hello" }, { preview: false });
    assert.deepEqual(answer, { result: { command: "echo hello", stdout: "hello", stderr: "" } });
    const refused = await run?.({}, { preview: false });
    assert.deepEqual(refused, { failures: [{ property: "command", reason: "required property is missing" }] });
  });
});
