import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { talosImage } from "../../../../lab/proxmox/vm-config.ts";
import { newCentre, talosIso, tokens } from "./data-centre.ts";

describe("image files of the lab", () => {
  it("are downloaded once for all hosts to a shared storage", async () => {
    const centre = newCentre();
    const { id } = await centre.create(tokens.download, talosIso);
    assert.equal(id, "resources:iso/talos.iso");
    await assert.rejects(
      centre.create(tokens.download, { ...talosIso, nodeName: "pve02" }),
      /refusing to override existing file 'talos.iso'/,
    );
    assert.deepEqual(centre.centre.state.downloads, { "resources:iso/talos.iso": 1 });
  });

  it("are downloaded once per host to a local storage", async () => {
    const centre = newCentre();
    for (const nodeName of ["pve01", "pve02"]) {
      await centre.create(tokens.download, { ...talosIso, datastoreId: "local", nodeName });
    }
    assert.deepEqual(centre.centre.state.downloads, { "pve01/local:iso/talos.iso": 1, "pve02/local:iso/talos.iso": 1 });
  });

  it("take over a file that is there when told so", async () => {
    const centre = newCentre();
    await centre.create(tokens.download, talosIso);
    await centre.create(tokens.download, { ...talosIso, overwriteUnmanaged: true });
    assert.equal(centre.calls()["DELETE /nodes/{node}/storage/{storage}/content/{volume}"], 1);
  });

  it("are a new file under a new name", async () => {
    const centre = newCentre();
    const state = await centre.create(tokens.download, talosIso);
    const { replaces } = await centre.diff(tokens.download, state, { ...talosIso, fileName: "talos-2.iso" });
    assert.deepEqual(replaces, ["fileName"]);
  });

  it("are imported by host and volume", async () => {
    const centre = newCentre();
    const state = await centre.create(tokens.download, talosIso);
    const { overwrite: _overwrite, ...known } = talosIso;
    const imported = await centre.read(tokens.download, `pve02/${state.id}`);
    assert.equal(imported?.id, state.id);
    assert.deepEqual(imported?.inputs, { ...known, nodeName: "pve02" });
    assert.equal(await centre.read(tokens.download, "pve02/resources:iso/none.iso"), undefined);
  });

  it("need room", async () => {
    const centre = newCentre();
    const storage = centre.centre.state.storages.resources;
    assert.ok(storage);
    storage.sizeGiB = 0.1;
    await assert.rejects(centre.create(tokens.download, talosIso), /has not enough free space/);
  });

  it("are listed by host and storage", async () => {
    const centre = newCentre();
    await centre.create(tokens.download, talosIso);
    const files = centre.provider.functions["proxmoxve:index/getFiles:getFiles"];
    const answer = await files?.({ nodeName: "pve02", datastoreId: "resources" }, { preview: false });
    assert.ok(answer && "result" in answer);
    assert.deepEqual(
      (answer.result.files as { id: string }[]).map(({ id }) => id),
      ["resources:iso/talos.iso"],
    );
    const wrong = await files?.({ nodeName: "pve02", datastore: "resources" }, { preview: false });
    assert.ok(wrong && "failures" in wrong);
    assert.equal(wrong.failures[0]?.reason, 'unknown property; did you mean "datastoreId"?');
  });

  it("are uploaded from where the program runs", async () => {
    const folder = mkdtempSync(join(tmpdir(), "orrery-upload-"));
    try {
      const path = join(folder, "talos-v1.11.5-0123456789ab-nocloud-amd64.iso");
      writeFileSync(path, Buffer.alloc(1024));
      const centre = newCentre();
      const upload = { datastoreId: "resources", nodeName: "pve01", contentType: "iso", sourceFile: { path } };
      const { id, outputs } = await centre.create(tokens.upload, upload);
      assert.equal(id, "resources:iso/talos-v1.11.5-0123456789ab-nocloud-amd64.iso");
      assert.equal(outputs.fileSize, 1024);
      await assert.rejects(
        centre.create(tokens.upload, { ...upload, sourceFile: { path: join(folder, "none.iso") } }),
        /none.iso: no such file or directory/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  const refused: [string, Record<string, unknown>, string][] = [
    [
      "another compression",
      { decompressionAlgorithm: "xz" },
      'decompressionAlgorithm: expected one of gz, lzo, zst, bz2, got "xz"',
    ],
    [
      "another content type",
      { contentType: "snippets" },
      'contentType: expected one of iso, vztmpl, import, got "snippets"',
    ],
    [
      "a URL of another kind",
      { url: "ftp://example.net/x.iso" },
      'url: must match https?://.*, got "ftp://example.net/x.iso"',
    ],
    ["half a checksum", { checksum: "00" }, "checksum: checksumAlgorithm must be given with checksum"],
  ];
  for (const [what, changes, message] of refused) {
    it(`are refused with ${what}`, () => {
      assert.deepEqual(newCentre().check(tokens.download, { ...talosIso, ...changes }).failures, [message]);
    });
  }

  const images: [string, ReturnType<typeof talosImage>][] = [
    [
      "https://factory.talos.dev/image/00ff/v1.12.0-beta.1/nocloud-amd64.iso",
      { schematic: "00ff", talosVersion: "v1.12.0-beta.1", platform: "nocloud" },
    ],
    [
      "resources:iso/talos-v1.11.5-00ff-metal-arm64.iso",
      { schematic: "00ff", talosVersion: "v1.11.5", platform: "metal" },
    ],
    ["resources:iso/debian-13.iso", undefined],
  ];
  for (const [text, image] of images) {
    it(`read what boots from ${text}`, () => assert.deepEqual(talosImage(text), image));
  }
});
