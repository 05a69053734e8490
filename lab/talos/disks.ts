import type { machine } from "@pulumiverse/talos/types/output.js";
import { sha256 } from "./contents.ts";
import { TalosError } from "./errors.ts";
import { evaluateSelector } from "./selector.ts";
import type { Machine } from "./state.ts";

/** One disk in the provider's words. */
export type DiskRow = machine.GetDisksDisk;

/** The disks of a machine. */
export function diskTable(machine: Machine): DiskRow[] {
  const virtual = machine.hardware.kind === "vm";
  return machine.hardware.disks.map(({ name, sizeGiB }, index) => {
    const size = sizeGiB * 1024 ** 3;
    const serial = virtual
      ? `drive-scsi${index}`
      : sha256(`${machine.hardware.key}/${name}`).slice(0, 12).toUpperCase();
    return {
      busPath: `/pci0000:00/0000:00:05.0/${name}`,
      cdrom: false,
      devPath: `/dev/${name}`,
      ioSize: 512,
      modalias: "",
      model: virtual ? "QEMU HARDDISK" : "",
      prettySize: prettySize(size),
      readonly: false,
      rotational: false,
      secondaryDisks: [],
      sectorSize: 512,
      serial,
      size,
      subSystem: "/sys/class/block",
      symlinks: [`/dev/disk/by-id/${serial}`],
      transport: name.startsWith("nvme") ? "nvme" : virtual ? "virtio" : "sata",
      uuid: "",
      wwid: "",
    };
  });
}

/** The disks that a CEL expression picks; all for an empty one. @throws TalosError InvalidArgument for a bad expression */
export function selectDisks(disks: DiskRow[], selector: string): DiskRow[] {
  if (selector === "") return disks;
  try {
    return disks.filter((disk) => evaluateSelector(selector, { ...disk }));
  } catch (error) {
    throw new TalosError("InvalidArgument", error instanceof Error ? error.message : String(error));
  }
}

/** Decimal units, as Talos shows sizes: `43 GB`. */
export function prettySize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}
