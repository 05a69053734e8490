import type { MachineHardware } from "./interface.ts";

/** What a machine is doing. */
export type MachinePhase = "off" | "booting" | "maintenance" | "installing" | "rebooting" | "running";

/** Plain facts of a machine configuration; nothing secret, so that they may stand in the world's file. */
export interface ConfigurationFacts {
  /** SHA-256 of the configuration's text: names its file. */
  hash: string;
  role: "controlplane" | "worker";
  nodeName: string;
  clusterId: string;
  clusterName: string;
  /** `https://[fd00:102::10]:6443` */
  endpoint: string;
  /** Without prefix length; empty when the configuration gives none. */
  addresses: string[];
  /** Ranges that etcd advertises addresses from; empty for all. */
  etcdSubnets: string[];
  /** Key of the CA of the Talos API among the authorities. */
  osCa: string;
  /** Key of the CA of Kubernetes among the authorities. */
  kubernetesCa: string;
  installDisk?: string;
  installSelector: boolean;
  installImage?: string;
  kubeletVersion: string;
  labels: Record<string, string>;
  taints: Record<string, string>;
  /** True when Talos brings no CNI of its own. */
  externalCni: boolean;
  /** Names of extension services that are configured. */
  extensionServices: string[];
}

/** What stands on a machine's system disk. */
export interface Installation {
  talosVersion: string;
  /** Installer that wrote it. */
  image: string;
  platform: "nocloud" | "metal";
}

/** One machine, switched on or not. */
export interface Machine {
  hardware: MachineHardware;
  phase: MachinePhase;
  installed?: Installation;
  /** Configuration on disk: the one the next boot takes. */
  persisted?: ConfigurationFacts;
  /** Configuration the machine runs with. */
  active?: ConfigurationFacts;
  /** The etcd member whose data are on the disk. */
  etcd?: { etcdId: string; memberId: string };
  /** Counts boots. */
  boots: number;
  /** Since when it has been in its phase. */
  phaseSinceMs: number;
  /** True once the node was ready in this boot; from then on Talos does not reboot it for being unready. */
  bootFinished: boolean;
  /** When Talos gives up waiting for the node to become ready. */
  bootDeadlineMs?: number;
  ready: boolean;
}

/** A member of an etcd cluster. */
export interface EtcdMember {
  /** 16 hexadecimal digits. */
  id: string;
  name: string;
  address: string;
  /** The machine that holds its data. */
  machine: string;
}

/** One etcd cluster; a Talos cluster that was bootstrapped twice has two of them. */
export interface EtcdCluster {
  id: string;
  /** `cluster.id` of the machine configurations. */
  clusterId: string;
  clusterName: string;
  members: EtcdMember[];
  leader?: string;
  term: number;
  /** What was last written to the diary: running members and members. */
  recorded: string;
}

/** The Talos part of the world. */
export interface TalosPart {
  machines: Record<string, Machine>;
  etcd: Record<string, EtcdCluster>;
  /** Numbers given out, for ids that are the same in every run. */
  counter: number;
  /** Certificates of authorities, PEM and base64 encoded, once for all machines that have them. */
  authorities: Record<string, string>;
  /** Schematics that were registered with the Image Factory, by id. */
  schematics: Record<string, string>;
}

declare module "../world/world.ts" {
  interface WorldParts {
    talos: TalosPart;
  }
}

/** The Talos part of a new world. */
export function emptyTalosPart(): TalosPart {
  return { machines: {}, etcd: {}, counter: 0, authorities: {}, schematics: {} };
}
