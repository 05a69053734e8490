/**
 * What happens before Pulumi deletes objects of downstream clusters, with which all of their machines go, takes them back from
 * Git, or changes those that say what machines are like.
 */
import * as pulumi from "@pulumi/pulumi";
import type { KubernetesObject } from "../facts.ts";
import { hookLog, knownSoFar, refusalHook, whenKnown } from "../hooks.ts";
import { withKubectl } from "../kubectl.ts";
import type { AddonPlan } from "../platform-addons/addon.ts";
import { enginesWithGit, gitReaders } from "../platform-addons/delivery/git-readers.ts";
import { removeProblem } from "../platform-addons/delivery/left-in-git.ts";
import { platformApiVersion } from "./crossplane/definition.ts";
import { type ClusterHooks, clusterHooks } from "./hand-over.ts";
import { refuseWhileThere, stillThere, takeDown } from "./lifecycle/take-down.ts";
import { clusterLabel } from "./names.ts";
import { newMachinesHook } from "./new-machines.ts";
import { type DownstreamPlan, repositoryObjects } from "./plan.ts";
import { takenBackHook } from "./taken-back.ts";

/** How long taking down the machines of a cluster may take. */
export const removalTimeoutSeconds = 1800;

/** The hooks of objects that Pulumi writes into the management cluster. */
export interface RemovalHooks extends ClusterHooks {
  /** Of every object. */
  object: pulumi.ResourceHookBinding;
  /** Of an object that says what machines are like. */
  machines: pulumi.ResourceHookBinding;
  /** Of the namespace of a cluster, and of the credentials in it. */
  namespace: pulumi.ResourceHookBinding;
}

interface Args {
  /** What is to be there; nothing when there are no downstream clusters any more. */
  downstream?: {
    clusters: DownstreamPlan[];
    platform: KubernetesObject[];
    interfaces: KubernetesObject[];
    delivery: "direct" | "git";
  };
  /** Add-ons of the management cluster: what may apply objects out of Git is among them. */
  addons: readonly AddonPlan[];
  kubeconfig: pulumi.Output<string>;
  /** Component that progress is told of. */
  component: pulumi.Resource;
}

/**
 * Makes the hooks; every object has the same ones and is known by its name. A stack needs them when its last downstream cluster has
 * left the stack file, too: Pulumi deletes nothing whose hooks it does not know.
 */
export function removalHooks(name: string, { downstream, addons, kubeconfig, component }: Args): RemovalHooks {
  const wanted = new Set(downstream?.delivery === "git" ? repositoryObjects(downstream).map(keyOf) : []);
  const known = () => whenKnown(kubeconfig);

  const keep = new pulumi.ResourceHook(`${name}-keep-wanted`, async ({ urn, oldInputs }) => {
    const object = oldInputs as ObjectInputs;
    if (!wanted.has(keyOf(object))) return;
    // Everything of a cluster depends on its Cluster, and is forgotten with it.
    const cluster = object.metadata.labels?.[clusterLabel];
    const head =
      cluster === undefined ? urn : urn.replace(/kubernetes:.*$/, `${clusterType}::${name}-cluster-${cluster}`);
    const what = `the ${object.kind} ${object.metadata.name} would go, and with a cluster all of its machines, before Git has brought it`;
    throw new Error(`${what}; let Pulumi forget it instead: pulumi state delete '${head}' --target-dependents`);
  });
  const tell = hookLog("info", component);
  /** Why a cluster cannot be deleted: an engine would make it anew. Its file stays when it is rendered without more ado. */
  const remade = async (cluster: string, config: string, isTenant: boolean): Promise<string | undefined> => {
    const identity = isTenant ? tenantIdentity : clusterIdentity;
    const object = { ...identity, metadata: { name: cluster, namespace: cluster } };
    return removeProblem(name, addons, object, await gitReaders(config, enginesWithGit(addons)), " --taken-back");
  };
  const takeMachines = async (cluster: string, urn: string, type?: string) => {
    const what = {
      name: cluster,
      timeoutSeconds: removalTimeoutSeconds,
      tell,
      ...(type === undefined ? {} : { type }),
    };
    try {
      const config = await known();
      const problem = await remade(cluster, config, type !== undefined);
      if (problem !== undefined) throw new Error(problem);
      await withKubectl(config, `cluster ${cluster} was not deleted`, (kubectl) => takeDown(kubectl, what));
    } catch (error) {
      const { message } = error as Error;
      throw new Error(
        /Unable to connect|connection refused/.test(message) ? `${message}${wayOut(cluster, urn)}` : message,
      );
    }
  };
  const preview = pulumi.runtime.isDryRun();
  const present = knownSoFar(kubeconfig);
  const going = new Set<string>();
  const refuseFull = refusalHook(`${name}-refuse-full`, async ({ oldInputs }) => {
    const { metadata } = oldInputs as ObjectInputs;
    const cluster = metadata.namespace ?? metadata.name;
    const config = preview ? present() : await known();
    // Pulumi takes that down before; and a management cluster that cannot be reached has nothing to say at preview.
    if (config === undefined || (preview && going.has(cluster))) return undefined;
    try {
      await withKubectl(config, `nothing in the namespace ${cluster} was deleted`, (kubectl) =>
        refuseWhileThere(kubectl, cluster),
      );
      return undefined;
    } catch (error) {
      const { message } = error as Error;
      if (preview && !message.includes(stillThere(cluster))) return undefined;
      return message;
    }
  });
  const beforeUpdate = [
    newMachinesHook(
      name,
      (downstream?.clusters ?? []).flatMap((cluster) => cluster.tenant ?? []),
    ),
  ];
  const hooks = clusterHooks(name, downstream ?? { clusters: [], interfaces: [], delivery: "direct" }, {
    first: keep,
    kubeconfig: known,
    goes: async (cluster, isTenant) => {
      going.add(cluster);
      const config = present();
      if (!preview || config === undefined) return undefined;
      return remade(cluster, config, isTenant).catch(() => undefined);
    },
    takeMachines,
  });
  const takenBack = takenBackHook(name, {
    objects: downstream?.delivery === "direct" ? repositoryObjects(downstream) : [],
    addons,
    kubeconfig,
  });
  const guarded = (binding: pulumi.ResourceHookBinding): pulumi.ResourceHookBinding => ({
    ...binding,
    beforeCreate: [takenBack, ...(binding.beforeCreate ?? [])],
  });
  return {
    cluster: guarded(hooks.cluster),
    tenant: guarded({ ...hooks.tenant, beforeUpdate }),
    definition: guarded(hooks.definition),
    object: guarded({ beforeDelete: [keep] }),
    machines: guarded({ beforeDelete: [keep], beforeUpdate }),
    namespace: { beforeDelete: [refuseFull] },
  };
}

/** Without the management cluster nobody takes machines down. */
function wayOut(cluster: string, urn: string): string {
  return `; when the management cluster is lost, delete the VMs of ${cluster} by hand and let Pulumi forget it: pulumi state delete '${urn}' --target-dependents`;
}

interface ObjectInputs {
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
}

const clusterIdentity = { apiVersion: "cluster.x-k8s.io/v1beta2", kind: "Cluster" };
const tenantIdentity = { apiVersion: platformApiVersion, kind: "TenantCluster" };

const clusterType = "kubernetes:cluster.x-k8s.io/v1beta2:Cluster";

function keyOf({ kind, metadata }: ObjectInputs): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}
