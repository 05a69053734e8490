import { Pci } from "@muhlba91/pulumi-proxmoxve/hardware/mapping/pci.js";
import type * as pulumi from "@pulumi/pulumi";
import type { SharedConfig } from "../../config/index.ts";

/** PCI resource mappings: names for devices, so that VMs take a GPU without root's password. */
export function pciMappings({ proxmox }: SharedConfig, opts: pulumi.CustomResourceOptions): void {
  for (const [name, maps] of Object.entries(proxmox.pciMappings)) {
    const args = {
      name,
      maps: maps.map(({ host, id, path, iommuGroup, subsystemId }) => ({
        node: host,
        id,
        path,
        iommuGroup,
        subsystemId,
      })),
    };
    new Pci(`mapping-${name}`, args, opts);
  }
}
