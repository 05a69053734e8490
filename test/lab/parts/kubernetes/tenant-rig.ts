import assert from "node:assert/strict";
import { ClusterApi } from "../../../../lab/kubernetes/api.ts";
import { findChart } from "../../../../lab/kubernetes/charts.ts";
import { type LabKubernetes, openKubernetes } from "../../../../lab/kubernetes/open.ts";
import { newCluster } from "../../../../lab/kubernetes/state.ts";
import type { KubernetesObject } from "../../../../lab/talos/interface.ts";
import { emptyWorld } from "../../../../lab/world/store.ts";
import { World } from "../../../../lab/world/world.ts";
import { type ClusterPlan, planCluster } from "../../../../stacks/plan.ts";
import { testCluster, testShared } from "../../../support/site.ts";
import { nodeOf } from "./rig.ts";

const addons = { "cert-manager": true, "cluster-api-operator": true, crossplane: true, sveltos: true };

/** What a stack file with these downstream clusters comes to. */
export function planned(downstream: Record<string, unknown>): ClusterPlan & Required<Pick<ClusterPlan, "downstream">> {
  const said = { proxmox: { url: "https://pve01.example.net:8006" }, domain: "example.net", ...downstream };
  const sol = testCluster({ addons, downstream: said });
  const plan = planCluster("sol", { shared: testShared(), clusters: { sol } });
  assert.ok(plan.downstream);
  return { ...plan, downstream: plan.downstream };
}

/** A management cluster with Cluster API, Sveltos and Crossplane, and a hypervisor whose VMs always start. */
export class TenantRig {
  readonly world = new World(emptyWorld(), () => undefined);
  readonly vms = new Set<string>();
  readonly api: ClusterApi;
  private readonly kubernetes: LabKubernetes;

  /** @param plan whose add-ons and interfaces are in the cluster */
  constructor({ addons: chosen, downstream }: ReturnType<typeof planned>) {
    this.kubernetes = openKubernetes(this.world, {
      hasQuorum: () => true,
      runningNodes: () => [nodeOf("solcp01", "controlplane")],
      clusterAt: () => undefined,
    });
    this.kubernetes.connectHypervisors([
      {
        clusterKind: "ProxmoxCluster",
        templateKind: "ProxmoxMachineTemplate",
        create: ({ name }) => {
          this.vms.add(name);
          return { id: name };
        },
        runs: (id) => this.vms.has(id),
        size: () => ({ cores: 4, memoryMiB: 8192 }),
        remove: (id) => {
          this.vms.delete(id);
          return undefined;
        },
      },
    ]);
    const state = newCluster();
    this.world.part("kubernetes", () => ({ clusters: {} })).clusters.sol = state;
    this.api = new ClusterApi(this.world, state);
    const running = chosen.filter(({ name }) => name === "cilium" || name in addons);
    for (const { chart, namespace, values } of running) {
      this.namespace(namespace.name);
      if (!chart) continue;
      const { definitions, workloads } = findChart(chart.name, chart.version, chart.repository);
      this.api.define(definitions);
      for (const { kind, name } of workloads(values)) {
        const key = `${kind}.apps/${namespace.name}/${name}`;
        state.workloads[key] = { hostNetwork: true, needsLevel: "baseline", needsSecrets: [], readyAtMs: 0 };
      }
    }
    const ours = ["cluster-api-operator", "crossplane"];
    this.apply(...running.filter(({ name }) => ours.includes(name)).flatMap(({ objects }) => objects));
    this.list("nodes");
    this.downstream = downstream;
  }

  private readonly downstream: ReturnType<typeof planned>["downstream"];

  /** Applies the interfaces, and what brings the platform; waits until their kinds are served. */
  async offer(): Promise<void> {
    await this.pass(90);
    this.apply(...this.downstream.platform, ...this.downstream.interfaces);
    await this.pass(10);
  }

  namespace(name: string): void {
    this.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }

  apply(...objects: object[]): void {
    for (const object of objects) this.api.apply(object as KubernetesObject);
  }

  /** Asks for what a resource says, and leaves what Crossplane has written into it. */
  ask(resource: KubernetesObject): void {
    const { apiVersion, kind, metadata, spec } = resource;
    const present = this.api.get(apiVersion, kind, metadata.name, metadata.namespace)?.spec as { crossplane?: object };
    const own = present?.crossplane === undefined ? {} : { crossplane: present.crossplane };
    this.apply({ ...resource, spec: { ...(spec as object), ...own } });
  }

  /** A namespace of a tenant, with the credentials that machines are made with. */
  tenant(name: string): void {
    this.namespace(name);
    this.apply({ apiVersion: "v1", kind: "Secret", metadata: { name: `${name}-proxmox`, namespace: name } });
  }

  /** Lets time pass in steps, as polling does. */
  async pass(seconds: number): Promise<void> {
    for (let at = 0; at < seconds; at += 5) {
      this.list("nodes");
      await this.world.clock.pass(5_000);
    }
    this.list("nodes");
  }

  list(resource: string): KubernetesObject[] {
    return this.kubernetes.list("sol", resource) ?? [];
  }

  get(resource: string, name: string): KubernetesObject {
    const found = this.list(resource).find(({ metadata }) => metadata.name === name);
    assert.ok(found, `there is no ${resource} ${name}`);
    return found;
  }

  delete(resource: string, name: string, namespace?: string): void {
    assert.ok(this.kubernetes.deleteObject("sol", resource, name, namespace));
  }

  /** The names of VMs, without what makes machines different from each other. */
  machines(): string[] {
    return [...this.vms].map((name) => name.replace(/-[0-9a-f]{5}$/, "")).sort();
  }

  /** What runs in a downstream cluster. */
  objectsIn(cluster: string): string[] {
    const found = this.world.part("kubernetes", () => ({ clusters: {} })).clusters[`sol/${cluster}`];
    return Object.keys(found?.objects ?? {});
  }

  condition({ status }: KubernetesObject, type: string): { status?: string; message?: string } {
    const { conditions = [] } = (status ?? {}) as { conditions?: { type: string; status: string; message?: string }[] };
    return conditions.find((condition) => condition.type === type) ?? {};
  }
}
