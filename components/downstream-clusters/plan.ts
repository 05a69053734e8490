/** What Cluster API is told about a downstream cluster. Pure functions of plain values. */
import type { DownstreamClusterConfig, DownstreamConfig, Release } from "../../config/index.ts";
import type { AddressPlan, ExpectedSecret, KubernetesObject, MachineRequirement } from "../facts.ts";
import { type AutoscalerPlan, autoscaler } from "./autoscaler.ts";
import { clusterObject, healthCheck, machineDeployment } from "./cluster-api.ts";
import { harvesterInfrastructure } from "./harvester.ts";
import type { ReplaceRequest } from "./lifecycle/request.ts";
import { proxmoxInfrastructure } from "./proxmox.ts";
import { registration } from "./registration.ts";
import { controlPlane, workerConfig } from "./talos.ts";

/** A downstream cluster and what has been decided about it elsewhere. */
export interface DownstreamCluster {
  name: string;
  config: DownstreamClusterConfig;
  release: Release;
  /** Name of the release in `orrery:shared`. */
  releaseName: string;
  /** Reference of the installer that carries the release's extensions. */
  installer: string;
  /** Tags of the VM template on Proxmox that boots the release. */
  templateTags: string[];
  addresses: AddressPlan & { nodeRange: { first: string; last: string } };
  /** Id of the management cluster: VM ids follow from it. */
  managementId: number;
  /** Proxmox hosts that its VMs may be on. */
  hosts: string[];
  /** Storage of its disks on Proxmox. */
  storage: string;
  dnsServers: string[];
  ntpServers: string[];
  /** Labels and annotations by which its add-ons find it and know it. */
  selection: { labels: Record<string, string>; annotations: Record<string, string> };
  /** Annotations by which Argo CD knows it; absent where it is not to know the cluster. */
  registered?: Record<string, string>;
  /** What its add-ons ask of the machine configuration. */
  requirements: readonly MachineRequirement[];
  /** What all downstream clusters have in common. */
  downstream: Pick<DownstreamConfig, "network" | "proxmox" | "harvester">;
}

/** What a provider of infrastructure contributes. */
export interface Infrastructure {
  cluster: KubernetesObject;
  controlPlaneTemplate: KubernetesObject;
  workerTemplate: KubernetesObject;
  secret: ExpectedSecret;
  /** Disk that Talos is installed on. */
  installDisk: string;
}

/** A downstream cluster, fully decided: plain values only, and no secret among them. */
export interface DownstreamPlan {
  name: string;
  /** Namespace on the management cluster that holds everything of the cluster. */
  namespace: string;
  secrets: ExpectedSecret[];
  /** The `Cluster`; everything else goes with it. */
  cluster: KubernetesObject;
  /**
   * The others, in steps: what is referred to comes first, and workers after control planes, because a kubelet may not be
   * newer than its API server.
   */
  steps: KubernetesObject[][];
  /** What makes it known to the engine that brings its platform; empty where Cluster API's objects are enough. */
  registration: KubernetesObject[];
  /** Machines that are to be replaced; absent without any. */
  replace?: ReplaceRequest;
  /** Absent where the stack file says how many workers there are. */
  autoscaler?: AutoscalerPlan;
  /** What is written in place of the `Cluster` and the others, so that Crossplane makes them. */
  tenant?: KubernetesObject;
}

/** The objects of a cluster, or the one that stands for them, and what brings its platform. */
export function clusterObjects({ cluster, steps, tenant, registration }: DownstreamPlan): KubernetesObject[] {
  return [...(tenant ? [tenant] : [cluster, ...steps.flat()]), ...registration];
}

/** What a repository holds of all clusters. */
export function repositoryObjects(parts: {
  clusters: readonly DownstreamPlan[];
  platform: readonly KubernetesObject[];
  interfaces: readonly KubernetesObject[];
}): KubernetesObject[] {
  return [...parts.platform, ...parts.interfaces, ...parts.clusters.flatMap(clusterObjects)];
}

/** Decides the objects of one downstream cluster. */
export function planDownstreamCluster(args: DownstreamCluster): DownstreamPlan {
  const infrastructure =
    args.config.infrastructure === "harvester" ? harvesterInfrastructure(args) : proxmoxInfrastructure(args);
  const planes = controlPlane(args, infrastructure);
  const bootstrap = workerConfig(args, infrastructure);
  const deployment = machineDeployment(args, bootstrap, infrastructure.workerTemplate);
  const scaler = autoscaler(args);
  const cluster = clusterObject(args, infrastructure.cluster, planes);
  const { registered } = args;
  return {
    name: args.name,
    namespace: args.name,
    ...(scaler ? { autoscaler: scaler } : {}),
    ...replacement(args),
    secrets: [infrastructure.secret],
    cluster,
    registration: registered ? registration(args.name, cluster.metadata.labels ?? {}, registered) : [],
    steps: [
      [infrastructure.cluster, infrastructure.controlPlaneTemplate, infrastructure.workerTemplate, bootstrap],
      [planes],
      [deployment],
      [healthCheck(args, deployment)],
    ],
  };
}

/** Time for pods to move elsewhere and for a VM to go, besides that for a new machine to start. */
const goingSeconds = 600;

function replacement({ name, config }: DownstreamCluster): { replace?: ReplaceRequest } {
  const { replace, startTimeoutSeconds } = config;
  if (replace.length === 0) return {};
  return { replace: { cluster: name, machines: replace, timeoutSeconds: startTimeoutSeconds + goingSeconds } };
}
