/** Volumes that somebody plugs into VMs while they run, as a CSI plugin does. They belong to a VM id that no VM has. */
import type { DiskHost } from "../kubernetes/attachments.ts";
import type { Properties } from "../protocol/values.ts";
import type { DataCentre } from "./datacentre.ts";
import { fileKey, type VmState } from "./state.ts";

/** The disks of all VMs as the plugin uses them: it knows a node's VM by its name. */
export function diskHost(centre: DataCentre): DiskHost {
  const all = () => Object.values(centre.state.vms);
  return {
    plug(node, volume) {
      const vm = all().find(({ config }) => config.name === node);
      return vm ? plug(centre, vm, volume) : `no VM is called ${node}`;
    },
    unplug(volume) {
      for (const vm of all()) {
        const names = Object.keys(vm.plugged ?? {}).filter((name) => vm.plugged?.[name] === volume);
        for (const name of names) unplug(centre, vm, name, "csi.detach");
      }
    },
  };
}

/** Takes the first free SCSI interface from 1 on. */
function plug({ world }: DataCentre, vm: VmState, volume: string): string | undefined {
  for (let lun = 1; lun < 30; lun += 1) {
    const name = `scsi${lun}`;
    if (vm.volumes[name] || vm.plugged?.[name]) continue;
    vm.plugged = { ...vm.plugged, [name]: volume };
    world.record("csi.attach", `vm/${vm.vmId}`, { disk: name, volume });
    return undefined;
  }
  return "no free lun found";
}

/**
 * Takes what is plugged in off an interface; a running guest loses it at once, and the volume stays.
 * @param kind of the diary's line
 */
export function unplug({ world }: DataCentre, vm: VmState, name: string, kind: "csi.detach" | "vm.unplug"): void {
  const { [name]: volume, ...others } = vm.plugged ?? {};
  if (volume === undefined) return;
  vm.plugged = others;
  world.record(kind, `vm/${vm.vmId}`, { disk: name, volume });
}

/** What is plugged into a VM, in the shape of `VmLegacy`. */
export function pluggedDisks(centre: DataCentre, vm: VmState): Properties[] {
  return Object.entries(vm.plugged ?? {}).map(([name, volume]) => {
    const [datastoreId = "", pathInDatastore = ""] = volume.split(":");
    return { interface: name, datastoreId, pathInDatastore, size: pluggedSizeGiB(centre, vm, volume) };
  });
}

/** Size of a volume that is plugged into a VM. */
export function pluggedSizeGiB({ state }: DataCentre, vm: VmState, volume: string): number {
  return state.volumes?.[fileKey(state, vm.host, volume)]?.sizeGiB ?? 0;
}

/** Why a VM cannot go to another host: Proxmox moves no volume of another VM from one host's storage to another's. */
export function migrationProblem({ state }: DataCentre, vm: VmState): string | undefined {
  const local = Object.values(vm.plugged ?? {}).find((volume) => !state.storages[volume.split(":")[0] ?? ""]?.shared);
  if (local === undefined) return undefined;
  const owner = /vm-(\d+)-/.exec(local)?.[1];
  return `can't migrate local disk '${local}': owned by other VM (owner = VM ${owner})`;
}
