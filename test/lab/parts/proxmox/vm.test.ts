import assert from "node:assert/strict";
import { pendingKeys } from "../../../../lab/proxmox/vm-config.ts";
import { ignoreSpeed, newCentre, partialState, type TestCentre, talosIso, tokens, vmArgs } from "./data-centre.ts";

async function centreWithIso(...args: Parameters<typeof newCentre>): Promise<TestCentre> {
  const centre = newCentre(...args);
  await centre.create(tokens.download, talosIso);
  return centre;
}

describe("virtual machines of the lab", () => {
  it("are created, started and handed to the guest with what it is made of", async () => {
    const centre = await centreWithIso();
    const { id, outputs } = await centre.create(tokens.vm, vmArgs(102_011));
    assert.equal(id, "102011");
    assert.equal(outputs.started, true);
    assert.deepEqual(centre.hardware.get("vm/102011"), {
      key: "vm/102011",
      kind: "vm",
      host: "pve01",
      cores: 2,
      memoryMiB: 4096,
      disks: [{ name: "sda", sizeGiB: 40 }],
      macAddresses: ["bc:24:11:00:00:11"],
      addresses: ["fd00:102::11", "10.102.0.11"],
      bootImage: {
        talosVersion: "v1.11.5",
        schematic: "c9078f9419961640c712a8bf2bb9174933dfcf1da383fd8ea2b7dc21493f8bac",
        platform: "nocloud",
      },
      pciMappings: [],
    });
  });

  it("take six calls each to create", async () => {
    const centre = await centreWithIso();
    const before = centre.calls();
    await centre.create(tokens.vm, vmArgs(102_011));
    const made = Object.entries(centre.calls()).filter(([route, count]) => count !== before[route]);
    assert.deepEqual(Object.fromEntries(made), {
      "POST /nodes/{node}/qemu": 1,
      "POST /nodes/{node}/qemu/{vmid}/status/start": 1,
      "GET /cluster/resources": 1,
      "GET /nodes/{node}/qemu/{vmid}/config": 1,
      "GET /nodes/{node}/qemu/{vmid}/status/current": 2,
    });
  });

  it("fill their state with the provider's defaults, about as much as the real one", async () => {
    const centre = await centreWithIso();
    const { inputs, outputs } = await centre.create(tokens.vm, vmArgs(102_011));
    assert.equal(outputs.scsiHardware, "virtio-scsi-pci");
    assert.equal(outputs.timeoutCreate, 1800);
    const bytes = JSON.stringify({ inputs, outputs }).length;
    assert.ok(bytes > 4000 && bytes < 9000, `${bytes} bytes`);
  });

  it("do not differ from what they were made with when the speeds are ignored", async () => {
    const centre = await centreWithIso();
    const state = await centre.create(tokens.vm, vmArgs(102_011));
    assert.deepEqual(await centre.diff(tokens.vm, state, vmArgs(102_011), ignoreSpeed), { changed: [], replaces: [] });
    const read = await centre.provider.resources[tokens.vm]?.read(state.id, state.inputs, state.outputs, {
      urn: "",
      preview: false,
      timeoutSeconds: 0,
    });
    assert.deepEqual(read?.outputs, state.outputs);
    const refreshed = { ...state, inputs: read?.inputs ?? {} };
    assert.deepEqual((await centre.diff(tokens.vm, refreshed, vmArgs(102_011), ignoreSpeed)).changed, []);
  });

  it("differ for ever by the speeds of their disks, unless each disk's is ignored", async () => {
    const centre = await centreWithIso();
    const state = await centre.create(tokens.vm, vmArgs(102_011));
    assert.deepEqual((await centre.diff(tokens.vm, state, vmArgs(102_011))).changed, ["disks"]);
    assert.deepEqual((await centre.diff(tokens.vm, state, vmArgs(102_011), ["disks[*].speed"])).changed, ["disks"]);
  });

  it("differ for ever by tags that are not sorted", async () => {
    const centre = await centreWithIso();
    const args = vmArgs(102_011, { tags: ["talos", "luna"] });
    const state = await centre.create(tokens.vm, args);
    assert.deepEqual(state.outputs.tags, ["luna", "talos"]);
    assert.deepEqual((await centre.diff(tokens.vm, state, args, ignoreSpeed)).changed, ["tags"]);
  });

  it("keep cores and memory pending until they are powered off and on", async () => {
    const centre = await centreWithIso();
    const state = await centre.create(tokens.vm, vmArgs(102_011));
    const changed = vmArgs(102_011, { cpu: { cores: 4, type: "host" }, memory: { dedicated: 8192 } });
    assert.deepEqual(await centre.diff(tokens.vm, state, changed, ignoreSpeed), {
      changed: ["cpu", "memory"],
      replaces: [],
    });
    const updated = await centre.update(tokens.vm, state, changed);
    assert.equal((updated.outputs.cpu as { cores: number }).cores, 4);
    const vm = centre.centre.state.vms[102_011];
    assert.ok(vm);
    assert.deepEqual(pendingKeys(vm), ["cpu", "memory"]);
    assert.deepEqual(centre.power, ["on vm/102011"]);
    await centre.vms.stop(102_011);
    await centre.vms.start(102_011);
    assert.deepEqual(pendingKeys(vm), []);
    assert.equal(centre.hardware.get("vm/102011")?.cores, 4);
  });

  it("restart for cores when the provider may", async () => {
    const centre = await centreWithIso();
    const state = await centre.create(tokens.vm, vmArgs(102_011, { rebootAfterUpdate: true }));
    await centre.update(
      tokens.vm,
      state,
      vmArgs(102_011, { rebootAfterUpdate: true, cpu: { cores: 4, type: "host" } }),
    );
    assert.deepEqual(centre.power, ["on vm/102011", "off vm/102011", "on vm/102011"]);
  });

  it("grow their disks in place and never shrink them", async () => {
    const centre = await centreWithIso();
    const state = await centre.create(tokens.vm, vmArgs(102_011));
    const disk = (size: number) => ({
      disks: [{ interface: "scsi0", datastoreId: "rbd-vm", size, fileFormat: "raw" }],
    });
    const grown = await centre.update(tokens.vm, state, vmArgs(102_011, disk(60)));
    assert.equal(centre.centre.state.vms[102_011]?.volumes.scsi0?.sizeGiB, 60);
    await assert.rejects(centre.update(tokens.vm, grown, vmArgs(102_011, disk(20))), {
      message: "Cannot shrink resize vm:scsi0 in VM 102011, it is not supported!",
    });
  });

  it("refuse to move the cloud-init drive while they run", async () => {
    const centre = await centreWithIso();
    const state = await centre.create(tokens.vm, vmArgs(102_011));
    const initialization = { ...(vmArgs(102_011).initialization as object), interface: "scsi1" };
    await assert.rejects(
      centre.update(tokens.vm, state, vmArgs(102_011, { initialization })),
      /cannot move the Cloud-Init drive while the VM is running/,
    );
  });

  it("are replaced by another id, and by another host unless they may migrate", async () => {
    const centre = await centreWithIso();
    const state = await centre.create(tokens.vm, vmArgs(102_011));
    const diff = (changes: Record<string, unknown>) =>
      centre.diff(tokens.vm, state, vmArgs(102_011, changes), ignoreSpeed);
    assert.deepEqual((await diff({ vmId: 102_012 })).replaces, ["vmId"]);
    assert.deepEqual((await diff({ nodeName: "pve02" })).replaces, []);
    assert.deepEqual((await diff({ nodeName: "pve02", migrate: false })).replaces, ["nodeName"]);
    await centre.update(tokens.vm, state, vmArgs(102_011, { nodeName: "pve02" }));
    assert.equal(centre.centre.state.vms[102_011]?.host, "pve02");
  });

  it("are refused when their id is taken", async () => {
    const centre = await centreWithIso();
    await centre.create(tokens.vm, vmArgs(102_011));
    await assert.rejects(
      centre.create(tokens.vm, vmArgs(102_011)),
      /unable to create VM 102011: config file already exists/,
    );
  });

  const doNotStart: [string, Record<string, unknown>, RegExp][] = [
    ["whose bridge is missing", { networkDevices: [{ bridge: "vnet102" }] }, /bridge 'vnet102' does not exist/],
    [
      "for whom the host has no memory",
      { memory: { dedicated: 65_536 } },
      /Cannot allocate memory \(65536 MiB wanted, 32768 MiB free on pve01\)/,
    ],
    ["whose PCI mapping is missing", { hostpcis: [{ device: "hostpci0", mapping: "gpu" }] }, /pci 'gpu' not found/],
    ["with more cores than the host has threads", { cpu: { cores: 32 } }, /MAX 16 vcpus allowed per VM on this node/],
  ];
  for (const [title, changes, message] of doNotStart) {
    it(`${title} stay stopped, and start at the next run`, async () => {
      const centre = await centreWithIso();
      const failed = await partialState(centre.create(tokens.vm, vmArgs(102_011, changes)));
      assert.match(failed.message, message);
      assert.equal(failed.state.id, "102011");
      assert.equal(failed.state.outputs.started, false);
      assert.deepEqual(centre.power, []);
      const kept = { ...failed.state, inputs: centre.check(tokens.vm, vmArgs(102_011, changes)).inputs };
      const updated = await centre.update(tokens.vm, kept, vmArgs(102_011));
      assert.equal(updated.outputs.started, true);
    });
  }

  const notCreated: [string, Record<string, unknown>, RegExp][] = [
    [
      "storage",
      { disks: [{ interface: "scsi0", datastoreId: "nfs", fileFormat: "raw" }] },
      /storage 'nfs' does not exist/,
    ],
    [
      "content type",
      { disks: [{ interface: "scsi0", datastoreId: "resources", fileFormat: "raw" }] },
      /does not support content-type 'images'/,
    ],
    [
      "free space",
      { disks: [{ interface: "scsi0", datastoreId: "rbd-vm", size: 2000, fileFormat: "raw" }] },
      /has not enough free space: 2000 GiB needed, 1000 GiB free/,
    ],
    ["host", { nodeName: "pve09" }, /hostname lookup 'pve09' failed/],
    [
      "boot image",
      { cdrom: { interface: "ide0", fileId: "resources:iso/other.iso" } },
      /volume 'resources:iso\/other.iso' does not exist/,
    ],
    ["pool", { poolId: "luna" }, /pool 'luna' does not exist/],
  ];
  for (const [what, changes, message] of notCreated) {
    it(`are not created without their ${what}`, async () => {
      const centre = await centreWithIso();
      await assert.rejects(centre.create(tokens.vm, vmArgs(102_011, changes)), message);
      assert.deepEqual(centre.centre.state.vms, {});
    });
  }

  it("do not start with an address or MAC address of another running one", async () => {
    const centre = await centreWithIso();
    await centre.create(tokens.vm, vmArgs(102_011));
    const same = { initialization: vmArgs(102_011).initialization };
    const failed = await partialState(centre.create(tokens.vm, vmArgs(102_012, same)));
    assert.match(failed.message, /address fd00:102::11 is in use by VM 102011/);
    const mac = { networkDevices: [{ macAddress: "BC:24:11:00:00:11" }] };
    assert.match(
      (await partialState(centre.create(tokens.vm, vmArgs(102_013, mac)))).message,
      /MAC address bc:24:11:00:00:11 is in use by VM 102011/,
    );
  });

  it("run on after their ISO was deleted, and do not start again after a power-off", async () => {
    const centre = newCentre();
    const iso = await centre.create(tokens.download, talosIso);
    await centre.create(tokens.vm, vmArgs(102_011));
    await centre.remove(tokens.download, iso);
    await centre.vms.stop(102_011);
    await assert.rejects(centre.vms.start(102_011), /volume 'resources:iso\/talos.iso' does not exist/);
  });

  it("share no PCI device", async () => {
    const centre = await centreWithIso();
    await centre.create(tokens.pci, { name: "gpu", maps: [{ id: "8086:46a6", node: "pve01", path: "0000:00:02.0" }] });
    const hostpcis = [{ device: "hostpci0", mapping: "gpu", pcie: true }];
    await centre.create(tokens.vm, vmArgs(102_011, { hostpcis }));
    assert.deepEqual(centre.hardware.get("vm/102011")?.pciMappings, ["gpu"]);
    const second = await partialState(centre.create(tokens.vm, vmArgs(102_012, { hostpcis })));
    assert.match(second.message, /PCI device '0000:00:02.0' already in use by VMID '102011'/);
    const elsewhere = await partialState(centre.create(tokens.vm, vmArgs(102_013, { hostpcis, nodeName: "pve02" })));
    assert.match(elsewhere.message, /PCI device mapping not found for 'gpu' on node 'pve02'/);
  });

  it("are destroyed at once with stopOnDestroy, else after the guest shut down", async () => {
    const centre = await centreWithIso();
    const quick = await centre.create(tokens.vm, vmArgs(102_011));
    const slow = await centre.create(tokens.vm, vmArgs(102_012, { stopOnDestroy: false }));
    const timeOf = async (work: Promise<void>) => {
      const startedAt = centre.world.clock.nowMs;
      await work;
      return centre.world.clock.nowMs - startedAt;
    };
    assert.equal(await timeOf(centre.remove(tokens.vm, quick)), 4000);
    assert.equal(await timeOf(centre.remove(tokens.vm, slow)), 32_000);
    assert.deepEqual(centre.power.slice(2), [
      "off vm/102011",
      "destroyed vm/102011",
      "off vm/102012",
      "destroyed vm/102012",
    ]);
    assert.deepEqual(centre.centre.state.vms, {});
    await centre.remove(tokens.vm, quick);
  });

  it("are imported by host and id", async () => {
    const centre = await centreWithIso();
    const state = await centre.create(tokens.vm, vmArgs(102_011));
    const context = { urn: "", preview: false, timeoutSeconds: 0 };
    const imported = await centre.provider.resources[tokens.vm]?.read("pve01/102011", {}, {}, context);
    assert.equal(imported?.id, "102011");
    const adopted = { id: "102011", inputs: imported?.inputs ?? {}, outputs: imported?.outputs ?? {} };
    const { changed, replaces } = await centre.diff(tokens.vm, adopted, vmArgs(102_011), ignoreSpeed);
    assert.deepEqual(replaces, []);
    assert.deepEqual(changed, ["migrate", "rebootAfterUpdate", "stopOnDestroy"]);
    assert.equal(await centre.provider.resources[tokens.vm]?.read("pve01/999", {}, state.outputs, context), undefined);
  });

  it("get the lowest free id when they bring none", async () => {
    const centre = await centreWithIso();
    const { vmId: _vmId, ...args } = vmArgs(102_011);
    assert.equal((await centre.create(tokens.vm, args)).id, "100");
  });

  const refused: [string, Record<string, unknown>, string][] = [
    ["an id below 100", { vmId: 99 }, "vmId: expected a whole number in the range (100 - 999999999), got 99"],
    ["a name that is no DNS name", { name: "sol_cp" }, 'name: must be a valid DNS name, got "sol_cp"'],
    [
      "ide3 on q35",
      { cdrom: { interface: "ide3" } },
      "cdrom.interface: ide3 does not exist on machine type q35: use ide0 or ide2",
    ],
    [
      "too little memory",
      { memory: { dedicated: 32 } },
      "memory.dedicated: expected a whole number in the range (64 - 268435456), got 32",
    ],
    [
      "a raw PCI id",
      { hostpcis: [{ device: "hostpci0", id: "0000:00:02.0" }] },
      "hostpcis[0].id: needs root@pam with a password, not an API token: use mapping",
    ],
    [
      "a gateway outside",
      { initialization: { ipConfigs: [{ ipv4: { address: "10.1.0.5/24", gateway: "10.2.0.254" } }] } },
      "initialization.ipConfigs[0].ipv4.gateway: gateway 10.2.0.254 is outside of 10.1.0.5/24",
    ],
    [
      "a disk twice",
      { disks: [{ interface: "scsi0" }, { interface: "scsi0" }] },
      "disks[1].interface: duplicate disk interface scsi0",
    ],
    [
      "both drives in one place",
      { cdrom: { interface: "ide2" } },
      "cdrom.interface: ide2 is taken by the cloud-init drive",
    ],
    ["tags in capitals", { tags: ["Luna"] }, 'tags[0]: must be a tag in lower case, got "Luna"'],
  ];
  for (const [what, changes, message] of refused) {
    it(`are refused with ${what}`, () => {
      assert.deepEqual(newCentre().check(tokens.vm, vmArgs(102_011, changes)).failures, [message]);
    });
  }

  it("work on many at a time with three workers a host and one lock a storage", async () => {
    const centre = await centreWithIso();
    const startedAt = centre.world.clock.nowMs;
    await Promise.all([11, 12, 13, 14, 15, 16].map((suffix) => centre.create(tokens.vm, vmArgs(102_000 + suffix))));
    const running = { most: 0, now: 0 };
    for (const { kind, details } of centre.world.state.records) {
      if (details?.type !== "qmstart") continue;
      running.now += kind === "task.start" ? 1 : -1;
      running.most = Math.max(running.most, running.now);
    }
    assert.ok(running.most <= 3, `${running.most} tasks at a time`);
    // Six creates of six seconds share the lock of one storage.
    assert.ok(centre.world.clock.nowMs - startedAt >= 36_000);
  });
});
