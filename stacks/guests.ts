import { getContainersLegacy } from "@muhlba91/pulumi-proxmoxve/getContainersLegacy.js";
import { getVmsLegacy } from "@muhlba91/pulumi-proxmoxve/getVmsLegacy.js";
import * as pulumi from "@pulumi/pulumi";
import type { Guest } from "./taken-vms.ts";

/**
 * Asks Proxmox for all VMs and containers. A provider that is told the id of a VM that exists may take it for its own, so
 * this has to be known before anything is changed.
 * @throws pulumi.RunError with the provider's words when Proxmox cannot be asked
 */
export async function listGuests(provider: pulumi.ProviderResource): Promise<Guest[]> {
  try {
    const [{ vms }, { containers }] = await Promise.all([
      getVmsLegacy({}, { provider }),
      getContainersLegacy({}, { provider }),
    ]);
    return [
      ...vms.map(({ vmId, name, nodeName }): Guest => ({ kind: "VM", vmId, name, host: nodeName })),
      ...containers.map(({ vmId, name, nodeName }): Guest => ({ kind: "container", vmId, name, host: nodeName })),
    ];
  } catch (error) {
    throw new pulumi.RunError(error instanceof Error ? error.message : String(error));
  }
}
