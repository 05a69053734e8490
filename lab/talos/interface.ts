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

/** A node whose kubelet runs. */
export interface RunningNode {
  name: string;
  addresses: string[];
  role: "controlplane" | "worker";
  /** Labels of the machine configuration. */
  labels: Record<string, string>;
  /** Taints of the machine configuration: key to `value:effect`. */
  taints: Record<string, string>;
  /** Kubernetes version of its kubelet, such as `v1.31.4`. */
  kubeletVersion: string;
  /** Talos version that it runs, such as `v1.11.5`. */
  talosVersion: string;
  /** Virtual time of its last boot. */
  runningSinceMs: number;
}

/** What a Kubernetes API needs to know of the machines that carry it. */
export interface ClusterMachines {
  /** True while enough etcd members run that the API can write. */
  hasQuorum(clusterId: string): boolean;
  /** Nodes whose kubelet runs, by node name. */
  runningNodes(clusterId: string): RunningNode[];
  /**
   * Finds the cluster that a Kubernetes endpoint and a client certificate belong to.
   * @returns undefined when no running control plane serves the endpoint, or does not know the certificate's issuer
   */
  clusterAt?(server: string, clientCertificatePem: string): string | undefined;
}

/** A Kubernetes object as the API shows it. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; [key: string]: unknown };
  [key: string]: unknown;
}

/** Fields of an object that somebody has changed. */
export interface FieldChange {
  /** Field manager: `kubectl-patch`. */
  manager: string;
  fields: Record<string, unknown>;
}

/** What Talos machines and `kubectl` need from the Kubernetes part of the lab. */
export interface ConnectedKubernetes {
  /** True when the pods of a CNI can run in the cluster. */
  cniRunning(clusterId: string): boolean;
  /**
   * Objects of a resource type by its plural name, with group where it is not unique: `nodes`, `ciliumnodes.cilium.io`.
   * @returns undefined when the API has no such type
   */
  list(clusterId: string, resource: string): KubernetesObject[] | undefined;
  /** Cordons or uncordons; false when there is no such node. */
  setUnschedulable(clusterId: string, node: string, unschedulable: boolean): boolean;
  /**
   * Deletes an object; false when there is none. `kubectl delete <resource> --namespace .. --selector ..`, which the
   * program uses before it installs a Helm release, lists and then deletes what has the labels.
   */
  deleteObject(clusterId: string, resource: string, name: string, namespace?: string): boolean;
  /** Writes an object in place of the one of the same name; false when there is none. */
  replaceObject?(clusterId: string, object: KubernetesObject, change: FieldChange): boolean;
  /** Writes a new object; answers why it cannot, as the API says it. */
  createObject?(clusterId: string, object: KubernetesObject): string | undefined;
  /** Forgets all clusters but these: nothing of the others is left on any disk. */
  keepOnly?(clusterIds: ReadonlySet<string>): void;
}
