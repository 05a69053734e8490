import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import { TestSite } from "./support/site.ts";

interface World {
  counters: Record<string, number>;
  records: { kind: string; subject: string }[];
  parts: { proxmox: { files: Record<string, unknown> }; registries: Record<string, string> };
}

describe("boot images in the lab", () => {
  let site: TestSite;

  before(() => {
    site = new TestSite(["shared"]);
  });
  after(() => site.remove());

  const world = () => JSON.parse(site.read(".orrery/lab/world.json")) as World;
  /** Talos versions of the files on the storages, sorted. */
  const versions = () =>
    Object.keys(world().parts.proxmox.files)
      .map((id) => /^resources:iso\/talos-(v[\d.]+)-[0-9a-f]{64}-nocloud-amd64\.iso$/.exec(id)?.[1] ?? id)
      .sort();
  const setCandidate = (talos: string) =>
    site.edit("shared", (shared) => {
      (shared.releases as { candidate: { talos: string } }).candidate.talos = talos;
    });
  const changed = async (line = "up shared") => (await site.succeed(line)).shared?.result;

  it("are downloaded or built once for a storage that all hosts share", async () => {
    await site.succeed("up shared");
    assert.deepEqual(versions(), ["v1.11.5", "v1.12.0"]);
    const { counters, records, parts } = world();
    assert.equal(counters["proxmoxve.create:proxmoxve:download/file:File"], 1);
    assert.equal(counters["proxmoxve.create:proxmoxve:index/fileLegacy:FileLegacy"], 1);
    assert.deepEqual(
      records.filter(({ kind }) => kind === "imager.built").map(({ subject }) => subject),
      ["iso v1.11.5 nocloud", "installer v1.11.5 nocloud"],
    );
    const [reference = ""] = Object.keys(parts.registries);
    assert.match(reference, /^registry\.example\.net\/talos\/installer:v1\.11\.5-[0-9a-f]{12}$/);
  });

  it("are a new file when a release moves to another Talos version, beside the old one", async () => {
    setCandidate("v1.12.1");
    await site.succeed("up shared");
    assert.deepEqual(versions(), ["v1.11.5", "v1.12.0", "v1.12.1"]);
    assert.equal(await changed(), "unchanged");
    assert.deepEqual(versions(), ["v1.11.5", "v1.12.0", "v1.12.1"]);
  });

  it("are not fetched again when a release goes back to an image that is still there", async () => {
    setCandidate("v1.12.0");
    await site.succeed("up shared");
    assert.deepEqual(versions(), ["v1.11.5", "v1.12.0", "v1.12.1"]);
    assert.equal(world().counters["proxmoxve.create:proxmoxve:download/file:File"], 2);
  });

  it("stay on a shared storage that is reached through another host", async () => {
    site.edit("shared", (shared) => {
      const { hosts } = shared.proxmox as { hosts: Record<string, unknown> };
      hosts.pve00 = { addresses: ["10.255.0.10"] };
    });
    await site.succeed("up shared");
    assert.deepEqual(versions(), ["v1.11.5", "v1.12.0", "v1.12.1"]);
  });

  it("go when no release names them and the stack file says so", async () => {
    site.edit("shared", (shared) => {
      shared.retiredImages = "remove";
    });
    await site.succeed("up shared");
    assert.deepEqual(versions(), ["v1.11.5", "v1.12.0"]);
    assert.equal(world().records.filter(({ kind }) => kind === "imager.built").length, 2);
  });

  it("are all gone when the stack is destroyed", async () => {
    await site.succeed("destroy shared --yes");
    assert.deepEqual(versions(), []);
  });
});
