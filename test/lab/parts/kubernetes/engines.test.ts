import assert from "node:assert/strict";
import type { Chart } from "../../../../components/platform-addons/addon.ts";
import { argoApplication } from "../../../../components/platform-addons/delivery/argocd.ts";
import type { DeliveredChart } from "../../../../components/platform-addons/delivery/delivered.ts";
import { fluxRelease } from "../../../../components/platform-addons/delivery/flux.ts";
import {
  sveltosAddons,
  sveltosChart,
  sveltosProfiles,
} from "../../../../components/platform-addons/delivery/sveltos.ts";
import { managementCluster } from "../../../../components/platform-addons/delivery/sveltos-cluster.ts";
import type { KubernetesObject } from "../../../../lab/talos/interface.ts";
import { examplePlans } from "../../../unit/components/platform-addons/delivery/example.ts";
import { factsOf } from "../../../unit/components/platform-addons/facts.ts";
import { EngineRig } from "./engine-rig.ts";

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
  fromGit: false,
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

  describe("Sveltos", () => {
    const profileApi = ["config.projectsveltos.io/v1beta1", "ClusterProfile"] as const;
    const facts = factsOf("sol");
    const uid = () => rig.api.get("apps/v1", "Deployment", "metrics-server", "metrics")?.metadata.uid;

    /** Values and profile of an add-on's chart. */
    function chart(addon: Partial<DeliveredChart> = {}, dependsOn: string[] = []): KubernetesObject[] {
      return sveltosChart({ ...metricsServer, ...addon, selector: { a: "b" } }, dependsOn, facts);
    }

    /** The profile of {@link chart} with another specification. */
    function withSpec(changes: Record<string, unknown>): KubernetesObject {
      const profile = chart()[1] as KubernetesObject;
      return { ...profile, spec: { ...(profile.spec as Record<string, unknown>), ...changes } };
    }

    const status = (profile: string) => rig.summary(profile).featureSummaries?.map((feature) => feature.status);

    beforeEach(() => rig.namespace("metrics"));

    it("registers the cluster that it runs in", async () => {
      await rig.pass(5);
      const cluster = rig.api.get("lib.projectsveltos.io/v1beta1", "SveltosCluster", "mgmt", "mgmt");
      assert.ok(cluster?.spec);
    });

    it("brings a chart into the cluster, records it as Helm does, and reports when it is there", async () => {
      rig.apply(...chart());
      await rig.pass(10);
      assert.deepEqual(status("metrics-server"), ["Provisioning"]);
      await rig.pass(40);
      assert.deepEqual(status("metrics-server"), ["Provisioned"]);
      assert.deepEqual(rig.records(), ["sh.helm.release.v1.metrics-server.v1"]);
    });

    it("takes a release that is there at the same version as it is", async () => {
      rig.apply(...fluxRelease(metricsServer));
      await rig.pass(60);
      const before = uid();
      rig.apply(...chart());
      await rig.pass(60);
      assert.deepEqual(status("metrics-server"), ["Provisioned"]);
      assert.deepEqual([uid(), rig.records()], [before, ["sh.helm.release.v1.metrics-server.v1"]]);
    });

    it("takes over what somebody else has brought only when it is told to", async () => {
      rig.apply(argoApplication(metricsServer));
      await rig.pass(60);
      const before = uid();
      const [values, { spec }] = chart() as [object, { spec: { helmCharts: [Record<string, unknown>] } }];
      const [helmChart] = spec.helmCharts;
      const options = { ...(helmChart.options as object), installOptions: { createNamespace: false } };
      rig.apply(values, withSpec({ helmCharts: [{ ...helmChart, options }] }));
      await rig.pass(60);
      assert.deepEqual(status("metrics-server"), ["Failed"]);
      assert.match(rig.summary("metrics-server").featureSummaries?.[0]?.failureMessage ?? "", /cannot be imported/);
      rig.apply(...chart());
      await rig.pass(60);
      assert.deepEqual(status("metrics-server"), ["Provisioned"]);
      assert.equal(uid(), before);
    });

    for (const [behaviour, stays] of [
      ["LeavePolicies", true],
      ["WithdrawPolicies", false],
    ] as const) {
      it(`${stays ? "leaves" : "withdraws"} what it delivered when the profile goes, with ${behaviour}`, async () => {
        rig.apply(...chart());
        await rig.pass(60);
        rig.apply(withSpec({ stopMatchingBehavior: behaviour }));
        await rig.pass(60);
        rig.api.delete(...profileApi, "metrics-server");
        await rig.pass(10);
        assert.equal(rig.runs("metrics-server", "metrics"), stays);
        assert.equal(rig.records().length, stays ? 1 : 0);
        assert.deepEqual(rig.summary("metrics-server"), {});
      });
    }

    it("does the same when the cluster does not match any more, by name or by labels", async () => {
      rig.apply(...chart());
      await rig.pass(60);
      rig.apply(withSpec({ clusterRefs: [], stopMatchingBehavior: "WithdrawPolicies" }));
      await rig.pass(10);
      // What holds is what the profile said while the cluster matched.
      assert.ok(rig.runs("metrics-server", "metrics"));
      const cluster = managementCluster({ ...facts, labels: { a: "b" } });
      rig.apply(cluster);
      await rig.pass(60);
      assert.deepEqual(status("metrics-server"), ["Provisioned"]);
      rig.apply(managementCluster(facts));
      await rig.pass(10);
      assert.ok(!rig.runs("metrics-server", "metrics"));
    });

    it("waits for the profiles that one depends on", async () => {
      rig.apply(...chart({ name: "second", values: {} }, ["metrics-server"]));
      await rig.pass(30);
      assert.match(rig.summary("second").dependencies ?? "", /^ClusterProfile metrics-server is a dependency\. The/);
      rig.apply(...chart());
      await rig.pass(10);
      assert.match(
        rig.summary("second").dependencies ?? "",
        /metrics-server is a dependency and it is not fully deployed/,
      );
      await rig.pass(120);
      assert.deepEqual(status("second"), ["Provisioned"]);
    });

    it("lets one profile have a release, and tells the other", async () => {
      rig.apply(...chart());
      await rig.pass(60);
      const profile = chart()[1] as KubernetesObject;
      rig.apply({ ...profile, metadata: { name: "again" } });
      await rig.pass(30);
      const { featureSummaries, helmReleaseSummaries } = rig.summary("again");
      assert.match(
        featureSummaries?.[0]?.failureMessage ?? "",
        /cannot manage chart metrics\/metrics-server\. ClusterSummary metrics-server-sveltos-mgmt managing it/,
      );
      assert.equal(helmReleaseSummaries?.[0]?.status, "Conflict");
    });

    it("instantiates values and objects for the cluster, and applies them in their order", async () => {
      const addons = sveltosAddons(examplePlans("sveltos"));
      await rig.pass(5);
      rig.apply(managementCluster(facts));
      rig.api.define({ "portal.example.net/v1/Page": true });
      const profiles = sveltosProfiles(addons, facts).get("portal") ?? [];
      rig.apply(...profiles.filter(({ metadata }) => /namespace|objects/.test(metadata.name)).map(independent));
      await rig.pass(60);
      const namespace = rig.api.get("v1", "Namespace", "portal");
      assert.deepEqual(namespace?.metadata.labels, { "pod-security.kubernetes.io/enforce": "restricted" });
      const page = rig.api.get("portal.example.net/v1", "Page", "start", "portal");
      assert.deepEqual(page?.spec, { title: "sol" });
    });

    it("tells of a ConfigMap that is missing and of a template that does not fit", async () => {
      rig.apply(chart()[1] as object);
      await rig.pass(30);
      assert.match(
        rig.summary("metrics-server").featureSummaries?.[0]?.failureMessage ?? "",
        /ConfigMap projectsveltos\/metrics-server-values does not exist/,
      );
      const values = chart()[0] as KubernetesObject;
      rig.apply({ ...values, data: { "values.yaml": "a: {{ .Cluster.spec.clusterNetwork }}" } });
      await rig.pass(30);
      assert.match(
        rig.summary("metrics-server").featureSummaries?.[0]?.failureMessage ?? "",
        /map has no entry for key "clusterNetwork"/,
      );
      rig.apply(values);
      await rig.pass(60);
      assert.deepEqual(status("metrics-server"), ["Provisioned"]);
    });
  });
});

/** A profile without those that it waits for. */
function independent(object: KubernetesObject): KubernetesObject {
  if (object.kind !== "ClusterProfile") return object;
  const { dependsOn: _, ...spec } = object.spec as Record<string, unknown>;
  return { ...object, spec };
}
