import assert from "node:assert/strict";
import { resolve } from "node:path";
import { before, describe, it } from "mocha";
import type { ObjectSet } from "../../../charts/api/check-objects.ts";
import { downstreamObjects, entryObjects } from "../../../charts/own-objects.ts";
import { downstreamCharts, entriesOf, plannedCharts, plannedClusters } from "../../../charts/planned.ts";
import type { ClusterPlan } from "../../../stacks/plan.ts";

const kindsOf = (sets: ObjectSet[]) =>
  Object.fromEntries(sets.map(({ from, objects }) => [from, [...new Set(objects.map(({ kind }) => kind))].sort()]));

describe("what is looked at", () => {
  let plans: ClusterPlan[];
  let sol: ClusterPlan[];

  before(() => {
    plans = plannedClusters(resolve(import.meta.dirname, "../../.."));
    sol = plans.filter(({ facts }) => facts.name === "sol");
  });

  it("is every cluster of the project, and of the examples", () => {
    assert.deepEqual(plans.map(({ facts }) => facts.name).sort(), ["home", "luna", "sol", "terra"]);
  });

  it("is every entry, switched on or not, and what is no entry", () => {
    const charts = plannedCharts(plans, entriesOf(["argocd", "powerdns", "longhorn"]));
    assert.deepEqual(
      charts.map(({ entry, uses }) => [entry, uses.flatMap(({ clusters }) => clusters).sort()]),
      ["argocd", "longhorn"].map((entry) => [entry, ["home", "luna", "sol", "terra"]]),
    );
    assert.deepEqual(
      downstreamCharts(plans).map(({ entry, namespace, uses }) => [entry, namespace, uses[0]?.clusters]),
      [["cluster-autoscaler", "dev", ["sol"]]],
    );
  });

  it("is an entry's own objects, and those of every delivery", () => {
    assert.deepEqual(kindsOf(entryObjects(sol, entriesOf(["capsule"]))), {
      "delivery by argocd": ["Application"],
      "delivery by flux": ["HelmRelease", "Namespace", "OCIRepository"],
      "delivery by sveltos": ["ClusterProfile", "ConfigMap"],
    });
    const own = kindsOf(entryObjects(sol, entriesOf(["powerdns"])))["its objects"];
    assert.ok(own?.includes("Deployment"), String(own));
    // Pulumi alone can apply it.
    assert.deepEqual(Object.keys(kindsOf(entryObjects(sol, entriesOf(["cilium"])))), ["its objects"]);
  });

  it("is the clusters that clusters make", () => {
    const kinds = kindsOf(downstreamObjects(plans));
    assert.deepEqual(Object.keys(kinds), ["cluster media", "cluster dev", "platform"]);
    assert.ok(kinds["cluster media"]?.includes("TalosControlPlane"));
    assert.ok(kinds.platform?.includes("ClusterProfile"));
  });
});
