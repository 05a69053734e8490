export type { BgpConfig, ClusterConfig, NetworkConfig } from "./cluster.ts";
export { clusterSchema } from "./cluster.ts";
export { kubernetesRange, minorOf, supportedTalos } from "./compatibility.ts";
export type { DownstreamClusterConfig, DownstreamConfig } from "./downstream.ts";
export type { CheckedStackFiles, StackFiles } from "./load.ts";
export {
  checkStackFiles,
  clusterKey,
  parseCluster,
  parseShared,
  readStackFiles,
  sharedKey,
  stackFileName,
} from "./load.ts";
export type { MetalNode, NodeOverride, NodeSettings } from "./node.ts";
export type { Problem } from "./problems.ts";
export { ConfigError, locate, pathOf } from "./problems.ts";
export type { Release, RouterConfig, SharedConfig } from "./shared.ts";
export { sharedSchema } from "./shared.ts";
export { unknownName } from "./shared-rules.ts";
export { either, suggestion } from "./suggest.ts";
