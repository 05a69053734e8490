/** The VM template on Proxmox that machines of Cluster API are cloned from: an empty disk, and Talos in the drive. */
import type { VmLegacyArgs } from "@muhlba91/pulumi-proxmoxve/vmLegacy.js";
import type { Release } from "../../config/index.ts";
import type { PublishedImage } from "../facts.ts";

/** Tag of all templates. */
const templateTag = "orrery-template";

/** A VM template of one release. */
export interface MachineTemplate {
  /** Names the image: `v1.11.5-a1b2c3d4e5f6`. */
  name: string;
  release: Release;
  image: PublishedImage;
  host: string;
  storage: string;
}

/** Tags that Cluster API finds the template of an image by; no other VM has the same ones. */
export function templateTags(imageName: string): string[] {
  return [templateTag, imageName];
}

/**
 * Arguments of the template. A clone boots Talos from the drive, finds its configuration in the drive that the provider
 * adds as ide0, and installs itself on the disk. Size of disk, cores and memory are the clone's.
 */
export function vmTemplateArguments({ name, release, image, host, storage }: MachineTemplate): VmLegacyArgs {
  return {
    nodeName: host,
    name: `talos-${name.replaceAll(".", "-")}`,
    description: "Cluster API clones machines from it",
    template: true,
    started: false,
    tags: templateTags(name).sort(),
    operatingSystem: { type: "l26" },
    machine: "q35",
    bios: "ovmf",
    efiDisk: { datastoreId: storage, fileFormat: "raw", type: "4m", preEnrolledKeys: false },
    cpu: { cores: 2, type: "host" },
    memory: { dedicated: 2048 },
    ...(release.extensions.some((extension) => extension.name === "siderolabs/qemu-guest-agent")
      ? { agent: { enabled: true, waitForIp: { disabled: true } } }
      : {}),
    scsiHardware: "virtio-scsi-pci",
    disks: [{ interface: "scsi0", datastoreId: storage, size: 10, fileFormat: "raw", discard: "on", ssd: true }],
    cdrom: { interface: "ide2", fileId: image.fileIds[host] },
    bootOrders: ["scsi0", "ide2"],
    serialDevices: [{ device: "socket" }],
    stopOnDestroy: true,
  };
}
