import { z } from "zod";
import { dnsLabel, ipAddress, macAddress, patch, stringMap, taint } from "./values.ts";

const userVolume = z.strictObject({
  /** 1 to 34 characters; mounted at `/var/mnt/<name>`. */
  name: z.string().regex(/^[a-z0-9-]{1,34}$/, "1 to 34 lower-case letters, digits and dashes"),
  /** CEL expression that selects the disk. */
  diskMatch: z.string().min(1),
  /** Smallest size, in GiB. */
  minSizeGiB: z.number().positive(),
  /** Largest size, in GiB. @default the disk's */
  maxSizeGiB: z.number().positive().optional(),
  /** File system. @default xfs */
  filesystem: z.enum(["xfs", "ext4"]).default("xfs"),
});

/** What may be said per role, per pool and per node; the more specific wins, patches and volumes add up. */
export const nodeSettings = z.strictObject({
  /** CPU cores of the VM. @default 2 for control planes, 4 for workers */
  cores: z.number().int().min(1).max(512).optional(),
  /** Memory of the VM, in MiB. @default 4096 for control planes, 8192 for workers */
  memoryMiB: z.number().int().positive().optional(),
  /** System disk. */
  diskGiB: z.number().int().positive().optional(),
  /** Further disks, in order of their interfaces scsi1, scsi2, ... */
  dataDisksGiB: z.array(z.number().int().positive()).optional(),
  /** Storage of the VM's disks. @default the host's or the shared storage */
  storage: z.string().optional(),
  /** CPU type of the VM. @default host */
  cpuType: z.string().optional(),
  /** Labels of the Kubernetes node. */
  labels: stringMap.optional(),
  /** Annotations of the Kubernetes node. */
  annotations: stringMap.optional(),
  /** Taints of the Kubernetes node. A worker gets them when it joins; later ones take `kubectl taint`. */
  taints: z.array(taint).optional(),
  /** Kernel parameters. */
  sysctls: stringMap.optional(),
  /** Volumes for pods on disks of the node. */
  userVolumes: z.array(userVolume).optional(),
  /** A VM gets a watchdog device, and Talos feeds it; bare metal uses the one it has. @default false */
  watchdog: z.boolean().optional(),
  /** Patches and further configuration documents for the machine configuration, applied last. */
  patches: z.array(patch).optional(),
});

/** A GPU or other PCI device, passed through by its cluster-wide mapping. */
const gpu = z.strictObject({
  /** Name in `proxmox.pciMappings` of `orrery:shared`. */
  mapping: z.string(),
  /** Marks the device as the primary GPU. @default false */
  primary: z.boolean().default(false),
});

/** What one node may say for itself; keyed by node name. */
export const nodeOverride = nodeSettings.extend({
  /** Proxmox host that the VM runs on. @default by the spreading rule */
  host: z.string().optional(),
  /** Device that the VM gets. */
  gpu: gpu.optional(),
  /** Addresses, at most one per family. @default they follow from the suffix */
  addresses: z.array(ipAddress).min(1).max(2).optional(),
});

/** A named pool of workers with its own suffix range. */
export const workerPool = nodeSettings.extend({
  /**
   * How many nodes; suffixes run on from `firstSuffix`. Use `suffixes` to name them one by one.
   * @default 3 in the pool `wk`, 1 in others
   */
  count: z.number().int().min(0).optional(),
  /**
   * First suffix of the pool; the node that has it is number 01 in names.
   * @default 21 in the pool `wk`; with `suffixes` the beginning of their ten, such as 31 for 33 and 34
   */
  firstSuffix: z.number().int().optional(),
  /** The suffixes themselves; lets a node in the middle go without touching others. */
  suffixes: z.array(z.number().int()).optional(),
  /** Hosts of the pool; naming them keeps its nodes in place when the site gets another host. @default all */
  hosts: z.array(z.string()).min(1).optional(),
});

/** Control planes: an odd number, spread over the hosts. */
export const controlPlanes = nodeSettings.extend({
  /** Virtual control planes; 0 where all are bare metal. @default 3 */
  count: z.number().int().min(0).optional(),
  /** The suffixes themselves, from 11 to 20. @default 11 and on */
  suffixes: z.array(z.number().int()).optional(),
  /** Hosts that they are spread over. @default all */
  hosts: z.array(z.string()).min(1).optional(),
});

/** A node that is a machine of its own, not a VM. */
export const metalNode = nodeSettings
  .omit({ cores: true, memoryMiB: true, diskGiB: true, dataDisksGiB: true, storage: true, cpuType: true })
  .extend({
    /** @default from role and suffix, as VMs are called */
    name: dnsLabel.optional(),
    /** What the machine is for. */
    role: z.enum(["controlplane", "worker"]),
    /** Number inside the cluster: control planes 11 to 20, workers 21 to 253. */
    suffix: z.number().int(),
    /** Network interface by MAC address. @default `interface`, or the only one that the machine has */
    macAddress: macAddress.optional(),
    /** Name of the interface that has the MAC address; BGP has to know it. */
    interface: z.string().min(1).optional(),
    /** Addresses, at most one per family. @default they follow from the suffix */
    addresses: z.array(ipAddress).min(1).max(2).optional(),
    /** Address in maintenance mode, when it differs from the final one. Take it out once the node runs. */
    maintenanceAddress: ipAddress.optional(),
    /** Disk to install to: a device path or a selector. */
    installDisk: z.union([
      z.string().regex(/^\/dev\//, 'a device path such as "/dev/nvme0n1"'),
      z.strictObject({
        /** Model, with wildcards. */
        model: z.string().optional(),
        /** Serial number. */
        serial: z.string().optional(),
        /** World-wide id. */
        wwid: z.string().optional(),
        /** Path on the bus. */
        busPath: z.string().optional(),
        /** Kind of disk. */
        type: z.enum(["ssd", "hdd", "nvme", "sd"]).optional(),
        /** Size with comparison, such as `>= 100GB`. */
        size: z.string().optional(),
      }),
    ]),
    /** Extensions of this machine's own schematic, besides the release's. */
    extensions: z.array(z.string()).default([]),
    /** False leaves the release's extensions out: they may be for virtual machines. @default true */
    releaseExtensions: z.boolean().default(true),
  });

export type NodeSettings = z.output<typeof nodeSettings>;
export type NodeOverride = z.output<typeof nodeOverride>;
export type MetalNode = z.output<typeof metalNode>;
