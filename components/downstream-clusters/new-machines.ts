/**
 * Tells before a change what Cluster API makes of it: machines are never changed, but replaced. Pulumi speaks of objects
 * only, and a change of a specification looks like any other there.
 */
import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import type { KubernetesObject } from "../facts.ts";
import { hookLog } from "../hooks.ts";

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

/**
 * The hook on objects that say what machines are like.
 * @param tenants `TenantCluster`s of the stack file, of which the composition makes machines
 */
export function newMachinesHook(name: string, tenants: readonly KubernetesObject[]): pulumi.ResourceHook {
  const warn = hookLog("warn");
  const told = new Set<string>();
  return new pulumi.ResourceHook(
    `${name}-new-machines`,
    async ({ oldInputs, newInputs }) => {
      const [before, after] = [oldInputs as Inputs, newInputs as Inputs];
      const sentences = [newMachines(before, after) ?? [], newMachinesOfTenants(before, after, tenants)].flat();
      // A TenantCluster and the composition may change together.
      for (const sentence of sentences.filter((each) => !told.has(each))) {
        told.add(sentence);
        warn(sentence);
      }
    },
    { onDryRun: true },
  );
}

/** What a change of an object means for the machines that are there, as a sentence; undefined when they stay. */
export function newMachines(before: Inputs, after: Inputs): string | undefined {
  // Everything of a cluster is in a namespace of its name.
  return sentence(before.metadata?.namespace, replacedBy(before, after));
}

function sentence(cluster: string | undefined, { controlPlanes, workers }: Machines): string | undefined {
  const parts = [...counted(controlPlanes, "control plane"), ...counted(workers, "worker")];
  if (parts.length === 0) return undefined;
  return `the cluster ${cluster} gets new machines, one after the other: ${parts.join(", ")}`;
}

/** What a change of the composition means for the machines of those that it makes, as sentences. */
export function newMachinesOfTenants(before: Inputs, after: Inputs, tenants: readonly KubernetesObject[]): string[] {
  if (before.kind !== "Composition") return [];
  const [old, next] = [templateOf(before), templateOf(after)];
  return tenants.flatMap(({ metadata, spec }) => {
    const { infrastructure, release, id } = spec as { infrastructure: string; release: string; id: number };
    const section = (name: string) => old.sections.get(`${infrastructure} ${name}`);
    const differs = (name: string) =>
      section(name) !== undefined && section(name) !== next.sections.get(`${infrastructure} ${name}`);
    const [was, is] = [old.releases[release], next.releases[release]];
    const moved = (key: string) => at(old.blocks, [`${id}`, key]) !== at(next.blocks, [`${id}`, key]);
    // What asks for a release that was not there has no machines yet.
    const all = (was !== undefined && !isDeepStrictEqual(was, is)) || moved("start") || moved("end");
    const planes = all || moved("vip") || differs("controlPlane") || differs("taloscontrolplane");
    const workers = all || ["worker", "bootstrap", "machinedeployment"].some(differs);
    const machines = machinesOf(spec as Record<string, unknown>);
    return (
      sentence(metadata.name, {
        ...(planes ? { controlPlanes: machines.controlPlanes } : {}),
        ...(workers ? { workers: machines.workers } : {}),
      }) ?? []
    );
  });
}

/** What stands in the template of a composition: by release, by id, and by the name of a definition. */
function templateOf({ spec }: Inputs) {
  const [step] = (spec?.pipeline ?? []) as { input?: { inline?: { template?: string } } }[];
  const text = step?.input?.inline?.template ?? "";
  const known = (name: string): Record<string, unknown> =>
    JSON.parse(new RegExp(`\\$${name} := fromJson \`([^\`]*)\``).exec(text)?.[1] ?? "{}");
  const [, ...parts] = text.split(/\{\{- define "([^"]+)" -\}\}/);
  const sections = new Map<string, string>();
  for (let index = 0; index < parts.length; index += 2) sections.set(parts[index] ?? "", parts[index + 1] ?? "");
  return { releases: known("releases"), blocks: known("blocks"), sections };
}

function machinesOf(tenant: Record<string, unknown> | undefined): Required<Machines> {
  const { count, min, max } = at(tenant, ["workers"]) as { count?: number; min?: number; max?: number };
  return { controlPlanes: at(tenant, ["controlPlanes"]) as number, workers: count ?? between(min, max) };
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
  const { controlPlanes, workers } = machinesOf(before.spec);
  // Without workers pods are on control planes.
  const moved = (workers === 0) !== (at(after.spec, ["workers", "count"]) === 0);
  return {
    ...(all || moved || differ("patches", "controlPlanes") ? { controlPlanes } : {}),
    ...(all || differ("patches", "workers") ? { workers } : {}),
  };
}

function between(min: string | number | undefined, max: string | number | undefined): string | number {
  return `${min}` === `${max}` ? Number(min) : `${min} to ${max}`;
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((below, key) => (below as Record<string, unknown> | undefined)?.[key], value);
}
