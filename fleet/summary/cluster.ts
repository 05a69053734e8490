import { z } from "zod";

const node = z.object({
  name: z.string(),
  role: z.string(),
  host: z.string().optional(),
  vmId: z.number().optional(),
  addresses: z.array(z.string()).default([]),
});

/** What a cluster stack exports, as far as a summary shows it. */
const clusterOutputs = z.object({
  purpose: z.string().default(""),
  owner: z.string().default(""),
  contacts: z.array(z.string()).default([]),
  endpoint: z.string(),
  release: z.object({ name: z.string(), talos: z.string(), kubernetes: z.string() }),
  nodes: z.array(node),
  addons: z.array(z.object({ name: z.string(), version: z.string(), delivery: z.string() })).default([]),
  downstream: z.object({ clusters: z.array(z.string()) }).default({ clusters: [] }),
});

/** What a person wants to know of a cluster. */
export interface ClusterSummary extends Omit<z.output<typeof clusterOutputs>, "nodes" | "downstream"> {
  kind: "cluster";
  /** Clusters that it has made, and how far their machines are: `3 of 3 machines ready`. */
  downstream: { name: string; state: string }[];
  nodes: (z.output<typeof node> & {
    /** `ready`, `not ready`, `ready, cordoned`, `not joined` or `unknown`. */
    state: string;
  })[];
  /** Where the files for kubectl and talosctl are. */
  kubeconfig: string;
  talosconfig: string;
}

const sharedOutputs = z.object({
  releases: z.record(z.string(), z.object({ talos: z.string(), kubernetes: z.string() })),
  images: z.record(z.string(), z.object({ fileIds: z.record(z.string(), z.string()) })).default({}),
  sdn: z.object({ zone: z.string(), mtu: z.number() }).optional(),
});

/** What a person wants to know of the stack `shared`. */
export interface SharedSummary extends z.output<typeof sharedOutputs> {
  kind: "shared";
}

/**
 * Reads what a cluster stack exports.
 * @param states tells each node's state by name; undefined when nobody could be asked
 * @param downstreamStates tells the same of the clusters that it has made
 * @returns undefined for a stack that was never brought up
 */
export function clusterSummary(
  outputs: Record<string, unknown>,
  states: Map<string, string> | undefined,
  files: { kubeconfig: string; talosconfig: string },
  downstreamStates?: Map<string, string>,
): ClusterSummary | undefined {
  const read = clusterOutputs.safeParse(outputs);
  if (!read.success) return undefined;
  const nodes = read.data.nodes.map((entry) => ({
    ...entry,
    state: states ? (states.get(entry.name) ?? "not joined") : "unknown",
  }));
  const downstream = read.data.downstream.clusters.map((name) => ({
    name,
    state: downstreamStates?.get(name) ?? "unknown",
  }));
  return { kind: "cluster", ...read.data, nodes, downstream, ...files };
}

/** Names of the clusters that a cluster stack has made, by what it exports. */
export function downstreamOf(outputs: Record<string, unknown>): string[] {
  const read = clusterOutputs.safeParse(outputs);
  return read.success ? read.data.downstream.clusters : [];
}

/** Reads what the stack `shared` exports; undefined when it was never brought up. */
export function sharedSummary(outputs: Record<string, unknown>): SharedSummary | undefined {
  const read = sharedOutputs.safeParse(outputs);
  return read.success ? { kind: "shared", ...read.data } : undefined;
}
