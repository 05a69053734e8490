/**
 * A cluster may be written in one way after another: as objects of Cluster API, as a `TenantCluster`, by Pulumi or by what
 * reads a repository. Its machines stay when it moves: the new way takes over what is there, and the old one lets go.
 * Pulumi itself never deletes a cluster's object (`retainOnDelete`); these hooks know whether a cluster moves or goes.
 */
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import type { KubernetesObject } from "../facts.ts";
import { hookLog } from "../hooks.ts";
import { type KubernetesName, patchObject, withKubectl } from "../kubectl.ts";
import { platformGroup } from "./crossplane/definition.ts";
import { fieldManagers, giveUpFields } from "./fields.ts";
import type { DownstreamPlan } from "./plan.ts";

/** Waits until an object is gone that nothing holds up. */
const gone = ["--ignore-not-found", "--cascade=foreground", "--timeout=50s"];

/** How long Crossplane may take to let go of a cluster, in seconds. */
const releaseSeconds = 300;

/** Time between two looks; the environment variable ORRERY_POLL_INTERVAL_MS changes it, for worlds with another clock. */
const lookSeconds = 5;

/** Who writes what, from now on. */
export interface Ways {
  clusters: readonly DownstreamPlan[];
  interfaces: readonly KubernetesObject[];
  delivery: "direct" | "git";
}

/** The hooks on a cluster's object. */
export interface ClusterHooks {
  /** On the `Cluster`. */
  cluster: pulumi.ResourceHookBinding;
  /** On the `TenantCluster`. */
  tenant: pulumi.ResourceHookBinding;
  /** On the definition of a kind. */
  definition: pulumi.ResourceHookBinding;
}

/** What the hooks work with. */
export interface ClusterHookTools {
  /** Runs before anything is deleted. */
  first: pulumi.ResourceHook;
  kubeconfig: () => Promise<string>;
  /** Hears, at preview too, of a cluster that goes with its machines; answers there why `up` will refuse that, if it will. */
  goes: (cluster: string, isTenant: boolean) => Promise<string | undefined>;
  /** Deletes a cluster, or what it is made of, and waits until its machines are gone. */
  takeMachines: (cluster: string, urn: string, type?: string) => Promise<void>;
}

/** Makes the hooks; the cluster is known by its object's name. */
export function clusterHooks(
  name: string,
  ways: Ways,
  { first, kubeconfig, goes, takeMachines }: ClusterHookTools,
): ClusterHooks {
  const hook = (what: string, work: (cluster: string, config: string, urn: string) => Promise<void>) =>
    new pulumi.ResourceHook(`${name}-${what}`, async ({ newInputs, oldInputs, urn }) => {
      const { metadata } = (newInputs ?? oldInputs) as { metadata: { name: string } };
      await work(metadata.name, await kubeconfig(), urn);
    });

  // Crossplane would go on bringing about what the TenantCluster says, against what is written from now on.
  const takeBack = hook("take-back", async (cluster, config) => {
    if (await keep(cluster, true, config)) await released(cluster, config);
  });
  const leaveObjects = hook("leave-objects", async (cluster, config, urn) => {
    const destiny = destinyOf(cluster, "cluster-api", ways);
    if (destiny === "goes") await takeMachines(cluster, urn);
    // An earlier move the other way may have stopped half way.
    else if (destiny === "tenant-cluster" && (await keep(cluster, false, config))) {
      await giveUpFields(cluster, { from: fieldManagers.pulumi, to: fieldManagers.crossplane }, config);
    }
  });
  const leaveTenant = hook("leave-tenant", async (cluster, config, urn) => {
    const destiny = destinyOf(cluster, "tenant-cluster", ways);
    if (destiny === "tenant-cluster") return;
    if (destiny === "goes") return takeMachines(cluster, urn, tenantType);
    if (!(await keep(cluster, true, config))) return;
    await released(cluster, config);
    await dropTenant(cluster, config);
    await giveUpFields(cluster, { from: fieldManagers.crossplane, to: fieldManagers.pulumi }, config);
  });
  const leaveDefinition = hook("leave-definition", async (definition, config) => {
    if (ways.interfaces.some(({ metadata }) => metadata.name === definition) && ways.delivery === "git") return;
    await removeDefinition(definition, config);
  });
  const warn = (way: Way) => warnOfMachines(`${name}-${way}-goes`, way, { ways, goes });

  return {
    cluster: { beforeCreate: [takeBack], beforeDelete: [first, warn("cluster-api"), leaveObjects] },
    tenant: { beforeDelete: [first, warn("tenant-cluster"), leaveTenant] },
    definition: { beforeDelete: [first, leaveDefinition] },
  };
}

