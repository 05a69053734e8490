import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { changed } from "./support/judge.ts";
import { TestSite } from "./support/site.ts";

describe("three clusters in the lab", () => {
  const site = new TestSite(["shared", "sol", "luna", "terra"]);
  after(() => site.remove());

  it("brings all of them up with one transfer of each boot image per storage", async () => {
    const stacks = await site.succeed("up");
    assert.deepEqual(Object.keys(stacks).sort(), ["luna", "shared", "sol", "terra"]);
    for (const name of ["sol", "luna", "terra"]) {
      const { summary } = stacks[name] ?? {};
      assert.ok(summary?.kind === "cluster", name);
      assert.equal(summary.nodes.length, 6);
      assert.ok(
        summary.nodes.every(({ state }) => state === "ready"),
        `${name}: ${JSON.stringify(summary.nodes)}`,
      );
    }
    const { counters } = site.world();
    assert.equal(counters["proxmox.POST /nodes/{node}/storage/{storage}/download-url"], 1, "candidate, by the factory");
    assert.equal(counters["proxmox.POST /nodes/{node}/storage/{storage}/upload"], 1, "stable, built by the imager");
    assert.equal(
      counters["proxmox.POST /nodes/{node}/qemu"],
      19,
      "one call creates a VM, or the template of sol's clusters",
    );
    assert.equal(counters["proxmox.POST /nodes/{node}/qemu/{vmid}/status/start"], 18);
  });

  it("bootstraps every cluster once", () => {
    const bootstraps = site.recordsSince(0, "etcd.bootstrap");
    assert.deepEqual(bootstraps.map(({ subject }) => subject).sort(), ["lunacp01", "solcp01", "terracp01"]);
    assert.ok(bootstraps.every(({ details }) => details?.etcdClusters === 1));
  });

  it("gives the GPU to the node whose stack file names it", () => {
    const { machines } = site.world().parts.talos as unknown as {
      machines: Record<string, { hardware: { pciMappings: string[] } }>;
    };
    assert.deepEqual(
      Object.entries(machines)
        .filter(([, { hardware }]) => hardware.pciMappings.length > 0)
        .map(([key, { hardware }]) => [key, ...hardware.pciMappings]),
      [["vm/101021", "igpu"]],
    );
  });

  it("goes on with the others when one cluster is broken", async () => {
    site.edit("terra", (config) => {
      config.workers = { wk: { count: 4 } };
    });
    site.edit("luna", (config) => {
      config.workers = { wk: { count: 4 } };
    });
    const outcome = await site.run("up luna terra", undefined, {
      faults: [
        { provider: "proxmoxve", operation: "create", subject: "lunawk04", kind: "error", message: "no space left" },
      ],
    });
    const { luna, terra } = Object.fromEntries(outcome.stacks.map((each) => [each.stack, each]));
    assert.equal(outcome.ok, false);
    assert.equal(luna?.result, "failed");
    assert.deepEqual(
      luna.failure?.causes.map(({ message }) => message),
      ["no space left"],
    );
    assert.equal(terra?.result, "changed", JSON.stringify(terra?.failure));
  });

  it("publishes a new file name when a release gets another Talos, and keeps the file that VMs still name", async () => {
    const before = Object.keys(site.world().parts.proxmox?.files ?? {});
    site.edit("shared", (config) => {
      const { candidate } = config.releases as Record<string, { talos: string }>;
      if (candidate) candidate.talos = "v1.12.1";
    });
    const { shared } = await site.succeed("up shared");
    const files = Object.keys(site.world().parts.proxmox?.files ?? {});
    assert.deepEqual(
      before.filter((file) => !files.includes(file)),
      [],
    );
    const added = files.filter((file) => !before.includes(file));
    assert.equal(added.length, 1);
    assert.match(added[0] ?? "", /talos-v1\.12\.1-/);
    assert.ok(changed(shared, "create").length + changed(shared, "replace").length > 0);
  });

  it("keeps what clusters share while one of them is there, also one whose stack file is gone", async () => {
    rmSync(join(site.folder, "Pulumi.terra.yaml"));
    const { stacks } = await site.run("destroy shared --yes");
    assert.deepEqual(
      stacks.map(({ failure }) => [failure?.causes[0]?.message, failure?.state]),
      [
        [
          'stack "shared" is used by luna, sol, terra; destroy them first, for which Pulumi.terra.yaml must be there again',
          "nothing was changed",
        ],
      ],
    );
  });
});
