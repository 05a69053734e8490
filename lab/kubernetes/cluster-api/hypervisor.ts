/** What Cluster API's infrastructure providers ask a hypervisor for. */
export interface MachineRequest {
  name: string;
  /** The machine template's specification of a machine, in the provider's own words. */
  spec: Record<string, unknown>;
  /** The infrastructure cluster's specification. */
  cluster: Record<string, unknown>;
}

/** A hypervisor on which Cluster API makes machines. */
export interface Hypervisor {
  /** Kinds of its infrastructure clusters and its machine templates. */
  clusterKind: string;
  templateKind: string;
  /** Makes a VM and switches it on; says why not when that cannot be. */
  create(request: MachineRequest): { id: string } | { problem: string };
  /** What a machine of this specification has. */
  size(spec: Record<string, unknown>): { cores: number; memoryMiB: number };
  runs(id: string): boolean;
  /** Switches a VM off and deletes it; nothing when there is none. Answers why it cannot. */
  remove(id: string): string | undefined;
}
