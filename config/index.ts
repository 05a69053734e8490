export type { BgpConfig, ClusterConfig, NetworkConfig } from "./cluster.ts";
export { clusterSchema } from "./cluster.ts";
export type { ControlPlanes, MetalNode, NodeOverride, NodeSettings, WorkerPool } from "./node.ts";
export type { HostConfig, Release, SharedConfig } from "./shared.ts";
export { sharedSchema } from "./shared.ts";
