import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { schematicId, schematicOf, schematicYaml } from "../../../../components/talos-image/schematic.ts";
import { imagerRelease, release } from "./releases.ts";

const nothing = { extraKernelArguments: [], officialExtensions: [], extensionImages: [] };

describe("schematic", () => {
  // Ids out of siderolabs/image-factory, pkg/schematic/schematic_test.go.
  for (const { name, args, id } of [
    { name: "plain Talos", args: [], id: "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba" },
    {
      name: "kernel arguments",
      args: ["noapic", "nolapic"],
      id: "9cba8e32753f91a16c1837ab8abf356af021706ef284aef07380780177d9a06c",
    },
  ]) {
    it(`has the factory's id for ${name}`, () => {
      assert.equal(schematicId({ ...nothing, extraKernelArguments: args }), id);
    });
  }

  // The factory's documented example: qemu-guest-agent alone.
  it("has the well-known id of a schematic with one extension", () => {
    assert.equal(
      schematicId({ ...nothing, officialExtensions: ["siderolabs/qemu-guest-agent"] }),
      "ce4c980550dd2ab1b17bbf2b08801c7eb59418eafe8f279833297925d67c7515",
    );
  });

  it("writes the factory's layout", () => {
    const schematic = schematicOf(release());
    assert.equal(
      schematicYaml(schematic),
      `customization:
    extraKernelArgs:
        - talos.unified_cgroup_hierarchy=1
    systemExtensions:
        officialExtensions:
            - siderolabs/crun
            - siderolabs/qemu-guest-agent
`,
    );
  });

  for (const { value, written } of [
    { value: "console=ttyS0,115200", written: "console=ttyS0,115200" },
    { value: "-console", written: "-console" },
    { value: "quiet", written: "quiet" },
    { value: "on", written: '"on"' },
    { value: "1", written: '"1"' },
    { value: "0x0f", written: '"0x0f"' },
    { value: "1.5", written: '"1.5"' },
    { value: "*", written: "'*'" },
    { value: "a: b", written: "'a: b'" },
    { value: "it's #1", written: "'it''s #1'" },
  ]) {
    it(`writes the kernel argument ${value} as ${written}`, () => {
      const text = schematicYaml({ ...nothing, extraKernelArguments: [value] });
      assert.equal(text, `customization:\n    extraKernelArgs:\n        - ${written}\n`);
    });
  }

  it("does not depend on the order of extensions, but on that of kernel arguments", () => {
    const one = release();
    const other = { ...one, extensions: [...one.extensions].reverse() };
    assert.equal(schematicId(schematicOf(one)), schematicId(schematicOf(other)));
    const left = schematicOf({ ...one, kernelArguments: ["a", "b"] });
    const right = schematicOf({ ...one, kernelArguments: ["b", "a"] });
    assert.notEqual(schematicId(left), schematicId(right));
  });

  it("names images for the imager and leaves switched-off extensions out", () => {
    const schematic = schematicOf(imagerRelease());
    assert.deepEqual(schematic.officialExtensions, []);
    assert.deepEqual(schematic.extensionImages, [
      "ghcr.io/siderolabs/crun:1.24@sha256:c1",
      "ghcr.io/siderolabs/qemu-guest-agent:10.0.2@sha256:a1",
      "ghcr.io/sulibot/frr-talos-extension:v1.0.18",
    ]);
    const off = imagerRelease();
    off.customExtensions = off.customExtensions.map((extension) => ({ ...extension, enabled: false }));
    assert.equal(schematicOf(off).extensionImages.length, 2);
  });

  it("adds the extensions of one machine", () => {
    const schematic = schematicOf(release(), {
      extensions: ["siderolabs/nvidia-open-gpu-kernel-modules-lts", "siderolabs/crun"],
    });
    assert.deepEqual(schematic.officialExtensions, [
      "siderolabs/crun",
      "siderolabs/nvidia-open-gpu-kernel-modules-lts",
      "siderolabs/qemu-guest-agent",
    ]);
  });

  it("leaves the release's extensions out of a machine that wants its own only", () => {
    const machine = { extensions: ["siderolabs/i915"], releaseExtensions: false };
    assert.deepEqual(schematicOf(release(), machine).officialExtensions, ["siderolabs/i915"]);
    assert.deepEqual(schematicOf(imagerRelease(), machine).extensionImages, ["siderolabs/i915"]);
  });
});
