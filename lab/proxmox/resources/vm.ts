import { type CallContext, PartialFailure, type ResourceState, type ResourceType } from "../../protocol/provider.ts";
import type { Properties } from "../../protocol/values.ts";
import type { DataCentre } from "../datacentre.ts";
import { isMissing } from "../errors.ts";
import type { VmState } from "../state.ts";
import type { VirtualMachines } from "../vm.ts";
import { block, blocks, coldKeys } from "../vm-config.ts";
import { changedKeys, define, withoutNotes } from "./define.ts";
import { validateVm, vmDefaults } from "./vm-inputs.ts";

/** Inputs that steer the provider; Proxmox never learns them. */
const providerOnly = [
  "deleteUnreferencedDisksOnDestroy",
  "migrate",
  "purgeOnDestroy",
  "reboot",
  "rebootAfterUpdate",
  "started",
  "stopOnDestroy",
  ...Object.keys(vmDefaults).filter((name) => name.startsWith("timeout")),
];

/** `VmLegacy`. */
export function vmResource(centre: DataCentre, vms: VirtualMachines): [string, ResourceType] {
  return define({
    token: "proxmoxve:index/vmLegacy:VmLegacy",
    defaults: vmDefaults,
    validate: validateVm,
    replaces: (news) => ["vmId", "clone", "amdSev", ...(news.migrate === true ? [] : ["nodeName"])],
    endless: endlessDifferences,
    create: (inputs) => create(centre, vms, inputs),
    read: (id, inputs) => read(vms, id, inputs),
    update: (id, olds, news) => update(vms, Number(id), olds, news),
    delete: (id, inputs) => remove(vms, Number(id), inputs),
  });
}

/**
 * Differences that no update ends: Proxmox sorts tags, and the provider reads eight zero speeds for every disk, whether
 * the program gives zeros or nothing.
 */
function endlessDifferences(news: Properties, context: CallContext): string[] {
  const ignored = context.ignoreChanges ?? [];
  const names: string[] = [];
  const speeds = blocks(news, "disks").some(
    (disk, index) =>
      !ignored.includes(`disks[${index}].speed`) && Object.values(block(disk, "speed")).every((speed) => speed === 0),
  );
  if (speeds) names.push("disks");
  const tags = news.tags;
  if (Array.isArray(tags) && tags.some((tag, index) => index > 0 && String(tags[index - 1]) > String(tag))) {
    names.push("tags");
  }
  return names;
}

async function create(centre: DataCentre, vms: VirtualMachines, inputs: Properties): Promise<ResourceState> {
  const host = String(inputs.nodeName);
  if (inputs.clone) {
    const source = block(inputs, "clone").vmId;
    throw new Error(`error cloning VM: unable to find configuration file for VM ${source} on node '${host}'`);
  }
  const vmId = Number(inputs.vmId ?? (await vms.nextId()));
  await vms.create(vmId, host, configOf(vmId, inputs));
  try {
    if (inputs.started === true && inputs.template !== true && (await vms.status(vmId)) === "stopped") {
      await vms.start(vmId);
    }
  } catch (error) {
    // The VM is there and stopped: the engine keeps it, and the next run starts it.
    const vm = centre.state.vms[vmId];
    if (!vm) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new PartialFailure(message, { id: String(vmId), outputs: outputsOf(vm, inputs) });
  }
  const state = await read(vms, String(vmId), inputs);
  if (!state) throw new Error(`VM ${vmId} does not exist after it was created`);
  return { id: state.id, outputs: state.outputs };
}

