import assert from "node:assert/strict";
import type { Repositories } from "../../../../lab/git/repositories.ts";
import { ClusterApi } from "../../../../lab/kubernetes/api.ts";
import { deliver } from "../../../../lab/kubernetes/engines.ts";
import type { Destinations } from "../../../../lab/kubernetes/gitops/argocd.ts";
import { newCluster } from "../../../../lab/kubernetes/state.ts";
import { refreshWorkloads } from "../../../../lab/kubernetes/workloads.ts";
import type { KubernetesObject } from "../../../../lab/talos/interface.ts";
import { emptyWorld } from "../../../../lab/world/store.ts";
import { World } from "../../../../lab/world/world.ts";
import { nodeOf } from "./rig.ts";

/** A cluster with a network, in which all engines run. */
export class EngineRig {
  readonly world = new World(emptyWorld(), () => undefined);
  readonly api = new ClusterApi(this.world, newCluster());

  private readonly repositories: Repositories | undefined;
  private readonly destinations: Destinations;

  /**
   * @param repositories that the engines read
   * @param destinations clusters that Argo CD reaches
   */
  constructor(repositories?: Repositories, destinations: Destinations = () => undefined) {
    this.repositories = repositories;
    this.destinations = destinations;
    this.namespace("argocd");
    this.namespace("flux-system");
    this.namespace("projectsveltos");
    this.api.define({
      "argoproj.io/v1alpha1/Application": true,
      "argoproj.io/v1alpha1/ApplicationSet": true,
      "helm.toolkit.fluxcd.io/v2/HelmRelease": true,
      "kustomize.toolkit.fluxcd.io/v1/Kustomization": true,
      "source.toolkit.fluxcd.io/v1/GitRepository": true,
      "source.toolkit.fluxcd.io/v1/HelmRepository": true,
      "source.toolkit.fluxcd.io/v1/OCIRepository": true,
      "config.projectsveltos.io/v1beta1/ClusterProfile": false,
      "config.projectsveltos.io/v1beta1/ClusterSummary": true,
      "lib.projectsveltos.io/v1beta1/SveltosCluster": true,
    });
    for (const key of [
      "DaemonSet.apps/kube-system/cilium",
      "StatefulSet.apps/argocd/argocd-application-controller",
      "Deployment.apps/argocd/argocd-applicationset-controller",
      "Deployment.apps/flux-system/helm-controller",
      "Deployment.apps/flux-system/kustomize-controller",
      "Deployment.apps/flux-system/source-controller",
      "Deployment.apps/projectsveltos/addon-controller",
    ]) {
      this.api.state.workloads[key] = { hostNetwork: true, needsLevel: "baseline", needsSecrets: [], readyAtMs: 0 };
    }
  }

  namespace(name: string, labels: Record<string, string> = {}): void {
    this.api.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
  }

  apply(...objects: object[]): void {
    for (const object of objects) this.api.apply(object as KubernetesObject);
  }

  /** Lets time pass in steps, as polling does. */
  async pass(seconds: number): Promise<void> {
    for (let at = 0; at < seconds; at += 5) {
      refreshWorkloads(this.world, this.api, [nodeOf("lunacp01", "controlplane")]);
      deliver(this.world, this.api, this.repositories, this.destinations);
      await this.world.clock.pass(5_000);
    }
    deliver(this.world, this.api, this.repositories, this.destinations);
  }

  application(name: string): { health: { status: string }; sync: { status: string }; conditions?: unknown[] } {
    return this.api.get("argoproj.io/v1alpha1", "Application", name, "argocd")?.status as never;
  }

  ready(name: string): { status: string; reason: string; message: string } {
    const object = this.api.get("helm.toolkit.fluxcd.io/v2", "HelmRelease", name, "flux-system");
    assert.ok(object);
    return (object.status as { conditions: never[] }).conditions[0] as never;
  }

  /** What Sveltos reports of a profile in the management cluster. */
  summary(profile: string): {
    dependencies?: string;
    featureSummaries?: { featureID: string; status: string; failureMessage?: string }[];
    helmReleaseSummaries?: { status: string }[];
  } {
    const name = `${profile}-sveltos-mgmt`;
    const found = this.api.get("config.projectsveltos.io/v1beta1", "ClusterSummary", name, "mgmt");
    return (found?.status ?? {}) as never;
  }

  runs(name: string, namespace: string): boolean {
    const workload = this.api.state.workloads[`Deployment.apps/${namespace}/${name}`];
    return workload?.readyAtMs !== undefined && workload.readyAtMs <= this.world.clock.nowMs;
  }

  records(): string[] {
    return (this.api.list("secrets") ?? []).map(({ metadata }) => metadata.name);
  }
}
