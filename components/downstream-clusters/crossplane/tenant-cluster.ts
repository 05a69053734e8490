/** A downstream cluster as a resource of the platform's own: what the stack file says, and the composition makes of it. */
import { createHash } from "node:crypto";
import type { KubernetesObject } from "../../facts.ts";
import { sorted } from "../names.ts";
import type { DownstreamCluster } from "../plan.ts";
import { ownPatches } from "../talos.ts";
import { definition, platformApiVersion } from "./definition.ts";

/**
 * The `TenantCluster` that asks for what a stack file says about a cluster. `keep` is not said: it belongs to whoever moves a
 * cluster.
 */
export function tenantCluster(cluster: DownstreamCluster): KubernetesObject {
  const { name, config, releaseName, selection } = cluster;
  const { workers, infrastructure, controlPlanes, cores, memoryMiB, diskGiB, labels, id } = config;
  return {
    apiVersion: platformApiVersion,
    kind: "TenantCluster",
    metadata: { name, namespace: name },
    spec: {
      id,
      infrastructure,
      release: releaseName,
      controlPlanes,
      workers: typeof workers === "number" ? { count: workers } : workers,
      cores,
      memoryMiB,
      diskGiB,
      unhealthyAfterSeconds: config.unhealthyAfterSeconds,
      startTimeoutSeconds: config.startTimeoutSeconds,
      labels: { ...selection.labels, ...labels },
      patches: { controlPlanes: ownPatches(cluster, "controlplane"), workers: ownPatches(cluster, "worker") },
    },
  };
}

/** What a `TenantCluster` says in `status.settled` when machines and everything else are as its specification wishes. */
export function settledMark({ spec }: KubernetesObject): string {
  const { keep: _, ...wish } = spec as Record<string, unknown>;
  return createHash("sha256")
    .update(JSON.stringify(sorted(wish)))
    .digest("hex")
    .slice(0, 8);
}

/** The definition of `TenantCluster`. Its limits are those of the stack file. */
export function tenantClusterDefinition(releases: readonly string[], usual: string): KubernetesObject {
  const whole = (description: string, minimum: number, standard?: number, maximum?: number) => ({
    type: "integer",
    description,
    minimum,
    ...(maximum === undefined ? {} : { maximum }),
    ...(standard === undefined ? {} : { default: standard }),
  });
  const texts = { type: "array", items: { type: "string" }, default: [] };
  const spec = {
    type: "object",
    required: ["id"],
    properties: {
      id: whole("Number of the cluster: its addresses follow from it.", 1, undefined, 14),
      infrastructure: { type: "string", enum: ["proxmox", "harvester"], default: "proxmox" },
      release: { type: "string", enum: [...releases], default: usual },
      controlPlanes: { type: "integer", enum: [1, 3, 5], default: 1 },
      workers: {
        type: "object",
        description: "A count, or the bounds that an autoscaler keeps to.",
        default: { count: 2 },
        properties: {
          count: whole("Number of workers.", 0),
          min: whole("Smallest number of workers.", 1),
          max: whole("Largest number of workers.", 1),
        },
        "x-kubernetes-validations": [
          { rule: "has(self.count) != (has(self.min) && has(self.max))", message: "say count, or min and max" },
        ],
      },
      cores: whole("CPU cores of a node.", 1, 4),
      memoryMiB: { ...whole("Memory of a node, in MiB.", 1024, 8192), multipleOf: 8 },
      diskGiB: whole("System disk of a node, in GiB.", 10, 40),
      unhealthyAfterSeconds: whole("How long a worker may be not ready.", 30, 600),
      startTimeoutSeconds: whole("How long a machine may take to become a node.", 60, 1200),
      labels: {
        type: "object",
        description: "Labels that choose add-ons.",
        additionalProperties: { type: "string" },
        default: {},
      },
      patches: {
        type: "object",
        description: "Patches for the machine configurations, in YAML, by the role of the node.",
        default: {},
        properties: { controlPlanes: texts, workers: texts },
      },
      keep: {
        type: "boolean",
        description:
          "Crossplane only looks: changes are not brought about, and a deletion leaves the cluster as it is.",
        default: false,
      },
    },
  };
  return definition("TenantCluster", spec, {
    type: "object",
    properties: {
      settled: { type: "string", description: "Digest of the specification that everything is ready for." },
    },
  });
}
