import type { DataCentre } from "./datacentre.ts";
import { bridgesOf, hasBridge } from "./sdn.ts";
import type { VmState } from "./state.ts";
import { findFile } from "./storage.ts";
import { block, blocks, cloudInitAddresses, macAddresses, runningMemoryMiB } from "./vm-config.ts";

/**
 * Everything that has to be true for a VM to start on its host.
 * @throws Error with what QEMU or Proxmox says
 */
export function assertCanStart(centre: DataCentre, vm: VmState): void {
  assertNetwork(centre, vm);
  assertDrives(centre, vm);
  assertMemory(centre, vm);
  assertDevices(centre, vm);
}

function assertNetwork(centre: DataCentre, vm: VmState): void {
  for (const bridge of bridgesOf(vm.config)) {
    if (!hasBridge(centre, vm.host, bridge)) throw new Error(`bridge '${bridge}' does not exist`);
  }
  const addresses = new Set(cloudInitAddresses(vm.config));
  const macs = new Set(macAddresses(vm.config).filter(Boolean));
  for (const other of Object.values(centre.state.vms)) {
    if (other.vmId === vm.vmId || other.status !== "running") continue;
    const address = cloudInitAddresses(other.config).find((candidate) => addresses.has(candidate));
    const mac = macAddresses(other.config).find((candidate) => macs.has(candidate));
    if (!address && !mac) continue;
    centre.world.record("address.conflict", `vm/${vm.vmId}`, { address: address ?? mac, other: `vm/${other.vmId}` });
    // A real network would let both run and lose packets; here it shows at once.
    throw new Error(`${address ? "address" : "MAC address"} ${address ?? mac} is in use by VM ${other.vmId}`);
  }
}

function assertDrives(centre: DataCentre, vm: VmState): void {
  const cdrom = block(vm.config, "cdrom");
  const fileId = cdrom.fileId;
  if (typeof fileId === "string" && fileId !== "" && fileId !== "none" && fileId !== "cdrom") {
    if (!findFile(centre, vm.host, fileId)) throw new Error(`volume '${fileId}' does not exist`);
  }
  if (String(vm.config.machine ?? "").includes("q35")) {
    const used = [cdrom.interface, block(vm.config, "initialization").interface];
    const wrong = used.find((name) => name === "ide1" || name === "ide3");
    if (wrong && vm.config.cdrom) throw new Error(`${wrong}: machine type q35 has ide0 and ide2 only`);
  }
  if (vm.config.bios === "ovmf" && !vm.config.efiDisk) {
    centre.world.record("vm.no-efi-disk", `vm/${vm.vmId}`);
  }
}

function assertMemory(centre: DataCentre, vm: VmState): void {
  const host = centre.host(vm.host);
  let used = 0;
  for (const other of Object.values(centre.state.vms)) {
    if (other.vmId !== vm.vmId && other.host === vm.host && other.status === "running") used += runningMemoryMiB(other);
  }
  const wanted = Number(block(vm.config, "memory").dedicated ?? 512);
  if (used + wanted > host.memoryMiB) {
    throw new Error(
      `start failed: cannot set up guest memory: Cannot allocate memory (${wanted} MiB wanted, ${host.memoryMiB - used} MiB free on ${vm.host})`,
    );
  }
  const cores = Number(block(vm.config, "cpu").cores ?? 1);
  if (cores > host.threads) throw new Error(`MAX ${host.threads} vcpus allowed per VM on this node`);
}

function assertDevices(centre: DataCentre, vm: VmState): void {
  for (const device of blocks(vm.config, "hostpcis")) {
    if (!device.mapping) continue;
    const address = mappedDevice(centre, vm.host, String(device.mapping));
    for (const other of Object.values(centre.state.vms)) {
      if (other.vmId === vm.vmId || other.host !== vm.host || other.status !== "running") continue;
      for (const taken of blocks(other.config, "hostpcis")) {
        if (taken.mapping && mappedDevice(centre, other.host, String(taken.mapping)) === address) {
          throw new Error(`PCI device '${address}' already in use by VMID '${other.vmId}'`);
        }
      }
    }
  }
}

function mappedDevice(centre: DataCentre, host: string, name: string): string {
  const mapping = centre.state.pciMappings[name];
  if (!mapping) throw new Error(`pci '${name}' not found`);
  const map = blocks(mapping, "maps").find((candidate) => candidate.node === host);
  if (!map) throw new Error(`PCI device mapping not found for '${name}' on node '${host}'`);
  const device = centre.state.hosts[host]?.devices[String(map.path)];
  if (!device)
    throw new Error(`PCI device mapping invalid (hardware probably changed): pci device '${map.path}' not found`);
  if (device.id !== map.id) {
    throw new Error(
      `PCI device mapping invalid (hardware probably changed): missing expected property 'id': '${map.id}' ne '${device.id}'`,
    );
  }
  return String(map.path);
}
