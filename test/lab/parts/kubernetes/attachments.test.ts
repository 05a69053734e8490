import assert from "node:assert/strict";
import { openRig, type Rig } from "./rig.ts";

const driver = "csi.proxmox.sinextra.dev";
const storage = "storage.k8s.io/v1";

describe("attached volumes of the lab's Kubernetes", () => {
  let rig: Rig;
  /** What the plugin did: `plug lunawk01 rbd-vm:vm-9999-pvc-1`. */
  let done: string[];
  let problem: string | undefined;

  beforeEach(async () => {
    rig = await openRig();
    done = [];
    problem = undefined;
    rig.kubernetes.connectDisks({
      plug: (node, volume) => {
        done.push(`plug ${node} ${volume}`);
        return problem;
      },
      unplug: (volume) => void done.push(`unplug ${volume}`),
    });
  });

  /** A pod with a volume that Kubernetes wants attached. */
  function mount(attacher = driver): void {
    const create = (apiVersion: string, kind: string, metadata: { name: string; namespace?: string }, spec: object) =>
      assert.equal(rig.kubernetes.createObject?.("luna", { apiVersion, kind, metadata, spec }), undefined);
    create(
      "v1",
      "PersistentVolume",
      { name: "pvc-1" },
      {
        csi: { driver, volumeHandle: "proxmox/pve01/rbd-vm/vm-9999-pvc-1" },
        claimRef: { namespace: "default", name: "data" },
      },
    );
    create(
      "v1",
      "Pod",
      { name: "web-0", namespace: "default" },
      {
        nodeName: "lunawk01",
        volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
      },
    );
    const source = { persistentVolumeName: "pvc-1" };
    create(storage, "VolumeAttachment", { name: "csi-1" }, { attacher, nodeName: "lunawk01", source });
  }

  const install = () =>
    rig.kubernetes.createObject?.("luna", { apiVersion: storage, kind: "CSIDriver", metadata: { name: driver } });
  const attachments = () => rig.kubernetes.list("luna", "volumeattachments") ?? [];

  it("are plugged into the VM of their node once the plugin is there", () => {
    mount();
    attachments();
    assert.deepEqual(done, []);
    install();
    assert.deepEqual(
      attachments().map(({ status }) => status),
      [{ attached: true }],
    );
    attachments();
    assert.deepEqual(done, ["plug lunawk01 rbd-vm:vm-9999-pvc-1"]);
  });

  it("say why they cannot be plugged in", () => {
    problem = "no free lun found";
    install();
    mount();
    assert.deepEqual(attachments()[0]?.status, { attached: false, attachError: "no free lun found" });
  });

  it("are taken off some time after the last pod that uses them has gone", async () => {
    install();
    mount();
    attachments();
    assert.equal(rig.kubernetes.deleteObject("luna", "pods", "web-0", "default"), true);
    assert.equal(attachments().length, 1);
    await rig.world.clock.pass(8000);
    assert.equal(attachments().length, 1);
    await rig.world.clock.pass(8000);
    attachments();
    assert.deepEqual(attachments(), []);
    assert.deepEqual(done, ["plug lunawk01 rbd-vm:vm-9999-pvc-1", "unplug rbd-vm:vm-9999-pvc-1"]);
  });

  it("of other drivers are left alone", () => {
    install();
    mount("rook-ceph.rbd.csi.ceph.com");
    attachments();
    assert.deepEqual(done, []);
  });
});
