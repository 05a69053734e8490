/**
 * What the rest of the lab may ask of its Talos machines, and what Talos machines need from the rest. The hypervisor
 * switches machines on and off; the machines ask Kubernetes whether a CNI runs; Kubernetes asks which nodes run.
 */

/** What a machine is made of when it is switched on. */
export interface MachineHardware {
  /** `vm/102011` or `metal/<mac address>`. */
  key: string;
  kind: "vm" | "metal";
  /** Proxmox host, for VMs. */
  host?: string;
  cores: number;
  memoryMiB: number;
  /** Device names and sizes: `sda`, 40. */
  disks: { name: string; sizeGiB: number }[];
  macAddresses: string[];
  /** Addresses without prefix length that the machine has in maintenance mode: cloud-init's, or DHCP's. */
  addresses: string[];
  /** What it boots when its disk is empty; undefined boots nothing. */
  bootImage?: { talosVersion: string; schematic: string; platform: "nocloud" | "metal" };
  /** PCI mappings passed through. */
  pciMappings: string[];
}

/** The hypervisor's view of all machines. */
export interface MachinePower {
  /** Switches a machine on; an installed one boots from disk, another one into maintenance mode. */
  powerOn(hardware: MachineHardware): void;
  /** Takes the power away at once. */
  powerOff(key: string): void;
  /** Reset or guest reboot by the hypervisor. */
  reset(key: string): void;
  /** The machine and its disks are gone; an etcd member that it was stays in the cluster's list. */
  destroyed(key: string): void;
}

/** What a Kubernetes API needs to know of the machines that carry it. */
export interface ClusterMachines {
  /** True while enough etcd members run that the API can write. */
  hasQuorum(clusterId: string): boolean;
  /** Nodes whose kubelet runs, by node name. */
  runningNodes(
    clusterId: string,
  ): { name: string; addresses: string[]; role: "controlplane" | "worker"; labels: Record<string, string> }[];
}
