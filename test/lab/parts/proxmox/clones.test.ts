import assert from "node:assert/strict";
import { proxmoxHypervisor } from "../../../../lab/proxmox/clones.ts";
import { DataCentre } from "../../../../lab/proxmox/datacentre.ts";
import type { ProxmoxState, VmState } from "../../../../lab/proxmox/state.ts";
import { newCentre } from "./data-centre.ts";

describe("clones of templates in the lab", () => {
  /** Clones a template on pve01 once, on one of the allowed hosts. */
  function cloned(storages: { disk: string; image: string }, allowedNodes: string[]) {
    const { world } = newCentre();
    const state = world.state.parts.proxmox as ProxmoxState;
    const template: VmState = {
      vmId: 100,
      host: "pve01",
      status: "stopped",
      config: { template: true, tags: ["orrery-template", "v1"], cdrom: { fileId: `${storages.image}:iso/talos.iso` } },
      volumes: { scsi0: { storage: storages.disk, sizeGiB: 10 } },
    };
    state.vms[100] = template;
    const spec = {
      templateSelector: { matchTags: ["orrery-template", "v1"] },
      vmIDRange: { start: 501, end: 525 },
      memoryMiB: 4096,
      numCores: 2,
    };
    const hypervisor = proxmoxHypervisor(new DataCentre(world, state));
    const answer = hypervisor.create({ name: "media-workers-x7k2p", spec, cluster: { allowedNodes } });
    return "problem" in answer ? answer.problem : state.vms[Number(answer.id)]?.host;
  }

  for (const [disk, image, host, answer] of [
    ["rbd-vm", "resources", "pve02", "pve02"],
    ["local", "resources", "pve02", "can't clone VM to node 'pve02' (VM uses local storage)"],
    ["rbd-vm", "local", "pve02", "can't clone VM to node 'pve02' (VM uses local storage)"],
    ["local", "local", "pve01", "pve01"],
  ] as const) {
    it(`of a disk on ${disk} and an image on ${image}, to ${host}: ${answer}`, () => {
      assert.equal(cloned({ disk, image }, [host]), answer);
    });
  }
});
