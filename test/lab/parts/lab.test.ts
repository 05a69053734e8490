import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClusterConfig, clusterSchema, type SharedConfig, sharedSchema } from "../../../config/index.ts";
import { openLab, type Site, siteOf } from "../../../lab/lab.ts";

const shared: SharedConfig = sharedSchema.parse({
  proxmox: {
    hosts: { pve01: { memoryMiB: 65_536 }, pve02: {} },
    storages: { resources: { shared: true, content: ["iso"] }, local: { content: ["images"] } },
    diskStorage: "local",
    imageStorage: "resources",
    pciMappings: { gpu: [{ host: "pve02", id: "8086:46a6", path: "0000:00:02.0" }] },
  },
  releases: {
    stable: { talos: "v1.11.5", kubernetes: "1.31.4", cilium: "1.18.4", image: { source: "factory" } },
  },
});

function cluster(value: Record<string, unknown>): ClusterConfig {
  return clusterSchema.parse({ release: "stable", ...value });
}

const metal = {
  role: "controlplane",
  suffix: 11,
  macAddress: "aa:bb:cc:00:00:11",
  maintenanceAddress: "10.9.0.50",
  installDisk: "/dev/nvme0n1",
};

const site: Site = siteOf({
  shared,
  clusters: {
    luna: cluster({ id: 102, network: { mode: "vlan", bridge: "vmbr1" } }),
    forge: cluster({ id: 9, network: { mode: "vlan" }, controlPlanes: { count: 0 }, workers: {}, metal: [metal] }),
  },
});

describe("site of the lab", () => {
  it("has the hosts, storages and bridges that the stack files name", () => {
    assert.deepEqual(Object.keys(site.hosts), ["pve01", "pve02"]);
    assert.equal(site.hosts.pve01?.memoryMiB, 65_536);
    assert.deepEqual(site.hosts.pve02?.devices, { "0000:00:02.0": { id: "8086:46a6" } });
    assert.deepEqual(site.storages.resources?.content, ["iso"]);
    assert.deepEqual(site.bridges, ["vmbr0", "vmbr1"]);
  });

  it("has the machines that the stack files name", () => {
    const [machine, ...others] = site.metal;
    assert.deepEqual(others, []);
    assert.equal(machine?.key, "metal/aa:bb:cc:00:00:11");
    assert.deepEqual(machine?.disks, [{ name: "nvme0n1", sizeGiB: 960 }]);
    assert.deepEqual(machine?.addresses, ["10.9.0.50"]);
    assert.equal(machine?.bootImage?.platform, "metal");
    assert.equal(machine?.bootImage?.talosVersion, "v1.11.5");
    assert.match(machine?.bootImage?.schematic ?? "", /^[0-9a-f]{64}$/);
  });
});

describe("lab", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "orrery-lab-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("tells the engine where its providers, tools and credentials are", async () => {
    const lab = await openLab({ folder, site });
    assert.match(lab.env.PULUMI_DEBUG_PROVIDERS ?? "", /^proxmoxve:\d+,talos:\d+,kubernetes:\d+,command:\d+$/);
    assert.match(lab.env.PATH ?? "", /^[^:]*\/lab\/bin:/);
    assert.match(lab.env.PROXMOX_VE_API_TOKEN ?? "", /^orrery@pve!lab=[0-9a-f-]{36}$/);
    assert.match(lab.env.PROXMOX_VE_ENDPOINT ?? "", /^https:/);
    await lab.close();
  });

  it("goes on where it stopped, with the same credentials", async () => {
    const first = await openLab({ folder, site });
    await first.world.clock.pass(60_000);
    await first.close();
    const second = await openLab({ folder, site });
    assert.ok(second.world.clock.nowMs >= 60_000);
    assert.equal(second.env.PROXMOX_VE_API_TOKEN, first.env.PROXMOX_VE_API_TOKEN);
    await second.close();
  });

  it("switches the machines of the site on once", async () => {
    for (let time = 0; time < 2; time += 1) await (await openLab({ folder, site })).close();
    const { parts } = JSON.parse(readFileSync(join(folder, "world.json"), "utf8"));
    assert.deepEqual(parts.metal, ["metal/aa:bb:cc:00:00:11"]);
    assert.deepEqual(Object.keys(parts.talos.machines), ["metal/aa:bb:cc:00:00:11"]);
  });

  it("is open in one place at a time", async () => {
    const lab = await openLab({ folder, site });
    await assert.rejects(openLab({ folder, site }), /is open in this process: close it first, or use another folder/);
    await lab.close();
  });
});
