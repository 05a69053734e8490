import { join } from "node:path";
import type { LabProvider } from "../protocol/provider.ts";
import type { World } from "../world/world.ts";
import { TalosApi } from "./api.ts";
import { Contents } from "./contents.ts";
import type { TalosContext } from "./context.ts";
import { issuedBy } from "./credentials.ts";
import { Etcd } from "./etcd.ts";
import type { ClusterMachines, ConnectedKubernetes, MachinePower, RunningNode } from "./interface.ts";
import { addressesOf, Machines, talosVersionOf } from "./machines.ts";
import { talosProvider } from "./provider.ts";
import { Readiness } from "./readiness.ts";
import { emptyTalosPart } from "./state.ts";

/** The Talos part of the lab. */
export interface TalosLab {
  provider: LabProvider;
  power: MachinePower;
  clusters: ClusterMachines;
  /** The machines' API, for the command-line tools. */
  api: TalosApi;
  /** Gives the machines the Kubernetes API that runs on them. */
  connectKubernetes(kubernetes: ConnectedKubernetes): void;
  /** The Kubernetes part, once it is connected. */
  kubernetes(): ConnectedKubernetes | undefined;
  /** Looks at the readiness of a cluster's nodes at once, after what it depends on changed. */
  refresh(clusterId: string): void;
}

/**
 * Opens the Talos part of the world.
 * @param folder the lab's folder: machine configurations and results of `talosctl` are kept below it, one file each
 */
export function openTalos(world: World, folder: string): TalosLab {
  const part = world.part("talos", emptyTalosPart);
  const contents = new Contents(join(folder, "talos"));
  const etcd = new Etcd(world, part);
  const machines = new Machines(world, part, etcd);
  const readiness = new Readiness(world, machines, etcd);
  machines.onChange = (key) => {
    readiness.changed(key);
    if (!machines.get(key)) readiness.kubernetes?.keepOnly?.(clustersOnDisks(machines));
  };
  const api = new TalosApi(world, part, machines, etcd, contents);
  const context: TalosContext = {
    world,
    part,
    api,
    contents,
    kubernetes: () => readiness.kubernetes,
    imageFactoryUrl: "https://factory.talos.dev",
  };
  return {
    provider: talosProvider(context),
    power: machines,
    clusters: clusterMachines(api),
    api,
    connectKubernetes: (kubernetes) => {
      readiness.kubernetes = kubernetes;
    },
    kubernetes: () => readiness.kubernetes,
    refresh: (clusterId) => readiness.refresh(clusterId),
  };
}

/** Clusters that some machine, running or not, is still part of. */
function clustersOnDisks(machines: Machines): Set<string> {
  const facts = machines.all().flatMap(([, machine]) => [machine.active, machine.persisted]);
  return new Set(facts.flatMap((known) => (known ? [known.clusterId] : [])));
}

function clusterMachines(api: TalosApi): ClusterMachines {
  const { machines, etcd } = api;
  const running = () => machines.all().filter(([, machine]) => machine.phase === "running" && machine.active);
  return {
    hasQuorum: (clusterId) => etcd.hasQuorum(clusterId),
    runningNodes: (clusterId) =>
      running()
        .filter(([, machine]) => machine.active?.clusterId === clusterId)
        .map(([, machine]): RunningNode => {
          const facts = machine.active;
          return {
            name: facts?.nodeName ?? "",
            addresses: addressesOf(machine),
            role: facts?.role ?? "worker",
            labels: facts?.labels ?? {},
            taints: facts?.taints ?? {},
            kubeletVersion: facts?.kubeletVersion ?? "",
            talosVersion: talosVersionOf(machine),
            runningSinceMs: machine.phaseSinceMs,
          };
        }),
    clusterAt(server, clientCertificatePem) {
      for (const [, machine] of running()) {
        const facts = machine.active;
        if (facts?.role !== "controlplane" || facts.endpoint !== server) continue;
        if (issuedBy(clientCertificatePem, api.authority(facts.kubernetesCa))) return facts.clusterId;
      }
      return undefined;
    },
  };
}
