import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "mocha";
import { parse, stringify } from "yaml";
import type { ObjectSet } from "../../../charts/api/check-objects.ts";
import { named, otherClusters, plannedClusters, variedDownstream } from "../../../charts/clusters.ts";
import { downstreamObjects, entryObjects } from "../../../charts/own-objects.ts";
import { casesOf, entriesOf, type PlannedChart, plannedCharts } from "../../../charts/planned.ts";
import type { ClusterPlan } from "../../../stacks/plan.ts";
import { fleet } from "../../support/fleet.ts";

const kindsOf = (sets: ObjectSet[]) =>
  Object.fromEntries(sets.map(({ from, objects }) => [from, [...new Set(objects.map(({ kind }) => kind))].sort()]));

describe("what is looked at", () => {
  let plans: ClusterPlan[];
  let sol: ClusterPlan[];

  before(() => {
    plans = plannedClusters(fleet);
    sol = plans.filter(({ facts }) => facts.name === "sol");
  });

  it("is every cluster of a folder, and of the examples", () => {
    assert.deepEqual(plans.map(({ facts }) => facts.name).sort(), ["home", "luna", "sol", "terra"]);
  });

  it("is a user's own clusters, whatever they say, and the examples as they are", () => {
    const folder = mkdtempSync(join(tmpdir(), "orrery-charts-"));
    const shared = parse(readFileSync(join(fleet, "Pulumi.shared.yaml"), "utf8"));
    const { stable, candidate } = shared.config["orrery:shared"].releases;
    shared.config["orrery:shared"].releases = { proven: stable, next: candidate };
    const write = (stack: string, content: unknown) =>
      writeFileSync(join(folder, `Pulumi.${stack}.yaml`), stringify(content));
    try {
      write("shared", shared);
      write("mars", { config: { "orrery:cluster": { id: 106, release: "proven" } } });
      const names = () => plannedClusters(folder).map(({ facts }) => [facts.name, facts.releaseName]);
      assert.deepEqual(names(), [
        ["mars", "proven"],
        ["home", "candidate"],
      ]);
      write("home", { config: { "orrery:cluster": { id: 107, release: "proven" } } });
      assert.deepEqual(names().sort(), [
        ["home", "proven"],
        ["mars", "proven"],
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is every entry, switched on or not, and what is no entry", () => {
    const charts = plannedCharts(casesOf(plans, entriesOf(["gateway-api", "powerdns", "longhorn"])));
    assert.deepEqual(
      charts.map(({ entry, uses }) => [entry, uses.flatMap(({ clusters }) => clusters).sort()]),
      [
        ["gateway-api", ["home", "luna", "sol", "terra"]],
        ["longhorn", ["home", "luna", "luna with other settings", "sol", "terra", "terra with other settings"]],
      ],
    );
  });

  it("is what the platforms of downstream clusters consist of, and what they need beside it", () => {
    const charts = plannedCharts([], [...named(plans), ...variedDownstream(fleet)]);
    const usesOf = (name: string) => charts.find(({ entry }) => entry === name)?.uses ?? [];
    assert.deepEqual(usesOf("cluster-autoscaler")[0]?.clusters, [
      "sol",
      "sol with other settings",
      "sol with platforms by argocd",
    ]);
    const cilium = usesOf("cilium").find(({ clusters }) => clusters.includes("sol, cluster media"));
    assert.equal(cilium?.kubernetes, "1.31.4");
    const argo = usesOf("cilium").find(({ clusters }) =>
      clusters.includes("sol with platforms by argocd, cluster dev"),
    );
    const hubble = argo?.values.hubble as { tls?: { auto: { method: string } } } | undefined;
    assert.equal(hubble?.tls?.auto.method, "cronJob");
    assert.ok(usesOf("istio-ztunnel").length > 0);
  });

  it("is a cluster with other nodes and addresses for every Kubernetes version", () => {
    const others = otherClusters(fleet);
    assert.deepEqual(others.map(({ title, cluster }) => [title, cluster.facts.release.kubernetes]).sort(), [
      ["luna with one node and IPv6 alone", "1.31.4"],
      ["luna with taints", "1.31.4"],
      ["terra with one node and IPv6 alone", "1.32.10"],
      ["terra with taints", "1.32.10"],
    ]);
    const [metrics, volumes] = plannedCharts(casesOf(plans, entriesOf(["metrics-server", "proxmox-csi"]), others));
    const valuesIn = (title: string, chart?: PlannedChart) =>
      chart?.uses.find(({ clusters }) => clusters.includes(title))?.values;
    const { node } = valuesIn("luna with taints", volumes) as { node: { tolerations: { key: string }[] } };
    assert.ok(node.tolerations.some(({ key }) => key === "dedicated"));
    assert.equal(valuesIn("luna with one node and IPv6 alone", metrics)?.replicas, 1);
  });

  it("has what other entries want in the values of one", () => {
    const [cilium] = plannedCharts(casesOf(sol, entriesOf(["cilium"])));
    const withOther = (name: string) =>
      cilium?.uses.find(({ clusters }) => clusters.includes(`sol with ${name}`))?.values;
    const hubble = withOther("kube-prometheus-stack")?.hubble as { metrics: { enabled: string[] } };
    assert.ok(hubble.metrics.enabled.includes("flow"));
    assert.deepEqual(withOther("istio-cni")?.socketLB, { hostNamespaceOnly: true });
  });

  it("has the keys with it that entries list", () => {
    const [cilium, longhorn] = plannedCharts(casesOf(sol, entriesOf(["cilium", "longhorn"])));
    assert.deepEqual([cilium?.followsRelease, longhorn?.followsRelease], [true, false]);
    assert.ok(cilium?.valueKeys?.includes("hubble"), String(cilium?.valueKeys));
    const scaler = plannedCharts([], named(sol)).find(({ entry }) => entry === "cluster-autoscaler");
    assert.ok(scaler?.valueKeys?.includes("autoDiscovery"));
  });

  it("is an entry's own objects, and those of every delivery", () => {
    assert.deepEqual(kindsOf(entryObjects(casesOf(sol, entriesOf(["capsule"])))), {
      "delivery by argocd": ["Application"],
      "delivery by flux": ["HelmRelease", "Namespace", "OCIRepository"],
      "delivery by sveltos": ["ClusterProfile", "ConfigMap"],
    });
    const own = kindsOf(entryObjects(casesOf(sol, entriesOf(["powerdns"]))))["its objects"];
    assert.ok(own?.includes("Deployment"), String(own));
    // Pulumi alone can apply it.
    assert.deepEqual(Object.keys(kindsOf(entryObjects(casesOf(sol, entriesOf(["cilium"]))))), ["its objects"]);
  });

  it("is the clusters that clusters make", () => {
    const kinds = kindsOf(downstreamObjects(named(plans)));
    assert.deepEqual(Object.keys(kinds), ["cluster media", "cluster dev", "platform"]);
    assert.ok(kinds["cluster media"]?.includes("TalosControlPlane"));
    assert.ok(kinds.platform?.includes("ClusterProfile"));
  });

  it("is clusters on Harvester, the tenants' interface and platforms by Argo CD, which no stack file has", () => {
    const [varied, byArgo] = variedDownstream(fleet).map((one) => kindsOf(downstreamObjects([one])));
    const kinds = varied ?? {};
    assert.ok(byArgo?.platform?.includes("ApplicationSet"), String(byArgo?.platform));
    assert.ok(byArgo?.["cluster media"]?.includes("ExternalSecret"), String(byArgo?.["cluster media"]));
    assert.ok(kinds["cluster media"]?.includes("HarvesterCluster"), String(kinds["cluster media"]));
    assert.ok(kinds["cluster dev"]?.includes("TenantCluster"), String(kinds["cluster dev"]));
    for (const kind of ["CompositeResourceDefinition", "Composition", "EventTrigger"]) {
      assert.ok(kinds.platform?.includes(kind), `${kind}: ${kinds.platform}`);
    }
  });
});
