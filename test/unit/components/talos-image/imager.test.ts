import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import { type ImagerBuild, imagerScript } from "../../../../components/talos-image/imager.ts";
import { planImage } from "../../../../components/talos-image/plan.ts";
import { imagerRelease, sharedConfig } from "./releases.ts";

/** Stands for docker and crane: notes its arguments, makes the files, and keeps what was pushed. */
const tool = `#!/bin/sh
echo "$(basename "$0") $*" >>"$TOOLS/calls"
[ ! -e "$TOOLS/fail-$(basename "$0")" ] || { echo "no space left" >&2; exit 7; }
case "$(basename "$0") $1 $*" in
  docker*" iso "*) out=$(echo "$4" | cut -d: -f1); truncate -s "\${SIZE:-30M}" "$out/nocloud-amd64.iso" ;;
  docker*" installer "*) out=$(echo "$4" | cut -d: -f1); echo tar >"$out/installer-amd64.tar" ;;
  "crane push"*) [ -s "$2" ] && touch "$TOOLS/pushed" ;;
  "crane digest"*) [ -e "$TOOLS/pushed" ] ;;
esac
`;

describe("imager script", () => {
  let folder: string;
  let build: ImagerBuild;

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), "imager-"));
    for (const name of ["docker", "crane"]) {
      writeFileSync(path.join(folder, name), tool);
      chmodSync(path.join(folder, name), 0o755);
    }
    const release = imagerRelease();
    const plan = planImage(release, sharedConfig().proxmox);
    build = {
      release: { ...release, kernelArguments: ["console=tty0 it's"] },
      schematic: { ...plan.schematic, extraKernelArguments: ["console=tty0 it's"] },
      platform: "nocloud",
      folder: path.join(folder, "my images"),
      fileName: plan.fileName,
      installer: plan.published.installer,
    };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function run(size = "30M") {
    const env = { PATH: `${folder}:${process.env.PATH}`, TOOLS: folder, SIZE: size };
    return spawnSync("/bin/sh", ["-c", imagerScript(build)], { env, encoding: "utf8" });
  }

  function calls(): string[] {
    const text = readFileSync(path.join(folder, "calls"), "utf8").trim();
    return text.split("\n").map((line) => line.replace(/\/\S*\/my images\/.build.\w+/g, "WORK"));
  }

  it("builds ISO and installer and pushes the installer", () => {
    const { status, stderr, stdout } = run();
    assert.equal(stderr, "");
    assert.equal(status, 0);
    assert.equal(stdout, "");
    const customization =
      "--platform nocloud --arch amd64" +
      " --system-extension-image ghcr.io/siderolabs/crun:1.24@sha256:c1" +
      " --system-extension-image ghcr.io/siderolabs/qemu-guest-agent:10.0.2@sha256:a1" +
      " --system-extension-image ghcr.io/sulibot/frr-talos-extension:v1.0.18" +
      " --extra-kernel-arg console=tty0 it's";
    const imager = "docker run --rm -v WORK:/out ghcr.io/siderolabs/imager:v1.11.5";
    assert.deepEqual(calls(), [
      `${imager} iso ${customization}`,
      `crane digest ${build.installer}`,
      `${imager} installer ${customization}`,
      `crane push WORK/installer-amd64.tar ${build.installer}`,
    ]);
    assert.ok(existsSync(path.join(build.folder, build.fileName ?? "")));
    assert.deepEqual(
      readdirSync(build.folder).filter((name) => name.startsWith(".build")),
      [],
    );
  });

  it("builds nothing again", () => {
    run();
    rmSync(path.join(folder, "calls"));
    assert.equal(run().status, 0);
    assert.deepEqual(calls(), [`crane digest ${build.installer}`]);
  });

  it("does not take a file for an ISO that is too small to be one", () => {
    run("1k");
    rmSync(path.join(folder, "calls"));
    assert.equal(run().status, 0);
    assert.match(calls()[0] ?? "", / iso /);
  });

  it("goes on where a failure stopped it and shows what the tool said", () => {
    writeFileSync(path.join(folder, "fail-crane"), "");
    const failed = run();
    assert.equal(failed.status, 1);
    assert.match(failed.stderr, /no space left/);
    rmSync(path.join(folder, "fail-crane"));
    rmSync(path.join(folder, "calls"));
    assert.equal(run().status, 0);
    assert.deepEqual(
      calls().map((call) => call.split(" ").slice(0, 2).join(" ")),
      ["crane digest", "docker run", "crane push"],
    );
  });

  it("makes only the installer without a file name", () => {
    build.fileName = undefined;
    assert.equal(run().status, 0);
    assert.ok(!calls().some((call) => call.includes(" iso ")));
    assert.deepEqual(
      readdirSync(build.folder).filter((name) => name.endsWith(".iso")),
      [],
    );
  });
});
