import type { Properties } from "../protocol/values.ts";

/** A Proxmox host. */
export interface HostState {
  threads: number;
  memoryMiB: number;
  addresses: string[];
  /** PCI devices by address, such as `0000:00:02.0`. */
  devices: Record<string, { id: string }>;
}

/** A storage; one that is not shared exists on every host with its own content. */
export interface StorageState {
  shared: boolean;
  content: string[];
  /** Per host when it is not shared. */
  sizeGiB: number;
}

/** An ISO or disk image on a storage. */
export interface FileState {
  sizeMiB: number;
  contentType: string;
  /** Where it was downloaded from; absent for uploads. */
  url?: string;
}

/** A disk of a VM, or its EFI or cloud-init volume. */
export interface VolumeState {
  storage: string;
  sizeGiB: number;
  /** The volume that was on its interface already, when it is not one of its own: `rbd-vm:vm-9999-pvc-1`. */
  takenOver?: string;
}

/** A virtual machine. */
export interface VmState {
  vmId: number;
  host: string;
  status: "running" | "stopped";
  /** What is written in its configuration file, in the shape of `VmLegacy`. */
  config: Properties;
  /** Those parts of the configuration that it was switched on with; changes of them wait for a power-off. */
  running?: Properties;
  /** By interface: `scsi0`, `efidisk0`, `ide2`. */
  volumes: Record<string, VolumeState>;
  /** Volumes of others that somebody has plugged in, by interface: `rbd-vm:vm-9999-pvc-1` on `scsi1`. @default none */
  plugged?: Record<string, string>;
}

/** An object of the software-defined network. */
export interface SdnObject {
  kind: "controller" | "zone" | "vnet" | "subnet";
  id: string;
  /** `evpn`, `simple`, `vlan`, `vxlan` of a zone. */
  type?: string;
  config: Properties;
}

/** Firewall settings of the data centre, a host or a VM. */
export interface FirewallScope {
  options?: Properties;
  rules: Properties[];
  ipsets: Record<string, Properties>;
  aliases: Record<string, Properties>;
}

/** Everything that Proxmox VE holds. */
export interface ProxmoxState {
  /** `user@realm!token=secret` */
  apiToken: string;
  hosts: Record<string, HostState>;
  storages: Record<string, StorageState>;
  bridges: string[];
  /** By {@link fileKey}. */
  files: Record<string, FileState>;
  /** How often each file was downloaded, by {@link fileKey}. */
  downloads: Record<string, number>;
  /** By VM id. */
  vms: Record<string, VmState>;
  /** Volumes that belong to no VM that exists, as a CSI plugin makes them, by {@link fileKey}. @default none */
  volumes?: Record<string, { sizeGiB: number }>;
  /** Containers, which nothing here makes, by the ids that they share with VMs. @default none */
  containers?: Record<string, { host: string; name: string }>;
  /** As configured and as applied, by `<kind>/<id>`. */
  sdn: { wanted: Record<string, SdnObject>; applied: Record<string, SdnObject> };
  /** By `cluster`, `node/<host>`, `vm/<id>`. */
  firewall: Record<string, FirewallScope>;
  securityGroups: Record<string, { comment?: string; rules: Properties[] }>;
  pciMappings: Record<string, Properties>;
  haResources: Record<string, Properties>;
  haRules: Record<string, Properties>;
  pools: Record<string, { comment?: string; vmIds: number[]; storageIds: string[] }>;
}

declare module "../world/world.ts" {
  interface WorldParts {
    proxmox: ProxmoxState;
  }
}

/** A data centre without anything in it. */
export function emptyProxmox(apiToken: string): ProxmoxState {
  return {
    apiToken,
    hosts: {},
    storages: {},
    bridges: [],
    files: {},
    downloads: {},
    vms: {},
    sdn: { wanted: {}, applied: {} },
    firewall: {},
    securityGroups: {},
    pciMappings: {},
    haResources: {},
    haRules: {},
    pools: {},
  };
}

/** Names a file by where it lies: shared storages hold it once, others once per host. */
export function fileKey(state: ProxmoxState, host: string, volumeId: string): string {
  const storage = volumeId.split(":")[0] ?? "";
  return state.storages[storage]?.shared ? volumeId : `${host}/${volumeId}`;
}
