import assert from "node:assert/strict";
import { diskHost } from "../../../../lab/proxmox/plugged.ts";
import { ignoreSpeed, newCentre, type TestCentre, talosIso, tokens, vmArgs } from "./data-centre.ts";

const shared = "rbd-vm:vm-9999-pvc-1";
const local = "local:9999/vm-9999-pvc-2.raw";

/** Facts: bpg/terraform-provider-proxmox v0.111.1, proxmoxtf/resource/vm; proxmox/qemu-server, `destroy_vm`, QemuMigrate. */
describe("volumes of others on virtual machines of the lab", () => {
  let centre: TestCentre;

  beforeEach(async () => {
    centre = newCentre();
    await centre.create(tokens.download, talosIso);
    centre.centre.state.volumes = { [shared]: { sizeGiB: 5 }, [`pve01/${local}`]: { sizeGiB: 7 } };
  });

  const create = () => centre.create(tokens.vm, vmArgs(102_011));
  const vm = () => centre.centre.state.vms[102_011];
  const disks = (...sizes: number[]) => ({
    disks: sizes.map((size, index) => ({
      interface: `scsi${index}`,
      datastoreId: "rbd-vm",
      size,
      fileFormat: "raw",
    })),
  });
  const kinds = () =>
    centre.world.state.records.filter(({ kind }) => /^(csi|vm)\.(at|de|un|take)/.test(kind)).map(({ kind }) => kind);

  it("take the first free interface after the system disk", async () => {
    await create();
    const host = diskHost(centre.centre);
    assert.equal(host.plug("test11", shared), undefined);
    assert.equal(host.plug("test11", local), undefined);
    assert.deepEqual(vm()?.plugged, { scsi1: shared, scsi2: local });
    assert.equal(host.plug("test12", local), "no VM is called test12");
    host.unplug(shared);
    assert.deepEqual(vm()?.plugged, { scsi2: local });
  });

  it("are not seen by a refresh, and are by an import", async () => {
    const state = await create();
    diskHost(centre.centre).plug("test11", shared);
    const refreshed = await centre.read(tokens.vm, state.id, state.inputs);
    assert.deepEqual(refreshed?.outputs, state.outputs);
    const diff = await centre.diff(
      tokens.vm,
      { ...state, inputs: refreshed?.inputs ?? {} },
      vmArgs(102_011),
      ignoreSpeed,
    );
    assert.deepEqual(diff, { changed: [], replaces: [] });
    const imported = await centre.read(tokens.vm, "pve01/102011");
    assert.ok(imported);
    assert.deepEqual(
      (imported.outputs.disks as { interface: string; size: number }[]).map((disk) => [disk.interface, disk.size]),
      [
        ["scsi0", 40],
        ["scsi1", 5],
      ],
    );
  });

  it("stay where they are while no disk of the VM changes", async () => {
    const state = await create();
    diskHost(centre.centre).plug("test11", shared);
    await centre.update(tokens.vm, state, vmArgs(102_011, { tags: ["luna"], memory: { dedicated: 8192 } }));
    assert.deepEqual(vm()?.plugged, { scsi1: shared });
  });

  it("are pulled out of the running guest by a change of any disk", async () => {
    const state = await create();
    diskHost(centre.centre).plug("test11", shared);
    await centre.update(tokens.vm, state, vmArgs(102_011, disks(60)));
    assert.deepEqual(vm()?.plugged, {});
    assert.deepEqual(kinds(), ["csi.attach", "vm.unplug"]);
    assert.deepEqual(centre.centre.state.volumes?.[shared], { sizeGiB: 5 });
  });

  it("are taken for a new disk of the VM that has their interface", async () => {
    const state = await create();
    diskHost(centre.centre).plug("test11", shared);
    await centre.update(tokens.vm, state, vmArgs(102_011, disks(40, 10)));
    assert.deepEqual(vm()?.volumes.scsi1, { storage: "rbd-vm", sizeGiB: 5, takenOver: shared });
    assert.deepEqual(kinds(), ["csi.attach", "vm.takeOver"]);
  });

  it("outlive the VM that they were plugged into", async () => {
    const state = await create();
    diskHost(centre.centre).plug("test11", shared);
    await centre.remove(tokens.vm, state);
    assert.equal(vm(), undefined);
    assert.deepEqual(centre.centre.state.volumes?.[shared], { sizeGiB: 5 });
  });

  it("go to another host with the VM only from shared storage", async () => {
    const state = await create();
    const host = diskHost(centre.centre);
    host.plug("test11", local);
    await assert.rejects(
      centre.update(tokens.vm, state, vmArgs(102_011, { nodeName: "pve02" })),
      /: can't migrate local disk 'local:9999\/vm-9999-pvc-2\.raw': owned by other VM \(owner = VM 9999\)$/,
    );
    host.unplug(local);
    host.plug("test11", shared);
    await centre.update(tokens.vm, state, vmArgs(102_011, { nodeName: "pve02" }));
    assert.equal(vm()?.host, "pve02");
    assert.deepEqual(vm()?.plugged, { scsi1: shared });
  });
});
