import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import { imageTools } from "../../../../lab/command/image-tools.ts";
import { listen } from "../../../../lab/tools/listen.ts";
import { World } from "../../../../lab/world/world.ts";

const reference = "registry.example.net/talos/installer:v1.11.5-0123456789ab";
const bin = path.resolve(import.meta.dirname, "../../../../lab/bin");

describe("the lab's docker and crane", () => {
  let folder: string;
  let world: World;
  const run = (tool: string, ...args: string[]) => {
    const handler = imageTools[tool];
    assert.ok(handler);
    return handler(world, args, folder);
  };
  const imager = (...args: string[]) =>
    run("docker", "run", "--rm", "-v", `${folder}:/out`, "ghcr.io/siderolabs/imager:v1.11.5", ...args);

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), "image-tools-"));
    world = new World({ version: 1, nowMs: 0, events: [], counters: {}, records: [], parts: {} }, () => {});
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("writes what the imager was asked for, the same for the same request", async () => {
    const args = ["iso", "--platform", "nocloud", "--arch", "amd64", "--system-extension-image", "ghcr.io/a/frr:v1"];
    const first = await imager(...args);
    assert.deepEqual(first, { code: 0, stdout: "output asset path: /out/nocloud-amd64.iso\n", stderr: "" });
    const text = readFileSync(path.join(folder, "nocloud-amd64.iso"), "utf8");
    assert.deepEqual(JSON.parse(text), {
      version: "v1.11.5",
      kind: "iso",
      platform: "nocloud",
      arch: "amd64",
      extensions: ["ghcr.io/a/frr:v1"],
      kernelArguments: [],
    });
    await imager(...args);
    assert.equal(readFileSync(path.join(folder, "nocloud-amd64.iso"), "utf8"), text);
    assert.deepEqual(
      world.state.records.map(({ kind, subject }) => `${kind} ${subject}`),
      ["imager.built iso v1.11.5 nocloud", "imager.built iso v1.11.5 nocloud"],
    );
    assert.equal(world.state.nowMs, 180_000);
  });

  it("names the installer as the imager does", async () => {
    assert.equal(
      (await imager("installer", "--arch", "arm64")).stdout,
      "output asset path: /out/installer-arm64.tar\n",
    );
  });

  it("keeps what is pushed in the world", async () => {
    const missing = await run("crane", "digest", reference);
    assert.equal(missing.code, 1);
    assert.equal(
      missing.stderr,
      "Error: GET https://registry.example.net/v2/talos/installer/manifests/v1.11.5-0123456789ab: " +
        "MANIFEST_UNKNOWN: manifest unknown\n",
    );
    const file = path.join(folder, "installer-amd64.tar");
    writeFileSync(file, "content");
    const pushed = await run("crane", "push", file, reference);
    const digest = "sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73";
    assert.deepEqual(pushed, { code: 0, stdout: `registry.example.net/talos/installer@${digest}\n`, stderr: "" });
    assert.deepEqual(await run("crane", "digest", reference), { code: 0, stdout: `${digest}\n`, stderr: "" });
  });

  for (const { name, args, stderr } of [
    { name: "another image", args: ["run", "--rm", "alpine", "ls"], stderr: /^Unable to find image 'alpine' locally/ },
    { name: "another verb", args: ["ps"], stderr: /^docker: 'ps' is not a docker command/ },
    { name: "an unknown flag", args: ["run", "--net", "host", "x"], stderr: /^docker: unknown flag: --net/ },
  ]) {
    it(`refuses ${name}`, async () => {
      const { code, stderr: said } = await run("docker", ...args);
      assert.equal(code, 125);
      assert.match(said, stderr);
    });
  }

  for (const { args, stderr } of [
    { args: ["disk"], stderr: "Error: unknown base profile: disk\n" },
    { args: ["iso", "--extension", "x"], stderr: "Error: unknown flag: --extension\n" },
    { args: ["iso", "--arch"], stderr: "Error: flag needs an argument: --arch\n" },
  ]) {
    it(`refuses the imager's ${args.join(" ")}`, async () => {
      assert.deepEqual(await imager(...args), { code: 1, stdout: "", stderr });
    });
  }

  it("refuses a file that is not there", async () => {
    assert.match((await run("crane", "push", "none.tar", reference)).stderr, /no such file or directory/);
  });

  describe("as programs", () => {
    const call = (tool: string, env: NodeJS.ProcessEnv, ...args: string[]) =>
      new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
        const options = { env: { PATH: process.env.PATH, ...env }, cwd: folder };
        execFile(path.join(bin, tool), args, options, (error, stdout, stderr) =>
          resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
        );
      });

    it("hand their command line to the lab and end as it says", async () => {
      const seen: unknown[] = [];
      const { address, close } = await listen(async (tool, { args, cwd }) => {
        seen.push({ tool, args, cwd });
        return { code: 3, stdout: "out\n", stderr: "err\n" };
      });
      try {
        for (const tool of ["docker", "crane"]) {
          const ended = await call(tool, { ORRERY_LAB: address }, "one", "two three");
          assert.deepEqual(ended, { code: 3, stdout: "out\n", stderr: "err\n" });
        }
      } finally {
        close();
      }
      assert.deepEqual(seen, [
        { tool: "docker", args: ["one", "two three"], cwd: folder },
        { tool: "crane", args: ["one", "two three"], cwd: folder },
      ]);
    });

    it("say so when there is no lab", async () => {
      const { code, stderr } = await call("crane", { ORRERY_LAB_FOLDER: folder }, "digest", reference);
      assert.equal(code, 125);
      assert.equal(stderr, `crane: there is no lab: ORRERY_LAB names none and ${folder} holds none\n`);
    });
  });
});
