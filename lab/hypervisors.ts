import { harvesterHypervisor } from "./harvester/hypervisor.ts";
import type { LabKubernetes } from "./kubernetes/open.ts";
import { proxmoxHypervisor } from "./proxmox/clones.ts";
import type { DataCentre } from "./proxmox/datacentre.ts";
import { diskHost } from "./proxmox/plugged.ts";

/** Gives the clusters' controllers what they make machines on, and the VMs that volumes of pods are plugged into. */
export function connectHypervisors(kubernetes: LabKubernetes, centre: DataCentre): void {
  kubernetes.connectHypervisors([proxmoxHypervisor(centre), harvesterHypervisor(centre.world)]);
  kubernetes.connectDisks(diskHost(centre));
}
