/** Shapes of the patches that this program writes: the part of Talos' machine configuration that it uses, no more. */
import type { ClusterConfig, SharedConfig } from "../../../config/index.ts";
import type { ClusterFacts, MachineRequirement, NodePlan } from "../../facts.ts";

/** A patch of the machine configuration proper; merged into what Talos generates. */
export interface MachinePatch {
  machine?: {
    certSANs?: string[];
    features?: { kubePrism?: { enabled: boolean; port: number }; hostDNS?: HostDns };
    files?: { path: string; op: "create" | "append" | "overwrite"; permissions: number; content: string }[];
    install?: { image?: string; disk?: string; diskSelector?: Record<string, string>; wipe?: boolean };
    kubelet?: {
      extraConfig?: Record<string, unknown>;
      nodeIP?: { validSubnets: string[] };
    };
    network?: {
      hostname?: string;
      interfaces?: NetworkInterface[];
      nameservers?: string[];
      searchDomains?: string[];
      disableSearchDomain?: boolean;
    };
    nodeAnnotations?: Record<string, string>;
    nodeLabels?: Record<string, string | { $patch: "delete" }>;
    nodeTaints?: Record<string, string>;
    registries?: { mirrors: Record<string, { endpoints: string[] }> };
    sysctls?: Record<string, string>;
    time?: { servers: string[] };
  };
  cluster?: {
    allowSchedulingOnControlPlanes?: boolean;
    apiServer?: {
      certSANs?: string[];
      extraArgs?: Record<string, string>;
      auditPolicy?: Record<string, unknown>;
    };
    controllerManager?: { extraArgs: Record<string, string> };
    scheduler?: { extraArgs: Record<string, string> };
    etcd?: { advertisedSubnets?: string[]; extraArgs?: Record<string, string> };
    network?: {
      cni?: { name: "none" };
      podSubnets?: string[];
      serviceSubnets?: string[];
    };
    proxy?: { disabled: boolean };
  };
}

/** An interface by name or selector, with static addresses. */
export interface NetworkInterface {
  interface?: string;
  deviceSelector?: { hardwareAddr?: string; physical?: boolean };
  addresses: string[];
  routes?: { network: string; gateway: string }[];
  mtu?: number;
  dhcp?: boolean;
  vip?: { ip: string };
}

interface HostDns {
  enabled: boolean;
  forwardKubeDNSToHost: boolean;
}

/** A document that stands beside the machine configuration. */
export type ConfigDocument = { apiVersion: "v1alpha1"; kind: string } & Record<string, unknown>;

/** What is merged into a generated configuration. Free patches from the stack file have any shape. */
export type Patch = MachinePatch | ConfigDocument | Record<string, unknown>;

/** What patches are made from. */
export interface PatchContext {
  facts: ClusterFacts;
  config: ClusterConfig;
  shared: SharedConfig;
  /** What add-ons ask of the machines. */
  requirements: readonly MachineRequirement[];
}

/** A node and the installer that carries its extensions. */
export interface PatchNode {
  node: NodePlan;
  installer: string;
}
