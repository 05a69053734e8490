import assert from "node:assert/strict";
import type { Chart } from "../../../../components/platform-addons/addon.ts";
import { argoApplication } from "../../../../components/platform-addons/delivery/argocd.ts";
import type { DeliveredChart } from "../../../../components/platform-addons/delivery/delivered.ts";
import { fluxRelease } from "../../../../components/platform-addons/delivery/flux.ts";
import { ClusterApi } from "../../../../lab/kubernetes/api.ts";
import { deliver } from "../../../../lab/kubernetes/engines.ts";
import { newCluster } from "../../../../lab/kubernetes/state.ts";
import { refreshWorkloads } from "../../../../lab/kubernetes/workloads.ts";
import type { KubernetesObject } from "../../../../lab/talos/interface.ts";
import { emptyWorld } from "../../../../lab/world/store.ts";
import { World } from "../../../../lab/world/world.ts";
import { nodeOf } from "./rig.ts";

const metricsServer: DeliveredChart = {
  name: "metrics-server",
  chart: {
    repository: "https://kubernetes-sigs.github.io/metrics-server",
    name: "metrics-server",
    version: "3.13.1",
  },
  namespace: "metrics",
  namespaceLabels: { "pod-security.kubernetes.io/enforce": "baseline" },
  values: {},
  objectsBefore: [],
  objects: [],
  after: [],
  afterReleases: [],
  step: 0,
  awaited: true,
  timeoutSeconds: 120,
};

const proxmoxCsi: DeliveredChart = {
  ...metricsServer,
  name: "proxmox-csi",
  chart: { repository: "oci://ghcr.io/sergelogvinov/charts", name: "proxmox-csi-plugin", version: "0.5.9" },
  namespace: "csi-proxmox",
  namespaceLabels: { "pod-security.kubernetes.io/enforce": "privileged" },
  values: { existingConfigSecret: "proxmox" },
};

/** A cluster with a network, in which both engines run. */
class EngineRig {
  readonly world = new World(emptyWorld(), () => undefined);
  readonly api = new ClusterApi(this.world, newCluster());

