import { isDeepStrictEqual } from "node:util";
import type { Properties } from "../protocol/values.ts";
import type { MachineHardware } from "../talos/interface.ts";
import type { DataCentre } from "./datacentre.ts";
import { pluggedDisks } from "./plugged.ts";
import type { VmState, VolumeState } from "./state.ts";
import { findFile } from "./storage.ts";

/** Parts of a VM's configuration that a running VM takes over at its next power-off only. */
export const coldKeys = [
  "acpi",
  "bios",
  "cpu",
  "efiDisk",
  "hostpcis",
  "initialization",
  "keyboardLayout",
  "kvmArguments",
  "machine",
  "memory",
  "numas",
  "operatingSystem",
  "rngs",
  "scsiHardware",
  "serialDevices",
  "smbios",
  "tpmState",
  "usbs",
  "vga",
  "virtiofs",
];

/** A nested block; empty when it is not there. */
export function block(config: Properties, name: string): Properties {
  return (config[name] ?? {}) as Properties;
}

/** A list of nested blocks. */
export function blocks(config: Properties, name: string): Properties[] {
  return (config[name] ?? []) as Properties[];
}

/** The cold parts of a configuration. */
export function coldPart(config: Properties): Properties {
  return Object.fromEntries(coldKeys.filter((key) => key in config).map((key) => [key, config[key]]));
}

/** Names of what was changed since the VM was switched on and waits for a power-off. */
export function pendingKeys(vm: VmState): string[] {
  if (!vm.running) return [];
  const { running } = vm;
  return coldKeys.filter((key) => !isDeepStrictEqual(running[key], vm.config[key]));
}

/** Memory that the VM takes on its host while it runs. */
export function runningMemoryMiB(vm: VmState): number {
  return Number(block(vm.running ?? vm.config, "memory").dedicated ?? 512);
}

/** Addresses without prefix length that cloud-init gives the VM. */
export function cloudInitAddresses(config: Properties): string[] {
  return blocks(block(config, "initialization"), "ipConfigs").flatMap((ipConfig) =>
    ["ipv6", "ipv4"].flatMap((family) => {
      const address = block(ipConfig, family).address;
      return typeof address === "string" && address.includes("/") ? [address.split("/")[0] ?? ""] : [];
    }),
  );
}

/** MAC addresses in lower case. */
export function macAddresses(config: Properties): string[] {
  return blocks(config, "networkDevices").map((device) => String(device.macAddress ?? "").toLowerCase());
}

/** The volumes that a configuration needs, by interface. */
export function volumesOf(config: Properties): Record<string, VolumeState> {
  const volumes: Record<string, VolumeState> = {};
  for (const disk of blocks(config, "disks")) {
    volumes[String(disk.interface)] = {
      storage: String(disk.datastoreId ?? "local-lvm"),
      sizeGiB: Number(disk.size ?? 8),
    };
  }
  if (config.efiDisk) {
    volumes.efidisk0 = {
      storage: String(block(config, "efiDisk").datastoreId ?? "local-lvm"),
      sizeGiB: 528 / 1024 ** 2,
    };
  }
  if (config.tpmState) {
    volumes.tpmstate0 = { storage: String(block(config, "tpmState").datastoreId ?? "local-lvm"), sizeGiB: 4 / 1024 };
  }
  if (config.initialization) {
    const drive = block(config, "initialization");
    volumes[String(drive.interface || "ide2")] = {
      storage: String(drive.datastoreId ?? "local-lvm"),
      sizeGiB: 4 / 1024,
    };
  }
  return volumes;
}

/** What the guest finds when the VM is switched on with its present configuration. */
export function hardwareOf(centre: DataCentre, vm: VmState): MachineHardware {
  const { config } = vm;
  const disks = [...blocks(config, "disks"), ...pluggedDisks(centre, vm)].toSorted((a, b) => order(a) - order(b));
  return {
    key: `vm/${vm.vmId}`,
    kind: "vm",
    host: vm.host,
    cores: Number(block(config, "cpu").cores ?? 1) * Number(block(config, "cpu").sockets ?? 1),
    memoryMiB: Number(block(config, "memory").dedicated ?? 512),
    disks: disks.map((disk, index) => ({ name: diskName(disk, index), sizeGiB: Number(disk.size ?? 8) })),
    macAddresses: macAddresses(config),
    addresses: cloudInitAddresses(config),
    bootImage: bootImageOf(centre, vm),
    pciMappings: blocks(config, "hostpcis").flatMap((device) => (device.mapping ? [String(device.mapping)] : [])),
  };
}

function order(disk: Properties): number {
  return Number(String(disk.interface).replace(/^\D+/, ""));
}

function diskName(disk: Properties, index: number): string {
  const letter = String.fromCharCode("a".charCodeAt(0) + index);
  return `${String(disk.interface).startsWith("virtio") ? "vd" : "sd"}${letter}`;
}

/** Reads from the ISO in the drive what is on it: its origin says it best, else its name. */
function bootImageOf(centre: DataCentre, vm: VmState): MachineHardware["bootImage"] {
  const fileId = block(vm.config, "cdrom").fileId;
  if (typeof fileId !== "string" || fileId === "none" || fileId === "") return undefined;
  const file = findFile(centre, vm.host, fileId);
  return file ? (talosImage(file.url) ?? talosImage(fileId)) : undefined;
}

/** Talos version, schematic and platform from an Image Factory URL or from the name of a published image. */
export function talosImage(text: string | undefined): MachineHardware["bootImage"] {
  const version = String.raw`v\d+\.\d+\.\d+(?:-[a-z]+\.\d+)?`;
  const url = new RegExp(`/image/([0-9a-f]+)/(${version})/(nocloud|metal)-`).exec(text ?? "");
  if (url) return { schematic: url[1] ?? "", talosVersion: url[2] ?? "", platform: url[3] as "nocloud" | "metal" };
  const name = new RegExp(`talos-(${version})-([0-9a-f]+)-(nocloud|metal)-`).exec(text ?? "");
  if (name) return { talosVersion: name[1] ?? "", schematic: name[2] ?? "", platform: name[3] as "nocloud" | "metal" };
  return undefined;
}
