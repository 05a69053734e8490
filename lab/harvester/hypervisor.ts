/**
 * Harvester, as far as Cluster API uses it. Machines get their configurations as they are: the real provider makes cloud-configs of
 * them, which Talos does not read (docs/downstream-clusters.md).
 *
 * Facts: github.com/rancher-sandbox/cluster-api-provider-harvester, v0.10.1: api/v1beta1/harvestermachine_types.go,
 * internal/controller/harvestermachine_controller.go (a VM is an object of the target namespace).
 */
import type { Hypervisor } from "../kubernetes/cluster-api/hypervisor.ts";
import { mebibytes } from "../kubernetes/quantity.ts";
import type { World } from "../world/world.ts";

/** A virtual machine on Harvester. */
export interface HarvesterVm {
  cpu: number;
  memory: string;
  network: string;
  image: string;
  running: boolean;
}

declare module "../world/world.ts" {
  interface WorldParts {
    /** Virtual machines by `namespace/name`. */
    harvester: Record<string, HarvesterVm>;
  }
}

/** The lab's Harvester. */
export function harvesterHypervisor(world: World): Hypervisor {
  const vms = () => world.part("harvester", () => ({}));
  return {
    clusterKind: "HarvesterCluster",
    templateKind: "HarvesterMachineTemplate",

    create({ name, spec, cluster }) {
      const [volume] = spec.volumes as { imageName?: string }[];
      if (!volume?.imageName) return { problem: "spec.volumes[0].imageName is required when volumeType is 'image'" };
      const id = `${cluster.targetNamespace}/${name}`;
      const [network = ""] = spec.networks as string[];
      vms()[id] = {
        cpu: Number(spec.cpu),
        memory: String(spec.memory),
        network,
        image: volume.imageName,
        running: true,
      };
      world.record("harvester.create", id);
      return { id };
    },

    size: ({ cpu, memory }) => ({ cores: Number(cpu), memoryMiB: mebibytes(String(memory)) }),

    runs: (id) => vms()[id]?.running === true,

    remove(id) {
      if (!vms()[id]) return undefined;
      delete vms()[id];
      world.record("harvester.delete", id);
      return undefined;
    },
  };
}