  constructor() {
    this.namespace("argocd");
    this.namespace("flux-system");
    this.api.define({
      "argoproj.io/v1alpha1/Application": true,
      "helm.toolkit.fluxcd.io/v2/HelmRelease": true,
      "source.toolkit.fluxcd.io/v1/HelmRepository": true,
      "source.toolkit.fluxcd.io/v1/OCIRepository": true,
    });
    for (const key of [
      "DaemonSet.apps/kube-system/cilium",
      "StatefulSet.apps/argocd/argocd-application-controller",
      "Deployment.apps/flux-system/helm-controller",
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
      deliver(this.world, this.api);
      await this.world.clock.pass(5_000);
    }
    deliver(this.world, this.api);
  }

  application(name: string): { health: { status: string }; sync: { status: string }; conditions?: unknown[] } {
    return this.api.get("argoproj.io/v1alpha1", "Application", name, "argocd")?.status as never;
  }

  ready(name: string): { status: string; reason: string; message: string } {
    const object = this.api.get("helm.toolkit.fluxcd.io/v2", "HelmRelease", name, "flux-system");
    assert.ok(object);
    return (object.status as { conditions: never[] }).conditions[0] as never;
  }

  runs(name: string, namespace: string): boolean {
    const workload = this.api.state.workloads[`Deployment.apps/${namespace}/${name}`];
    return workload?.readyAtMs !== undefined && workload.readyAtMs <= this.world.clock.nowMs;
  }

  records(): string[] {
    return (this.api.list("secrets") ?? []).map(({ metadata }) => metadata.name);
  }
}

const withVersion = (addon: DeliveredChart, version: string): DeliveredChart => ({
  ...addon,
  chart: { ...addon.chart, version } satisfies Chart,
});

describe("delivery engines of the lab", () => {
  let rig: EngineRig;
  beforeEach(() => {
    rig = new EngineRig();
  });

  describe("Argo CD", () => {
    it("brings a chart into the cluster, with its namespace, and tells when it is healthy", async () => {
      rig.apply(argoApplication(metricsServer));
      await rig.pass(10);
      assert.deepEqual(rig.application("metrics-server").health, { status: "Progressing" });
      assert.equal(rig.application("metrics-server").sync.status, "Synced");
      await rig.pass(40);
      assert.deepEqual(rig.application("metrics-server").health, { status: "Healthy" });
      assert.ok(rig.runs("metrics-server", "metrics"));
      const namespace = rig.api.get("v1", "Namespace", "metrics");
      assert.deepEqual(namespace?.metadata.labels, metricsServer.namespaceLabels);
      assert.deepEqual(rig.records(), [], "Argo CD keeps no records of Helm");
    });

    it("does nothing while its controller does not run", async () => {
      delete rig.api.state.workloads["StatefulSet.apps/argocd/argocd-application-controller"];
      rig.apply(argoApplication(metricsServer));
      await rig.pass(60);
      assert.equal(rig.application("metrics-server"), undefined);
    });

    it("says that it cannot compare when there is no such version, and goes on when it is mended", async () => {
      rig.apply(argoApplication(withVersion(metricsServer, "9.9.9")));
      await rig.pass(30);
      assert.equal(rig.application("metrics-server").sync.status, "Unknown");
      assert.match(JSON.stringify(rig.application("metrics-server").conditions), /ComparisonError.*9\.9\.9.*not found/);
      rig.apply(argoApplication(metricsServer));
      await rig.pass(60);
      assert.equal(rig.application("metrics-server").health.status, "Healthy");
    });

    it("is degraded while a Secret is missing, and recovers", async () => {
      rig.apply(argoApplication(proxmoxCsi));
      await rig.pass(700);
      assert.equal(rig.application("proxmox-csi").health.status, "Degraded");
      rig.apply({ apiVersion: "v1", kind: "Secret", metadata: { name: "proxmox", namespace: "csi-proxmox" } });
      await rig.pass(60);
      assert.equal(rig.application("proxmox-csi").health.status, "Healthy");
    });

    it("leaves what it delivered when the Application goes, unless it has the finalizer", async () => {
      const application = argoApplication(metricsServer);
      rig.apply(application);
      await rig.pass(60);
      rig.api.delete("argoproj.io/v1alpha1", "Application", "metrics-server", "argocd");
      await rig.pass(10);
      assert.ok(rig.runs("metrics-server", "metrics"));
      const finalizers = ["resources-finalizer.argocd.argoproj.io"];
      rig.apply({ ...application, metadata: { ...application.metadata, finalizers } });
      await rig.pass(60);
      rig.api.delete("argoproj.io/v1alpha1", "Application", "metrics-server", "argocd");
      await rig.pass(10);
      assert.ok(!rig.runs("metrics-server", "metrics"));
    });

    it("leaves applications alone whose source is a Git repository", async () => {
      const spec = { source: { repoURL: "https://git.example.net/clusters.git", path: "apps" }, destination: {} };
      rig.apply({ ...argoApplication(metricsServer), spec });
      await rig.pass(30);
      assert.equal(rig.application("metrics-server"), undefined);
    });
  });

  describe("Flux", () => {
    it("brings a chart into the cluster and records it as Helm does", async () => {
      rig.namespace("metrics");
      rig.apply(...fluxRelease(metricsServer));
      await rig.pass(10);
      assert.equal(rig.ready("metrics-server").reason, "Progressing");
      await rig.pass(40);
      assert.equal(rig.ready("metrics-server").status, "True");
      assert.deepEqual(rig.records(), ["sh.helm.release.v1.metrics-server.v1"]);
    });

    it("takes charts out of registries", async () => {
      rig.namespace("csi-proxmox", proxmoxCsi.namespaceLabels);
      rig.apply(...fluxRelease({ ...proxmoxCsi, values: {} }));
      await rig.pass(60);
      assert.equal(rig.ready("proxmox-csi").status, "True");
    });

    it("waits for what it depends on", async () => {
      rig.namespace("metrics");
      const second = { ...metricsServer, name: "second", after: ["metrics-server"], afterReleases: ["metrics-server"] };
      rig.apply(...fluxRelease(second));
      await rig.pass(30);
      assert.equal(rig.ready("second").message, "dependency 'flux-system/metrics-server' is not ready");
      rig.apply(...fluxRelease(metricsServer));
      await rig.pass(120);
      assert.equal(rig.ready("second").status, "True");
    });

    const failures: [string, (rig: EngineRig) => void, DeliveredChart, string, RegExp][] = [
      [
        "a missing source",
        (at) => at.namespace("metrics"),
        metricsServer,
        "SourceNotReady",
        /helmrepository.*not found/,
      ],
      ["a missing namespace", () => undefined, metricsServer, "InstallFailed", /namespaces "metrics" not found/],
      [
        "a missing Secret",
        (at) => at.namespace("csi-proxmox", proxmoxCsi.namespaceLabels),
        proxmoxCsi,
        "InstallFailed",
        /context deadline exceeded/,
      ],
    ];
    for (const [what, prepare, addon, reason, message] of failures) {
      it(`tells of ${what}`, async () => {
        prepare(rig);
        const objects = fluxRelease(addon);
        rig.apply(...(what === "a missing source" ? objects.slice(1) : objects));
        await rig.pass(200);
        const ready = rig.ready(addon.name);
        assert.deepEqual([ready.status, ready.reason], ["False", reason]);
        assert.match(ready.message, message);
      });
    }

    it("uninstalls when the HelmRelease goes, and not when it was suspended", async () => {
      rig.namespace("metrics");
      const [source, release] = fluxRelease(metricsServer) as [object, { spec: object }];
      rig.apply(source, release);
      await rig.pass(60);
      rig.apply({ ...release, spec: { ...release.spec, suspend: true } });
      await rig.pass(10);
      rig.api.delete("helm.toolkit.fluxcd.io/v2", "HelmRelease", "metrics-server", "flux-system");
      await rig.pass(10);
      assert.ok(rig.runs("metrics-server", "metrics"));
      assert.equal(rig.records().length, 1);
      rig.apply(release);
      await rig.pass(60);
      rig.api.delete("helm.toolkit.fluxcd.io/v2", "HelmRelease", "metrics-server", "flux-system");
      await rig.pass(10);
      assert.ok(!rig.runs("metrics-server", "metrics"));
      assert.deepEqual(rig.records(), []);
    });
  });
});
