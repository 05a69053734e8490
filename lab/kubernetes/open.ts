import type { Repositories } from "../git/repositories.ts";
import type { LabProvider } from "../protocol/provider.ts";
import type { ClusterMachines, ConnectedKubernetes } from "../talos/interface.ts";
import type { World } from "../world/world.ts";
import type { DiskHost } from "./attachments.ts";
import type { Hypervisor } from "./cluster-api/hypervisor.ts";
import { Clusters } from "./clusters.ts";
import { Instances } from "./instances.ts";
import { objectType } from "./objects.ts";
import { releaseType } from "./release.ts";
import { releaseToken } from "./release-inputs.ts";

/** The Kubernetes part of the lab: the provider, and what machines and `kubectl` ask of the clusters' APIs. */
export interface LabKubernetes extends ConnectedKubernetes {
  provider: LabProvider;
  /** Forgets all clusters but these: nothing of the others is left on any disk. */
  keepOnly(clusterIds: ReadonlySet<string>): void;
  /** Gives Cluster API what it makes machines on. */
  connectHypervisors(hypervisors: readonly Hypervisor[]): void;
  /** Gives the CSI plugin the VMs that it plugs volumes into. */
  connectDisks(host: DiskHost): void;
}

/**
 * Adds the Kubernetes APIs of all clusters to a world.
 * @param repositories that engines in the clusters read
 */
export function openKubernetes(world: World, machines: ClusterMachines, repositories?: Repositories): LabKubernetes {
  const clusters = new Clusters(world, machines, repositories);
  const instances = new Instances(clusters);
  const anyObject = objectType(world, instances);
  return {
    provider: {
      name: "kubernetes",
      version: "4.34.2",
      checkConfig: (config) => instances.check(config),
      configure: async (config, { urn }) => instances.configure(config, urn),
      resources: { [releaseToken]: releaseType(world, instances) },
      // `kubernetes:<apiVersion>:<Kind>`: which kinds there are, the cluster's API decides.
      otherResources: (token) => (/^kubernetes:[^:]+:[A-Z]\w*$/.test(token) ? anyObject : undefined),
      functions: {},
    },
    cniRunning: (clusterId) => clusters.cniRunning(clusterId),
    list: (clusterId, resource) => clusters.list(clusterId, resource),
    keepOnly: (clusterIds) => clusters.keepOnly(clusterIds),
    connectHypervisors: (hypervisors) => {
      clusters.hypervisors = hypervisors;
    },
    connectDisks: (host) => {
      clusters.diskHost = host;
    },
    setUnschedulable: (clusterId, node, unschedulable) => clusters.setUnschedulable(clusterId, node, unschedulable),
    replaceObject: (clusterId, object, change) => clusters.replaceObject(clusterId, object, change),
    createObject: (clusterId, object) => clusters.createObject(clusterId, object),
    deleteObject: (clusterId, resource, name, namespace) => clusters.deleteObject(clusterId, resource, name, namespace),
  };
}
