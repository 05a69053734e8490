import type { KubernetesObject } from "../talos/interface.ts";
import type { ClusterApiState } from "./cluster-api/state.ts";
import type { CrossplaneState } from "./crossplane/state.ts";

/** What the lab keeps of a pod-making object: whether its pods can run, and since when. */
export interface WorkloadState {
  hostNetwork: boolean;
  /** Pod security level that its pods need. */
  needsLevel: string;
  /** Secrets that its pods mount; without them they do not start. */
  needsSecrets: string[];
  /** When its pods are ready; absent while something keeps them from starting. */
  readyAtMs?: number;
}

/** What names an object. */
export interface ObjectReference {
  apiVersion: string;
  kind: string;
  name: string;
  namespace?: string;
}

/** How far a delivery engine is with one of its objects. */
export interface DeliveryState {
  /** The specification that it works on; another one starts over. */
  spec: string;
  phase: "fetching" | "waiting" | "ready" | "failed";
  sinceMs: number;
  /** Why it does not go on. */
  problem?: { reason: string; message: string };
  /** Pod-making objects that it has put in place. */
  workloads: string[];
  /** The Helm release; absent for an object that asks for other objects only. */
  release?: { name: string; namespace: string };
  /** Other objects that it has put in place. */
  objects?: ObjectReference[];
  /** Where it tells of it, besides the object itself. */
  report?: ObjectReference;
  /** What becomes of what it delivered when its object is deleted. */
  onDelete: "keep" | "remove";
}

/** How far an engine is with what a Git repository holds for it. */
export interface GitState {
  /** The specification of its object; another one starts over. */
  spec: string;
  /** When it last asked the repository; absent before the first time. */
  lookedAtMs?: number;
  /** The commit that it knows of; absent while it knows none. */
  commit?: string;
  /** The commit whose objects are in the cluster. */
  applied?: string;
  /** What it has put in place. */
  objects: ObjectReference[];
  /** Why it does not go on. */
  problem?: { reason: string; message: string };
  /** When it tries again what failed; absent when it does not. */
  retryAtMs?: number;
  /** Attempts at the same commit that failed. */
  failures?: number;
  /** Whether it is in the middle of putting objects in place. */
  syncing?: boolean;
  /** Count of writes to the cluster at which it last compared. */
  seen?: number;
  /** What becomes of what it has put in place when its object is deleted. */
  onDelete: "keep" | "remove";
}

/** What one cluster's API holds. */
export interface ClusterState {
  /** By `<Kind>.<group>/<namespace>/<name>`; secret data is kept as digests only. */
  objects: Record<string, KubernetesObject>;
  /** By the key of the object. */
  workloads: Record<string, WorkloadState>;
  /** Custom resource definitions as `<group>/<version>/<Kind>`: true for kinds that live in namespaces. */
  definitions: Record<string, boolean>;
  /** Definitions that come when a workload runs, by that workload's key. */
  pendingDefinitions: Record<string, Record<string, boolean>>;
  /** What delivery engines are at, by the key of their object; absent before the first. */
  deliveries?: Record<string, DeliveryState>;
  /** What engines are at that read Git, by the key of their object; absent before the first. */
  git?: Record<string, GitState>;
  /** What Cluster API is at; absent where it does not run. */
  clusterApi?: ClusterApiState;
  /** What Crossplane is at; absent where it does not run. */
  crossplane?: CrossplaneState;
  /** Fields that managers have whose names begin with `kubectl`, by the key of the object; Flux takes them back. */
  byKubectl?: Record<string, Record<string, unknown>>;
  /** Nodes that somebody cordoned. */
  unschedulable: string[];
  /** When nodes were deleted, by name; they come back when their kubelet starts again. */
  deletedNodes: Record<string, number>;
  /** Counts up with every write. */
  revision: number;
}

/** The Kubernetes part of the world. */
export interface KubernetesState {
  clusters: Record<string, ClusterState>;
}

declare module "../world/world.ts" {
  interface WorldParts {
    kubernetes: KubernetesState;
  }
}

/** Namespaces that every cluster has from the start. */
const bornWith = ["default", "kube-node-lease", "kube-public", "kube-system"];

/** A cluster whose API has just come up. */
export function newCluster(): ClusterState {
  const objects: Record<string, KubernetesObject> = {};
  for (const name of bornWith) {
    objects[`Namespace.//${name}`] = {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, uid: `born-${name}`, resourceVersion: "1", labels: { "kubernetes.io/metadata.name": name } },
      status: { phase: "Active" },
    };
  }
  return {
    objects,
    workloads: {},
    definitions: {},
    pendingDefinitions: {},
    unschedulable: [],
    deletedNodes: {},
    revision: 1,
  };
}
