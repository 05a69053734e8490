import assert from "node:assert/strict";
import { autoscalerChart } from "../../../../components/downstream-clusters/autoscaler.ts";
import { type DownstreamCluster, planDownstreamCluster } from "../../../../components/downstream-clusters/plan.ts";
import type { KubernetesObject as PlannedObject } from "../../../../components/facts.ts";
import type { Kubectl } from "../../../../components/kubectl.ts";
import type { ClusterApi } from "../../../../lab/kubernetes/api.ts";
import { findChart } from "../../../../lab/kubernetes/charts.ts";
import type { Hypervisor } from "../../../../lab/kubernetes/cluster-api/hypervisor.ts";
import { Clusters } from "../../../../lab/kubernetes/clusters.ts";
import { Helm } from "../../../../lab/kubernetes/helm.ts";
import { serverSideApplied } from "../../../../lab/kubernetes/server-side-apply.ts";
import { conditionOf } from "../../../../lab/kubernetes/wait-for.ts";
import type { KubernetesObject } from "../../../../lab/talos/interface.ts";
import { emptyWorld } from "../../../../lab/world/store.ts";
import { World, type WorldRecord } from "../../../../lab/world/world.ts";
import { nodeOf } from "./rig.ts";

const namespaced = [
  "cluster.x-k8s.io/v1beta2/Cluster",
  "cluster.x-k8s.io/v1beta2/Machine",
  "cluster.x-k8s.io/v1beta2/MachineDeployment",
  "cluster.x-k8s.io/v1beta2/MachineHealthCheck",
  "bootstrap.cluster.x-k8s.io/v1alpha3/TalosConfigTemplate",
  "controlplane.cluster.x-k8s.io/v1alpha3/TalosControlPlane",
  "infrastructure.cluster.x-k8s.io/v1alpha2/ProxmoxCluster",
  "infrastructure.cluster.x-k8s.io/v1alpha2/ProxmoxMachineTemplate",
  "infrastructure.cluster.x-k8s.io/v1beta1/HarvesterCluster",
  "infrastructure.cluster.x-k8s.io/v1beta1/HarvesterMachineTemplate",
  "operator.cluster.x-k8s.io/v1alpha2/CoreProvider",
];

/** A management cluster with Cluster API, and machines that exist in memory only. */
export class ClusterApiRig {
  readonly world = new World(emptyWorld(), () => undefined);
  /** What machines are made of, by name; those that were switched off do not run. */
  readonly vms: Record<string, { spec: Record<string, unknown>; runs: boolean }> = {};
  /** Names of VMs that cannot be deleted. */
  readonly held = new Set<string>();
  readonly api: ClusterApi;
  private readonly clusters = new Clusters(this.world, {
    hasQuorum: () => true,
    runningNodes: () => [nodeOf("solcp01", "controlplane")],
  });
  private readonly wishes = new Map<string, PlannedObject>();

  constructor() {
    this.clusters.hypervisors = [this.hypervisor("Proxmox"), this.hypervisor("Harvester")];
    this.api = this.clusters.api("sol");
    this.api.define(Object.fromEntries(namespaced.map((key) => [key, true])));
    this.runNetwork(this.api);
  }

  /** Writes the objects of a cluster as Pulumi does: by server-side apply, and what is not named any more goes. */
  write(args: DownstreamCluster): void {
    const { name } = args;
    const plan = planDownstreamCluster(args);
    if (!this.api.get("v1", "Namespace", name)) {
      this.api.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
      this.runNetwork(this.inside(name));
    }
    for (const { name: secret } of plan.secrets) {
      this.api.apply({ apiVersion: "v1", kind: "Secret", metadata: { name: secret, namespace: name } });
    }
    const objects = [plan.cluster, ...plan.steps.flat()];
    for (const object of objects) this.apply(object);
    const keys = objects.map(keyOf);
    for (const [key, { apiVersion, kind, metadata }] of this.wishes) {
      if (metadata.namespace !== name || keys.includes(key)) continue;
      this.api.delete(apiVersion, kind, metadata.name, metadata.namespace);
      this.wishes.delete(key);
    }
    if (plan.autoscaler) {
      const { name: release, namespace, values } = plan.autoscaler;
      const { repository, name: chart, version } = autoscalerChart;
      const inputs = { name: release, namespace, chart, version, values };
      new Helm(this.world).apply(this.api, inputs, findChart(chart, version, repository));
    }
  }

