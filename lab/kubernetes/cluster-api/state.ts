/** How far a machine of Cluster API is. */
export interface MachineState {
  /** Object key of the control plane or the deployment that it belongs to. */
  owner: string;
  cluster: string;
  /** Changes with everything that makes a machine another machine. */
  revision: string;
  createdMs: number;
  /** The VM on the hypervisor; absent before there is one. */
  vm?: { hypervisor: string; id: string; sinceMs: number };
  problem?: string;
  /** Since when its node is there and not ready. */
  unreadySinceMs?: number;
  /** Since when it is being deleted. */
  deletingSinceMs?: number;
}

/** What an autoscaler remembers of a deployment. */
export interface ScalingState {
  /** When it added machines last. */
  grownMs?: number;
  /** Since when it has more machines than its pods need. */
  idleSinceMs?: number;
}

/** What Cluster API's controllers are at in one management cluster. */
export interface ClusterApiState {
  /** When the operator took a provider up, by the key of its object. */
  providers: Record<string, number>;
  /** By name of the machine. */
  machines: Record<string, MachineState>;
  /** What autoscalers have seen and done, by the key of the deployment. */
  scaling: Record<string, ScalingState>;
  /** Counts machines, for names. */
  made: number;
}

/** The state of a management cluster in which nothing has happened yet. */
export function emptyClusterApi(): ClusterApiState {
  return { providers: {}, machines: {}, scaling: {}, made: 0 };
}