type Way = "cluster-api" | "tenant-cluster";

/** How a cluster is written when Pulumi does not write it in one way any more: it goes when it is in no other. */
function destinyOf(name: string, before: Way, { clusters, delivery }: Ways): Way | "goes" {
  const plan = clusters.find((cluster) => cluster.name === name);
  if (!plan) return "goes";
  const way = plan.tenant ? "tenant-cluster" : "cluster-api";
  // What this program writes itself is deleted only when everything is.
  return way === before && delivery === "direct" ? "goes" : way;
}

/** Says at preview, where the engine speaks of objects that it retains, that machines go. */
function warnOfMachines(
  name: string,
  way: Way,
  { ways, goes }: { ways: Ways; goes: ClusterHookTools["goes"] },
): pulumi.ResourceHook {
  const warn = hookLog("warn");
  return new pulumi.ResourceHook(
    name,
    async ({ oldInputs }) => {
      const { metadata } = oldInputs as { metadata: { name: string } };
      if (destinyOf(metadata.name, way, ways) !== "goes") return;
      const problem = await goes(metadata.name, way === "tenant-cluster");
      warn(problem ?? `the cluster ${metadata.name} goes with all of its machines`);
    },
    { onDryRun: true },
  );
}

/** Tells Crossplane to bring about what a `TenantCluster` says, or only to look; false when there is none. */
function keep(cluster: string, wanted: boolean, kubeconfig: string): Promise<boolean> {
  return patchObject(kubeconfig, tenantNamed(cluster), { spec: { keep: wanted } });
}

interface Wrapper {
  metadata: { labels?: Record<string, string> };
  spec: { managementPolicies?: string[] };
}

/** Waits until Crossplane only looks at what it has made of a `TenantCluster`. @throws Error when it takes too long */
async function released(cluster: string, kubeconfig: string): Promise<void> {
  await withKubectl(kubeconfig, `TenantCluster ${cluster}`, async (kubectl) => {
    for (let left = releaseSeconds; left > 0; left -= lookSeconds) {
      const text = await kubectl("get", wrappers, "--namespace", cluster, "--output", "json");
      const { items } = JSON.parse(text) as { items: Wrapper[] };
      const mine = items.filter(({ metadata }) => metadata.labels?.["crossplane.io/composite"] === cluster);
      if (mine.every(({ spec }) => spec.managementPolicies?.join() === "Observe")) return;
      await sleep(Number(process.env.ORRERY_POLL_INTERVAL_MS) || lookSeconds * 1000);
    }
    throw new Error(`Crossplane has not let go of the cluster after ${releaseSeconds} seconds; nothing was deleted`);
  });
}

/** Deletes a `TenantCluster` whose cluster stays. */
async function dropTenant(cluster: string, kubeconfig: string): Promise<void> {
  await withKubectl(kubeconfig, `the TenantCluster ${cluster} was not deleted`, (kubectl) =>
    kubectl("delete", tenantType, cluster, "--namespace", cluster, ...gone),
  );
}

/** @throws Error while there are resources of the kind: Crossplane would delete them with their definition */
async function removeDefinition(definition: string, kubeconfig: string): Promise<void> {
  await withKubectl(kubeconfig, `the definition ${definition} was not deleted`, async (kubectl) => {
    const text = await kubectl("get", definition, "--all-namespaces", "--output", "json");
    const { items } = JSON.parse(text) as { items: { metadata: { name: string; namespace: string } }[] };
    if (items.length > 0) {
      const names = items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).sort();
      throw new Error(`${names.join(", ")} would go with it; delete them first, or say downstream.crossplane: true`);
    }
    await kubectl("delete", definitions, definition, ...gone);
  });
}

const definitions = "compositeresourcedefinitions.apiextensions.crossplane.io";

const wrappers = "objects.kubernetes.m.crossplane.io";

const tenantType = `tenantclusters.${platformGroup}`;

function tenantNamed(name: string): KubernetesName {
  return { type: tenantType, name, namespace: name };
}
