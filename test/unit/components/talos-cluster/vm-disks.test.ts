import assert from "node:assert/strict";
import { disksDiffer } from "../../../../components/talos-cluster/vm-disks.ts";

/** A disk as the program gives it, with what the bridge fills in. */
const wanted = (name: string, more: Record<string, unknown> = {}) => ({
  __defaults: ["aio", "serial"],
  aio: "io_uring",
  datastoreId: "rbd-vm",
  fileId: "",
  interface: name,
  iothread: false,
  serial: "",
  size: 40,
  ssd: true,
  ...more,
});

/** The same as the provider reads it. */
const read = (name: string, more: Record<string, unknown> = {}) => {
  const { __defaults: _, fileId: __, ...disk } = wanted(name);
  return { ...disk, pathInDatastore: `vm-102021-${name}`, speed: { read: 0 }, ...more };
};

describe("disks of a VM", () => {
  const cases: [title: string, state: unknown, inputs: unknown, differ: boolean][] = [
    ["that are as they were read", [read("scsi0"), read("scsi1")], [wanted("scsi0"), wanted("scsi1")], false],
    ["in another order", [read("scsi1"), read("scsi0")], [wanted("scsi0"), wanted("scsi1")], false],
    ["whose speed was limited by hand", [read("scsi0", { speed: { read: 90 } })], [wanted("scsi0")], false],
    ["of which one grows", [read("scsi0")], [wanted("scsi0", { size: 60 })], true],
    ["of which one was grown by hand", [read("scsi0", { size: 60 })], [wanted("scsi0")], true],
    ["of which one is new", [read("scsi0")], [wanted("scsi0"), wanted("scsi1")], true],
    ["of which one goes", [read("scsi0"), read("scsi1")], [wanted("scsi0")], true],
    ["of which one has another interface", [read("scsi0"), read("scsi1")], [wanted("scsi0"), wanted("scsi2")], true],
    ["of which one is gone from the VM", [read("scsi0"), null], [wanted("scsi0"), wanted("scsi1")], true],
    ["that get an option that a new provider knows", [read("scsi0")], [wanted("scsi0", { queues: 2 })], true],
    ["that get an option that means nothing", [read("scsi0")], [wanted("scsi0", { queues: 0 })], false],
    ["that were never read", undefined, [wanted("scsi0")], true],
  ];
  for (const [title, state, inputs, differ] of cases) {
    it(`${title} ${differ ? "change" : "do not change"}`, () => assert.equal(disksDiffer(state, inputs), differ));
  }
});
