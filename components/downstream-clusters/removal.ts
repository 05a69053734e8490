/** What happens before Pulumi deletes objects of downstream clusters: with a `Cluster` go all of its machines. */
import * as pulumi from "@pulumi/pulumi";
import { withKubectl } from "../kubectl.ts";
import { isThere, takeDown } from "./lifecycle/take-down.ts";
import { clusterLabel } from "./names.ts";

/** How long taking down the machines of a cluster may take. */
export const removalTimeoutSeconds = 1800;

/** The hooks of objects that Pulumi writes into the management cluster. */
export interface RemovalHooks {
  /** Of every object. */
  object: pulumi.ResourceHookBinding;
  /** Of a `Cluster`. */
  cluster: pulumi.ResourceHookBinding;
  /** Of the namespace of a cluster. */
  namespace: pulumi.ResourceHookBinding;
}

interface Args {
  /** Objects that Git is to apply from now on. */
  handedOver: readonly ObjectInputs[];
  kubeconfig: pulumi.Output<string>;
}

/** Makes the hooks; every object has the same ones and is known by its name. */
export function removalHooks(name: string, { handedOver, kubeconfig }: Args): RemovalHooks {
  const wanted = new Set(handedOver.map(keyOf));
  const known = () => new Promise<string>((resolve) => void kubeconfig.apply(resolve));

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
  const takeMachines = new pulumi.ResourceHook(`${name}-take-machines`, async ({ oldInputs }) => {
    const { metadata } = oldInputs as ObjectInputs;
    const tell = (message: string) => void pulumi.log.info(message);
    const cluster = { name: metadata.name, timeoutSeconds: removalTimeoutSeconds, tell };
    await withKubectl(await known(), `cluster ${metadata.name} was not deleted`, (kubectl) =>
      takeDown(kubectl, cluster),
    );
  });
  const refuseFull = new pulumi.ResourceHook(`${name}-refuse-full`, async ({ oldInputs }) => {
    const { metadata } = oldInputs as ObjectInputs;
    await refuseWhileThere(await known(), metadata.name);
  });
  return {
    object: { beforeDelete: [keep] },
    cluster: { beforeDelete: [keep, takeMachines] },
    namespace: { beforeDelete: [refuseFull] },
  };
}

interface ObjectInputs {
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
}

const clusterType = "kubernetes:cluster.x-k8s.io/v1beta2:Cluster";

/**
 * A cluster that somebody else has applied is somebody else's to take down: what its machines need would go with the namespace,
 * and the machines would stay.
 */
async function refuseWhileThere(kubeconfig: string, name: string): Promise<void> {
  await withKubectl(kubeconfig, `the namespace ${name} was not deleted`, async (kubectl) => {
    if (!(await isThere(kubectl, name))) return;
    throw new Error(
      `the cluster ${name} is still there, and its machines would stay for ever; take it out of the repository, or ` +
        `run kubectl delete clusters.cluster.x-k8s.io ${name} --namespace ${name}, and then the same command again`,
    );
  });
}

function keyOf({ kind, metadata }: ObjectInputs): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}
