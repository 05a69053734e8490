import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { imageFileName, installerReference } from "../../../../components/talos-image/names.ts";
import { planImage, planMetalInstallers } from "../../../../components/talos-image/plan.ts";
import { whyUnusable } from "../../../../components/talos-image/published.ts";
import { schematicId, schematicOf } from "../../../../components/talos-image/schematic.ts";
import { imagerRelease, release, sharedConfig } from "./releases.ts";

describe("image plan", () => {
  const { proxmox } = sharedConfig();
  const id = schematicId(schematicOf(release()));

  it("has version and schematic in the file name", () => {
    assert.equal(imageFileName(release(), id), `talos-v1.12.0-${id}-nocloud-amd64.iso`);
    assert.notEqual(imageFileName({ ...release(), talos: "v1.12.1" }, id), imageFileName(release(), id));
  });

  it("refers to installers of a factory and of an own registry", () => {
    assert.equal(installerReference(release(), id), `factory.talos.dev/nocloud-installer/${id}:v1.12.0`);
    assert.equal(installerReference(release(), id, "metal"), `factory.talos.dev/metal-installer/${id}:v1.12.0`);
    const own = { ...release(), image: { source: "factory", url: "http://factory.example.net:8080/" } } as const;
    assert.equal(installerReference(own, id), `factory.example.net:8080/nocloud-installer/${id}:v1.12.0`);
    const short = id.slice(0, 12);
    const imager = { ...imagerRelease(), talos: "v1.11.5" };
    assert.equal(installerReference(imager, id), `registry.example.net/talos/installer:v1.11.5-${short}`);
    assert.equal(
      installerReference(imager, id, "metal"),
      `registry.example.net/talos/installer:v1.11.5-${short}-metal`,
    );
  });

  it("puts an image once on a shared storage and once on every other host", () => {
    const plan = planImage(release(), proxmox);
    assert.deepEqual(plan.locations, [
      { name: "resources", storage: "resources", through: "pve01", hosts: ["pve01", "pve02"] },
      { name: "local-pve03", storage: "local", through: "pve03", hosts: ["pve03"] },
    ]);
    assert.deepEqual(plan.published.fileIds, {
      pve01: `resources:iso/${plan.fileName}`,
      pve02: `resources:iso/${plan.fileName}`,
      pve03: `local:iso/${plan.fileName}`,
    });
  });

  it("makes one installer for bare-metal machines with the same extensions", () => {
    const installers = planMetalInstallers(release(), [
      { name: "solwk31", extensions: [] },
      { name: "solwk32", extensions: ["siderolabs/i915"] },
      { name: "solwk33", extensions: ["siderolabs/i915"] },
    ]);
    assert.deepEqual(
      installers.map(({ machines }) => machines),
      [["solwk31"], ["solwk32", "solwk33"]],
    );
    assert.equal(installers[0]?.reference, `factory.talos.dev/metal-installer/${id}:v1.12.0`);
    assert.equal(new Set(installers.map(({ name }) => name)).size, 2);
  });

  describe("a published image", () => {
    const plan = planImage(release(), proxmox);

    it("is used when it is what the stack file describes", () => {
      assert.equal(whyUnusable("candidate", plan, plan.published), undefined);
    });

    it("is refused when there is none", () => {
      assert.equal(
        whyUnusable("candidate", plan, undefined),
        'release "candidate" has no published image; run: pulumi up -s shared',
      );
    });

    it("is refused when the release has changed since", () => {
      const old = planImage({ ...release(), talos: "v1.11.6" }, proxmox).published;
      assert.equal(
        whyUnusable("candidate", plan, old),
        `the image of release "candidate" was published as factory.talos.dev/nocloud-installer/${id}:v1.11.6, ` +
          `but the stack file asks for factory.talos.dev/nocloud-installer/${id}:v1.12.0; run: pulumi up -s shared`,
      );
    });

    it("is refused when a host does not have it", () => {
      const { pve03, ...fileIds } = plan.published.fileIds;
      assert.equal(
        whyUnusable("candidate", plan, { ...plan.published, fileIds }),
        `the image of release "candidate" is not published for pve03 (${pve03}); run: pulumi up -s shared`,
      );
    });
  });
});