/** Also for imports, whose id is `<host>/<vm id>` and which know no inputs. */
async function read(vms: VirtualMachines, id: string, inputs: Properties): Promise<ResourceState | undefined> {
  const vmId = Number(id.split("/").at(-1));
  const vm = await vms.locate(vmId);
  if (!vm) return undefined;
  await vms.config(vmId);
  await vms.status(vmId);
  const steering = Object.fromEntries(
    providerOnly.flatMap((name) => {
      const value = inputs[name] ?? vmDefaults[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const own = blocks(vm.config, "disks").map((disk) => ({ ...disk, size: sizeOf(vm, disk) }));
  // A refresh looks at the disks that it knows of, an import at whatever is plugged in.
  const imported = Object.keys(inputs).length === 0;
  const disks = imported ? [...own, ...vms.pluggedDisks(vm)] : own;
  const current: Properties = {
    ...vm.config,
    ...(disks.length > 0 ? { disks } : {}),
    ...steering,
    nodeName: vm.host,
    started: vm.status === "running",
  };
  if ("vmId" in inputs || imported) current.vmId = vmId;
  // Made-up MAC addresses are no inputs.
  const given = blocks(inputs, "networkDevices");
  if (given.length > 0) {
    current.networkDevices = blocks(current, "networkDevices").map(({ macAddress, ...device }, index) =>
      given[index] && given[index].macAddress === undefined ? device : { ...device, macAddress },
    );
  }
  return { id: String(vmId), inputs: current, outputs: outputsOf(vm, current) };
}

async function update(vms: VirtualMachines, vmId: number, olds: Properties, news: Properties): Promise<Properties> {
  const vm = await vms.locate(vmId);
  if (!vm) throw new Error(`error updating VM: Configuration file 'qemu-server/${vmId}.conf' does not exist`);
  if (vm.host !== news.nodeName) await vms.migrate(vmId, String(news.nodeName));
  assertPossible(vm, news);
  const config = configOf(vmId, news, vm);
  const changed = changedKeys(vm.config, config);
  // Whatever of its disks changes, the provider deletes all on the VM that are not in its arguments.
  const disksChange = changed.includes("disks") || changedKeys(olds, news).includes("disks");
  const wanted = blocks(news, "disks").map((disk) => String(disk.interface));
  const unplugged = disksChange ? Object.keys(vm.plugged ?? {}).filter((name) => !wanted.includes(name)) : [];
  if (changed.length > 0 || unplugged.length > 0) await vms.configure(vmId, config, unplugged);
  for (const disk of blocks(news, "disks")) {
    const size = Number(disk.size);
    const volume = vm.volumes[String(disk.interface)];
    // It grows no volume of somebody else's, and does not say so.
    if (volume && !volume.takenOver && volume.sizeGiB < size) await vms.resize(vmId, String(disk.interface), size);
  }
  await settlePower(vms, vmId, changed, olds, news);
  const state = await read(vms, String(vmId), news);
  if (!state) throw new Error(`VM ${vmId} went away while it was updated`);
  return state.outputs;
}

/** @throws Error for what the provider cannot do to this VM in its present state */
function assertPossible(vm: VmState, news: Properties): void {
  const blocked = vm.status === "running" && news.rebootAfterUpdate === false;
  for (const disk of blocks(news, "disks")) {
    const name = String(disk.interface);
    const volume = vm.volumes[name];
    if (!volume) continue;
    if (Number(disk.size) < volume.sizeGiB) {
      throw new Error(`Cannot shrink resize vm:${name} in VM ${vm.vmId}, it is not supported!`);
    }
    if (volume.storage !== disk.datastoreId && blocked) throw new Error(needsPowerOff("move disks between datastores"));
  }
  const drive = block(news, "initialization");
  const old = block(vm.config, "initialization");
  if (vm.config.initialization && news.initialization && blocked) {
    if (drive.interface !== old.interface || drive.datastoreId !== old.datastoreId) {
      throw new Error(needsPowerOff("move the Cloud-Init drive"));
    }
  }
}

function needsPowerOff(operation: string): string {
  return `cannot ${operation} while the VM is running because this change requires the VM to be powered off, but automatic power-offs/reboots are disabled by 'reboot_after_update = false'`;
}

/** Starts what should run, stops what was switched off, restarts when it is allowed and needed. */
async function settlePower(
  vms: VirtualMachines,
  vmId: number,
  changed: string[],
  olds: Properties,
  news: Properties,
): Promise<void> {
  const status = await vms.status(vmId);
  if (news.started === true) {
    if (status === "stopped") return vms.start(vmId);
    if (news.rebootAfterUpdate === true && changed.some((name) => coldKeys.includes(name))) {
      await vms.shutdown(vmId);
      await vms.start(vmId);
    }
  } else if (olds.started === true && status === "running") {
    await vms.shutdown(vmId);
  }
}

async function remove(vms: VirtualMachines, vmId: number, inputs: Properties): Promise<void> {
  try {
    if ((await vms.status(vmId)) === "running") {
      if (inputs.stopOnDestroy === true) await vms.stop(vmId);
      else await vms.shutdown(vmId);
    }
    await vms.delete(vmId, inputs.purgeOnDestroy !== false);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** What goes into the configuration file; a MAC address that nobody gave is made up once. */
function configOf(vmId: number, inputs: Properties, existing?: VmState): Properties {
  const config = Object.fromEntries(
    Object.entries(inputs).filter(([name]) => !providerOnly.includes(name) && name !== "nodeName" && name !== "vmId"),
  );
  if (Array.isArray(config.tags)) config.tags = [...config.tags].map(String).sort();
  const known = blocks(existing?.config ?? {}, "networkDevices");
  if (Array.isArray(config.networkDevices)) {
    config.networkDevices = blocks(config, "networkDevices").map((device, index) => ({
      ...device,
      macAddress: device.macAddress ?? known[index]?.macAddress ?? inventedMac(vmId, index),
    }));
  }
  return config;
}

function inventedMac(vmId: number, index: number): string {
  const digits = (vmId * 16 + index).toString(16).toUpperCase().padStart(6, "0").slice(-6);
  return `BC:24:11:${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4, 6)}`;
}

const noSpeed = {
  iopsRead: 0,
  iopsReadBurstable: 0,
  iopsWrite: 0,
  iopsWriteBurstable: 0,
  read: 0,
  readBurstable: 0,
  write: 0,
  writeBurstable: 0,
};

/** What Proxmox says of a disk, whoever grew it. */
function sizeOf(vm: VmState, disk: Properties): Properties[string] {
  return vm.volumes[String(disk.interface)]?.sizeGiB ?? disk.size;
}

/** The state that the provider reads back: every block complete. */
function outputsOf(vm: VmState, inputs: Properties): Properties {
  const config = withoutNotes({ ...vm.config });
  const steering = Object.fromEntries(providerOnly.flatMap((name) => (name in inputs ? [[name, inputs[name]]] : [])));
  return {
    ...config,
    ...steering,
    nodeName: vm.host,
    vmId: vm.vmId,
    started: vm.status === "running",
    bootOrders: config.bootOrders ?? [],
    cpu: config.cpu ? { architecture: "", affinity: "", flags: [], units: 1024, ...block(config, "cpu") } : undefined,
    description: config.description ?? "",
    disks: blocks(withoutNotes(inputs), "disks").map((disk, index) => ({
      fileFormat: "raw",
      pathInDatastore: `vm-${vm.vmId}-disk-${index}`,
      speed: noSpeed,
      ...disk,
      size: sizeOf(vm, disk),
    })),
    hookScriptFileId: config.hookScriptFileId ?? "",
    hotplug: config.hotplug ?? "network,disk,usb",
    ipv4Addresses: [],
    ipv6Addresses: [],
    kvmArguments: config.kvmArguments ?? "",
    macAddresses: blocks(config, "networkDevices").map((device) => device.macAddress),
    memory: config.memory ? { hugepages: "", ...block(config, "memory") } : undefined,
    networkInterfaceNames: [],
    poolId: config.poolId ?? "",
    tags: config.tags ?? [],
    template: config.template ?? false,
  };
}
