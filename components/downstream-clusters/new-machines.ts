/**
 * Tells before a change what Cluster API makes of it: machines are never changed, but replaced. Pulumi speaks of objects
 * only, and a change of a specification looks like any other there.
 */
import { AsyncResource } from "node:async_hooks";
import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";

interface Machines {
  controlPlanes?: number;
  /** A number, or the bounds of an autoscaler. */
  workers?: string | number;
}

interface Inputs {
  kind?: string;
  metadata?: { name: string; namespace?: string; annotations?: Record<string, string> };
  spec?: Record<string, unknown>;
}

/** The hook on objects that say what machines are like. */
export function newMachinesHook(name: string): pulumi.ResourceHook {
  // Hooks run outside of the program, where the engine does not hear what is logged.
  const warn = AsyncResource.bind((message: string) => void pulumi.log.warn(message));
  return new pulumi.ResourceHook(
    `${name}-new-machines`,
    async ({ oldInputs, newInputs }) => {
      const told = newMachines(oldInputs as Inputs, newInputs as Inputs);
      if (told) warn(told);
    },
    { onDryRun: true },
  );
}

/** What a change of an object means for the machines that are there, as a sentence; undefined when they stay. */
export function newMachines(before: Inputs, after: Inputs): string | undefined {
  const replaced = replacedBy(before, after);
  const parts = [...counted(replaced.controlPlanes, "control plane"), ...counted(replaced.workers, "worker")];
  // Everything of a cluster is in a namespace of its name.
  const cluster = before.metadata?.namespace;
  return parts.length === 0
    ? undefined
    : `the cluster ${cluster} gets new machines, one after the other: ${parts.join(", ")}`;
}

function counted(count: string | number | undefined, what: string): string[] {
  if (count === undefined || count === 0) return [];
  return [`${count} ${what}${count === 1 ? "" : "s"}`];
}

function replacedBy(before: Inputs, after: Inputs): Machines {
  const differ = (...path: string[]) => !isDeepStrictEqual(at(before.spec, path), at(after.spec, path));
  const any = (...keys: string[]) => keys.some((key) => differ(key));
  if (before.kind === "TalosControlPlane") {
    if (!any("version", "infrastructureTemplate", "controlPlaneConfig")) return {};
    return { controlPlanes: at(before.spec, ["replicas"]) as number };
  }
  if (before.kind === "MachineDeployment") {
    const template = ["version", "bootstrap", "infrastructureRef"];
    if (!template.some((key) => differ("template", "spec", key))) return {};
    const { annotations = {} } = before.metadata ?? {};
    const bound = (name: string) => annotations[`cluster.x-k8s.io/cluster-api-autoscaler-node-group-${name}-size`];
    return { workers: (at(before.spec, ["replicas"]) as number | undefined) ?? between(bound("min"), bound("max")) };
  }
  if (before.kind !== "TenantCluster") return {};
  const all = any("id", "infrastructure", "release", "cores", "memoryMiB", "diskGiB");
  const { count, min, max } = at(before.spec, ["workers"]) as { count?: number; min?: number; max?: number };
  // Without workers pods are on control planes.
  const moved = (count === 0) !== (at(after.spec, ["workers", "count"]) === 0);
  return {
    ...(all || moved || differ("patches", "controlPlanes")
      ? { controlPlanes: at(before.spec, ["controlPlanes"]) as number }
      : {}),
    ...(all || differ("patches", "workers") ? { workers: count ?? between(min, max) } : {}),
  };
}

function between(min: string | number | undefined, max: string | number | undefined): string | number {
  return `${min}` === `${max}` ? Number(min) : `${min} to ${max}`;
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((below, key) => (below as Record<string, unknown> | undefined)?.[key], value);
}