  /** Applies one object in place of what was wished for under the same name. */
  apply(object: PlannedObject): void {
    const { apiVersion, kind, metadata } = object;
    const wish = object as unknown as KubernetesObject;
    const live = this.api.get(apiVersion, kind, metadata.name, metadata.namespace);
    this.api.apply(serverSideApplied(live, this.wishes.get(keyOf(object)), wish));
    this.wishes.set(keyOf(object), object);
  }

  /** Lets controllers work for a while. */
  async pass(seconds: number): Promise<void> {
    this.clusters.refresh("sol");
    await this.world.clock.pass(seconds * 1000);
    this.clusters.refresh("sol");
  }

  /** The API of a downstream cluster. */
  inside(name: string): ClusterApi {
    return this.clusters.api(`sol/${name}`);
  }

  /** `kubectl` on the management cluster; every call takes a moment. */
  readonly kubectl: Kubectl = async (verb = "", ...args) => {
    const flag = (name: string) => args.find((each) => each.startsWith(`--${name}=`))?.slice(name.length + 3);
    const option = (name: string) => (args.includes(`--${name}`) ? args[args.indexOf(`--${name}`) + 1] : undefined);
    const [type = "", name = ""] = args;
    const fail = (stderr: string) => Object.assign(new Error(stderr), { stderr });
    const find = () => {
      const [label, value] = option("selector")?.split("=") ?? [];
      return (this.api.list(type) ?? []).filter(
        ({ metadata }) =>
          metadata.namespace === option("namespace") &&
          (name.startsWith("--") || metadata.name === name) &&
          (!label || (metadata.labels as Record<string, string>)[label] === value),
      );
    };
    await this.pass(1);
    if (verb === "wait") {
      const wanted = flag("for") ?? "";
      const holds = () => {
        this.clusters.refresh("sol");
        const [object] = find();
        return wanted === "delete" ? !object : object !== undefined && conditionOf(wanted)(object);
      };
      if (await this.world.clock.until(holds, 1000 * Number.parseInt(flag("timeout") ?? "30", 10))) return "";
      throw fail(`error: timed out waiting for the condition on ${type}/${name}`);
    }
    const found = find();
    if (verb === "delete") {
      for (const { apiVersion, kind, metadata } of found) {
        this.api.delete(apiVersion, kind, metadata.name, metadata.namespace);
      }
      return "";
    }
    if (option("output") === "name") return found.map(({ metadata }) => metadata.name).join("\n");
    if (name.startsWith("--")) return JSON.stringify({ items: found });
    if (!found[0]) throw fail(`Error from server (NotFound): ${type} "${name}" not found`);
    return JSON.stringify(found[0]);
  };

  get(kind: string, name: string, namespace = "media"): KubernetesObject {
    const found = this.api
      .list(kind)
      ?.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
    assert.ok(found, `there is no ${kind} ${namespace}/${name}`);
    return found;
  }

  /** Names of the VMs of a group: `media-workers`. */
  machines(prefix: string): string[] {
    return Object.keys(this.vms)
      .filter((name) => name.startsWith(`${prefix}-`))
      .sort();
  }

  /** What happened to the machines, in order. */
  history(...kinds: string[]): string[] {
    const told = ({ kind, subject }: WorldRecord) => `${kind} ${subject.replace(/-[0-9a-f]{5}$/, "")}`;
    return this.world.state.records.filter(({ kind }) => kinds.includes(kind)).map(told);
  }

  /** Has the Cluster API operator at work. */
  runOperator(): void {
    this.api.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "cluster-api-system" } });
    this.api.state.workloads["Deployment.apps/cluster-api-system/cluster-api-operator"] = {
      hostNetwork: false,
      needsLevel: "baseline",
      needsSecrets: [],
      readyAtMs: 0,
    };
  }

  private runNetwork({ state }: ClusterApi): void {
    state.workloads["DaemonSet.apps/kube-system/cilium"] = {
      hostNetwork: true,
      needsLevel: "privileged",
      needsSecrets: [],
      readyAtMs: 0,
    };
  }

  private hypervisor(provider: string): Hypervisor {
    return {
      clusterKind: `${provider}Cluster`,
      templateKind: `${provider}MachineTemplate`,
      create: ({ name, spec }) => {
        this.vms[name] = { spec, runs: true };
        return { id: name };
      },
      size: () => ({ cores: 4, memoryMiB: 8192 }),
      runs: (id) => this.vms[id]?.runs ?? false,
      remove: (id) => {
        if (this.held.has(id)) return `${id} is locked`;
        delete this.vms[id];
        return undefined;
      },
    };
  }
}

function keyOf({ kind, metadata }: PlannedObject): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}
