import type { Release, SharedConfig } from "../../config/index.ts";
import type { PublishedImage } from "../facts.ts";
import { type ImageLocation, imageLocations } from "./locations.ts";
import { imageFileName, imageName, installerReference } from "./names.ts";
import { type MachineExtensions, type Schematic, schematicId, schematicOf } from "./schematic.ts";

/** An image, fully decided. */
export interface ImagePlan {
  /** `v1.11.5-a1b2c3d4e5f6` */
  name: string;
  schematic: Schematic;
  fileName: string;
  locations: ImageLocation[];
  published: PublishedImage;
}

/** A bare-metal machine that needs an installer of its own. */
export interface MetalMachine extends MachineExtensions {
  name: string;
}

/** An installer for bare metal and the machines that use it. */
export interface MetalInstaller {
  /** Names it among the installers of a project. */
  name: string;
  schematic: Schematic;
  id: string;
  reference: string;
  machines: string[];
}

/** Decides what a release's image is called, what is in it and where it lies. */
export function planImage(release: Release, proxmox: SharedConfig["proxmox"]): ImagePlan {
  const schematic = schematicOf(release);
  const id = schematicId(schematic);
  const fileName = imageFileName(release, id);
  const locations = imageLocations(proxmox);
  const fileIds: Record<string, string> = {};
  for (const { hosts, storage } of locations) {
    for (const host of hosts) fileIds[host] = `${storage}:iso/${fileName}`;
  }
  const published = { schematic: id, installer: installerReference(release, id), fileIds };
  return { name: imageName(release, id), schematic, fileName, locations, published };
}

/** The installers of bare-metal machines, each once for all machines with the same extensions. */
export function planMetalInstallers(release: Release, machines: MetalMachine[]): MetalInstaller[] {
  const installers = new Map<string, MetalInstaller>();
  for (const machine of machines) {
    const schematic = schematicOf(release, machine);
    const id = schematicId(schematic);
    const known = installers.get(id);
    if (known) {
      known.machines.push(machine.name);
      continue;
    }
    const name = imageName({ ...release, platform: "metal" }, id);
    const reference = installerReference(release, id, "metal");
    installers.set(id, { name, schematic, id, reference, machines: [machine.name] });
  }
  return [...installers.values()];
}
