import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "mocha";
import { planImage } from "../../../../components/talos-image/plan.ts";
import { TalosImage, type TalosImageArgs } from "../../../../components/talos-image.ts";
import type { Release } from "../../../../config/index.ts";
import { resolved, runMocked } from "../../../support/mocks.ts";
import { imagerRelease, release, sharedConfig } from "./releases.ts";

const { proxmox } = sharedConfig();
const image = "orrery:index:TalosImage";
const schematicType = "talos:imageFactory/schematic:Schematic";

function run(of: Release, more: Partial<TalosImageArgs>) {
  const args: TalosImageArgs = { releaseName: "stable", release: of, use: "publish", proxmox, ...more };
  return runMocked(() => new TalosImage("talos", args), { [schematicType]: factory });
}

/** Answers as an Image Factory does. */
function factory({ schematic }: Record<string, unknown>) {
  return { id: createHash("sha256").update(String(schematic)).digest("hex") };
}

describe("TalosImage", () => {
  it("registers the schematic and lets each storage download the ISO once", async () => {
    const plan = planImage(release(), proxmox);
    const { result, resources } = await run(release(), {});
    assert.deepEqual(
      resources.map(({ type, name, parent, dependsOn }) => ({ type, name, parent, dependsOn })),
      [
        { type: image, name: "talos", parent: "", dependsOn: [] },
        { type: schematicType, name: "talos-schematic", parent: "talos", dependsOn: [] },
        {
          type: "proxmoxve:download/file:File",
          name: "talos-resources",
          parent: "talos",
          dependsOn: ["talos-schematic"],
        },
        {
          type: "proxmoxve:download/file:File",
          name: "talos-local-pve03",
          parent: "talos",
          dependsOn: ["talos-schematic"],
        },
      ],
    );
    assert.deepEqual(resources[2]?.inputs, {
      nodeName: "pve01",
      datastoreId: "resources",
      contentType: "iso",
      fileName: plan.fileName,
      url: `https://factory.talos.dev/image/${plan.published.schematic}/v1.12.0/nocloud-amd64.iso`,
      overwrite: false,
      overwriteUnmanaged: true,
    });
    assert.deepEqual(result.image, plan.published);
    assert.deepEqual(await resolved(result.ready), plan.published);
  });

  it("builds with the imager once and uploads to each storage", async () => {
    const plan = planImage(imagerRelease(), proxmox);
    const { resources } = await run(imagerRelease(), {});
    assert.deepEqual(
      resources.slice(1).map(({ type, name, dependsOn }) => ({ type, name, dependsOn })),
      [
        { type: "command:local:Command", name: "talos-build", dependsOn: [] },
        { type: "proxmoxve:index/fileLegacy:FileLegacy", name: "talos-resources", dependsOn: ["talos-build"] },
        { type: "proxmoxve:index/fileLegacy:FileLegacy", name: "talos-local-pve03", dependsOn: ["talos-build"] },
      ],
    );
    assert.deepEqual(Object.keys(resources[1]?.inputs ?? {}).sort(), ["addPreviousOutputInEnv", "create"]);
    assert.deepEqual(resources[3]?.inputs, {
      nodeName: "pve03",
      datastoreId: "local",
      contentType: "iso",
      sourceFile: { path: `images/${plan.fileName}` },
    });
  });

  it("does not publish under a name that the factory does not know", async () => {
    const args: TalosImageArgs = { releaseName: "stable", release: release(), use: "publish", proxmox };
    const { result } = await runMocked(() => new TalosImage("talos", args), {
      [schematicType]: () => ({ id: "0000" }),
    });
    await assert.rejects(
      // An output has no other way to tell that it failed.
      (result.ready as unknown as { promise(): Promise<unknown> }).promise(),
      /the Image Factory calls the schematic 0000, not [0-9a-f]{64} as computed/,
    );
  });

  it("uses what is published and creates nothing", async () => {
    const { published } = planImage(release(), proxmox);
    const { result, resources } = await run(release(), { use: "use", published });
    assert.deepEqual(
      resources.map(({ type }) => type),
      [image],
    );
    assert.deepEqual(result.image, published);
  });

  it("fails before anything is created when the image is not published", async () => {
    await assert.rejects(run(release(), { use: "use" }), {
      message: 'release "stable" has no published image; run: pulumi up -s shared',
    });
  });

  it("makes installers for bare metal out of the factory", async () => {
    const { published } = planImage(release(), proxmox);
    const metal = [
      { name: "solwk31", extensions: ["siderolabs/i915"] },
      { name: "solwk32", extensions: ["siderolabs/i915"] },
    ];
    const { result, resources } = await run(release(), { use: "use", published, metal });
    assert.deepEqual(
      resources.map(({ type }) => type),
      [image, schematicType],
    );
    const references = result.image.metalInstallers ?? {};
    assert.deepEqual(Object.keys(references), ["solwk31", "solwk32"]);
    assert.match(references.solwk31 ?? "", /^factory\.talos\.dev\/metal-installer\/[0-9a-f]{64}:v1\.12\.0$/);
    await resolved(result.ready);
    assert.notEqual(references.solwk31?.includes(published.schematic), true);
  });

  it("makes installers for bare metal with the imager, without an ISO", async () => {
    const { published } = planImage(imagerRelease(), proxmox);
    const metal = [{ name: "solwk31", extensions: ["ghcr.io/siderolabs/i915:1@sha256:e1"] }];
    const { resources } = await run(imagerRelease(), { use: "use", published, metal });
    const script = String(resources[1]?.inputs.create);
    assert.match(script, /imager installer --platform metal --arch amd64 .*ghcr\.io\/siderolabs\/i915:1@sha256:e1/);
    assert.doesNotMatch(script, /imager iso/);
  });
});
