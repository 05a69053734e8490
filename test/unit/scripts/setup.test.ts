import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import { dependenciesTask } from "../../../scripts/setup/dependencies.js";
import { buildFromModule } from "../../../scripts/setup/go.js";
import { exampleFolder, pinnedPulumi } from "../../../scripts/setup/places.js";
import { findOnPath, versionOf } from "../../../scripts/setup/programs.js";
import { duration, runTasks } from "../../../scripts/setup/progress.js";
import { planPulumi } from "../../../scripts/setup/pulumi.js";
import { planTalosctl, wantedVersions } from "../../../scripts/setup/talosctl.js";

const never = new AbortController().signal;

describe("set-up", () => {
  let folder: string;
  let bin: string;
  let env: NodeJS.ProcessEnv;

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), "setup-"));
    bin = path.join(folder, "bin");
    mkdirSync(bin);
    env = { PATH: `${bin}:/usr/bin:/bin`, HOME: folder };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function program(file: string, script: string): string {
    const whole = path.resolve(bin, file);
    mkdirSync(path.dirname(whole), { recursive: true });
    writeFileSync(whole, `#!/bin/sh\n${script}\n`);
    chmodSync(whole, 0o755);
    return whole;
  }

  describe("programs", () => {
    it("are found on the PATH when they can be run", () => {
      writeFileSync(path.join(bin, "plain"), "text");
      writeFileSync(path.join(bin, "empty"), "", { mode: 0o755 });
      const tool = program("tool", "exit 0");
      assert.equal(findOnPath("tool", env), tool);
      assert.equal(findOnPath("plain", env), undefined);
      assert.equal(findOnPath("empty", env), undefined);
    });

    it("are asked for their version once, until they change", async () => {
      const tool = program("tool", `echo x >>${folder}/asked; echo v1.2.3`);
      assert.equal(await versionOf(tool, [], env), "1.2.3");
      assert.equal(await versionOf(tool, [], env), "1.2.3");
      assert.equal(readFileSync(`${folder}/asked`, "utf8"), "x\n");
      program("tool", "echo v1.2.40");
      assert.equal(await versionOf(tool, [], env), "1.2.40");
    });

    it("have no version when they fail", async () => {
      assert.equal(await versionOf(program("tool", "echo v1.2.3; exit 1"), [], env), undefined);
    });
  });

  describe("npm packages", () => {
    const lock = () => path.join(folder, "package-lock.json");
    const installed = () => path.join(folder, "node_modules", ".package-lock.json");

    it("are installed when missing, left alone when there, renewed when the lock file is newer", () => {
      writeFileSync(lock(), "{}");
      assert.equal(dependenciesTask(folder, env)?.title, "npm packages");
      mkdirSync(path.dirname(installed()));
      writeFileSync(installed(), "{}");
      assert.equal(dependenciesTask(folder, env), undefined);
      utimesSync(lock(), new Date(), new Date(Date.now() + 60_000));
      assert.equal(dependenciesTask(folder, env)?.title, "npm packages");
    });
  });

  describe("Pulumi CLI", () => {
    const version = pinnedPulumi();

    it("is the PATH's when that is new enough", async () => {
      program("pulumi", `echo v${version}`);
      assert.deepEqual(await planPulumi(env), {});
    });

    it("is the kept one when the PATH's is too old", async () => {
      program("pulumi", "echo v3.1.0");
      const kept = path.join(folder, ".pulumi/versions", version, "bin");
      program(path.join(kept, "pulumi"), "exit 0");
      assert.deepEqual(await planPulumi(env), { folder: kept });
      const elsewhere = await planPulumi({ ...env, PULUMI_HOME: path.join(folder, "other") });
      assert.equal(elsewhere.task?.title, `Pulumi CLI ${version}`);
    });
  });

  describe("talosctl", () => {
    it("is wanted in the versions of all stack files that are used", () => {
      writeFileSync(path.join(folder, "Pulumi.shared.yaml"), "releases:\n  new:\n    talos: v1.13.9\n");
      assert.deepEqual(wantedVersions([folder]), ["v1.13.9"]);
      assert.deepEqual(wantedVersions([folder, exampleFolder, folder]), ["v1.11.5", "v1.12.0", "v1.13.9"]);
      assert.deepEqual(wantedVersions([path.join(folder, "none")]), []);
    });

    it("is taken from the PATH when it is exactly the version, and kept", async () => {
      const [version = ""] = wantedVersions([exampleFolder]);
      program("talosctl", `echo "Client ${version}"`);
      const task = planTalosctl(env, [exampleFolder]).find(({ title }) => title === `talosctl ${version}`);
      await task?.run(() => {}, never);
      assert.ok(existsSync(path.join(folder, ".orrery/tools/talosctl", version, "talosctl")));
      assert.equal(planTalosctl(env, [exampleFolder]).length, wantedVersions([exampleFolder]).length - 1);
    });
  });

  describe("builds", () => {
    const build = () => ({
      module: folder,
      package: "example.net/tool",
      ldflags: "-X version=1",
      target: path.join(folder, "kept", "tool"),
      otherwise: "put tool on the PATH",
    });

    function go(then: string) {
      program(
        "go",
        `[ "$1" = version ] && { echo go version go1.26.1 linux/amd64; exit; }
        echo "$* CGO_ENABLED=$CGO_ENABLED GOWORK=$GOWORK" >${folder}/called
        while [ "$1" != -o ]; do shift; done
        ${then}`,
      );
    }

    it("appear under their name when they are complete", async () => {
      go('echo built >"$2"');
      await buildFromModule(build(), env, never);
      assert.equal(readFileSync(build().target, "utf8"), "built\n");
      const called = readFileSync(`${folder}/called`, "utf8").replace(/tool\.\d+\.tmp/, "TEMPORARY");
      assert.equal(
        called,
        `build -trimpath -ldflags -s -w -X version=1 -o ${folder}/kept/TEMPORARY example.net/tool CGO_ENABLED=0 GOWORK=off\n`,
      );
    });

    it("leave nothing when they fail, and show the end of what was said", async () => {
      go('echo half >"$2"; echo "cannot find module" >&2; exit 1');
      await assert.rejects(buildFromModule(build(), env, never), {
        message: "building example.net/tool failed:\ncannot find module",
      });
      assert.deepEqual(readdirSync(path.join(folder, "kept")), []);
    });

    it("leave nothing when they are interrupted", async () => {
      go('echo half >"$2"; exec sleep 60');
      const stop = new AbortController();
      const running = buildFromModule(build(), env, stop.signal);
      setTimeout(() => stop.abort(), 300);
      await assert.rejects(running, /aborted/);
      assert.deepEqual(readdirSync(path.join(folder, "kept")), []);
    });

    it("say what to do without Go", async () => {
      await assert.rejects(buildFromModule(build(), { ...env, PATH: bin }, never), {
        message: "Go is not on the PATH: install Go 1.26 or newer, or put tool on the PATH",
      });
    });

    it("say what to do with an old Go", async () => {
      const old = program("go", "echo go version go1.22.3 linux/amd64");
      await assert.rejects(buildFromModule(build(), env, never), {
        message: `${old} is version 1.22.3, too old: install Go 1.26 or newer, or put tool on the PATH`,
      });
    });
  });

  describe("progress", () => {
    it("says what is done and when it is ready, elsewhere than on a terminal", async () => {
      const said: string[] = [];
      const output = { isTTY: false, columns: 80, write: (text: string) => said.push(text) > 0 };
      const tasks = [
        { title: "one", expected: "4 minutes", run: async () => {} },
        { title: "two", run: async () => {} },
      ];
      await runTasks(tasks, output, never);
      assert.equal(
        said.join(""),
        "set-up, needed once:\n  one (4 minutes)\n  two\n  one ready after 0s\n  two ready after 0s\n",
      );
    });

    it("stops the others when one fails", async () => {
      let stopped = false;
      const tasks = [
        { title: "bad", run: async () => Promise.reject(new Error("no")) },
        {
          title: "long",
          run: (_: unknown, signal: AbortSignal) =>
            new Promise<void>((resolve) => {
              signal.addEventListener("abort", () => {
                stopped = true;
                resolve();
              });
            }),
        },
      ];
      await assert.rejects(runTasks(tasks, { isTTY: false, columns: 80, write: () => true }, never), /no/);
      assert.equal(stopped, true);
    });

    for (const { ms, text } of [
      { ms: 900, text: "1s" },
      { ms: 59_000, text: "59s" },
      { ms: 247_000, text: "4m 07s" },
    ]) {
      it(`writes ${ms} ms as ${text}`, () => assert.equal(duration(ms), text));
    }
  });
});
