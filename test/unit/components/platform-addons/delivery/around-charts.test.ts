import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { AddonPlan, KubernetesObject } from "../../../../../components/platform-addons/addon.ts";
import { argoObjects } from "../../../../../components/platform-addons/delivery/argocd.ts";
import { type DeliveredAddon, deliveredBy } from "../../../../../components/platform-addons/delivery/delivered.ts";
import { sveltosAddons, sveltosProfiles } from "../../../../../components/platform-addons/delivery/sveltos.ts";
import { PlatformAddons } from "../../../../../components/platform-addons.ts";
import { repositoryPart } from "../../../../../fleet/render/repository.ts";
import { runMocked } from "../../../../support/mocks.ts";
import { factsOf } from "../facts.ts";
import { examplePlans } from "./example.ts";

/**
 * Three add-ons in a row: `database`, then `rules`, which has no chart, then `portal`, which has a database applied before
 * its chart and which nothing waits for.
 */
function plans(delivery: AddonPlan["delivery"]): AddonPlan[] {
  const [network, database, portal] = examplePlans(delivery) as [AddonPlan, AddonPlan, AddonPlan];
  const { chart: _, ...withoutChart } = database;
  const settings: KubernetesObject = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "settings", namespace: "portal" },
  };
  const rule: KubernetesObject = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "rule", namespace: "elsewhere" },
  };
  const rules = { ...withoutChart, name: "rules", version: "", values: {}, objects: [rule], after: ["database"] };
  const changed = { ...portal, after: ["rules"], objectsBefore: [settings], awaited: false, secrets: [] };
  return [network, database, ...[rules, changed].map(withOwnTemplate)];
}

/** What was changed in a plan holds for Sveltos, too. */
function withOwnTemplate(addon: AddonPlan): AddonPlan {
  const { template, objectsBefore, objects } = addon;
  return template ? { ...addon, template: { ...template, objectsBefore, objects } } : addon;
}

function delivered(delivery: AddonPlan["delivery"]): DeliveredAddon[] {
  return deliveredBy(delivery, plans(delivery));
}

function named(delivery: AddonPlan["delivery"], name: string): DeliveredAddon {
  return delivered(delivery).find((addon) => addon.name === name) as DeliveredAddon;
}

describe("objects around a chart, and add-ons without one", () => {
  for (const delivery of ["direct", "argocd"] as const) {
    it(`${delivery}: Pulumi applies the objects, in order`, async () => {
      const program = () =>
        new PlatformAddons("sol", {
          facts: factsOf("sol"),
          addons: plans(delivery),
          kubeconfig: pulumi.secret("apiVersion: v1"),
          secrets: {},
        });
      const { resources } = await runMocked(program, {}, "sol");
      const chart = (name: string) => (delivery === "argocd" ? `sol-${name}-application` : `sol-${name}`);
      const waits = Object.fromEntries(resources.map(({ name, dependsOn }) => [name, dependsOn]));
      assert.deepEqual(waits["sol-rules-configmap-elsewhere-rule"], [chart("database")]);
      const early = "sol-portal-configmap-settings";
      assert.deepEqual(waits[early], ["sol-namespace-portal", "sol-rules-configmap-elsewhere-rule"]);
      assert.deepEqual(waits[chart("portal")], ["sol-namespace-portal", early, "sol-rules-configmap-elsewhere-rule"]);
      assert.equal(waits[chart("rules")], undefined, "nothing stands for the chart that is not there");
      const inputs: Record<string, unknown> = resources.find(({ name }) => name === chart("portal"))?.inputs ?? {};
      const waitsForIt =
        delivery === "direct" ? inputs.skipAwait !== true : JSON.stringify(inputs).includes("pulumi.com/waitFor");
      assert.equal(waitsForIt, false);
    });
  }

  it("a Secret that two add-ons read is made once, and both wait for it", async () => {
    const secret = {
      configKey: "token",
      description: "a token",
      name: "token",
      namespace: "portal",
      keys: { key: "" },
    };
    const [network, database, , portal] = plans("direct") as [AddonPlan, AddonPlan, AddonPlan, AddonPlan];
    const addons = [network, { ...database, secrets: [secret] }, { ...portal, after: [], secrets: [secret] }];
    const program = () =>
      new PlatformAddons("sol", {
        facts: factsOf("sol"),
        addons,
        kubeconfig: pulumi.secret("apiVersion: v1"),
        secrets: { token: pulumi.secret("canary") },
      });
    const { resources } = await runMocked(program, {}, "sol");
    const waiting = resources.filter(({ dependsOn }) => dependsOn.includes("sol-secret-portal-token"));
    assert.deepEqual(waiting.map(({ name }) => name).sort(), [
      "sol-database",
      "sol-portal",
      "sol-portal-configmap-settings",
    ]);
    assert.equal(resources.filter(({ type }) => type.endsWith(":Secret")).length, 1);
  });

  it("argocd: objects before a chart are in the wave before it", () => {
    const waves = (name: string) =>
      argoObjects(named("argocd", name)).map(({ kind, metadata }) => [
        kind,
        metadata.annotations?.["argocd.argoproj.io/sync-wave"],
      ]);
    assert.deepEqual(waves("portal"), [
      ["ConfigMap", "3"],
      // With the chart, because nothing waits for it.
      ["Page", "4"],
    ]);
    assert.deepEqual(waves("rules"), [["ConfigMap", "3"]]);
  });

  it("flux: releases wait for releases only, and the objects have folders of their own", () => {
    assert.deepEqual(named("flux", "portal").after, ["rules"]);
    assert.deepEqual(named("flux", "portal").afterReleases, ["database"]);
    const { files } = repositoryPart(factsOf("sol"), plans("flux"));
    assert.deepEqual(Object.keys(files), [
      "clusters/sol/flux/objects/portal-before/objects.yaml",
      "clusters/sol/flux/objects/portal/objects.yaml",
      "clusters/sol/flux/objects/rules/objects.yaml",
      "clusters/sol/flux/platform/database.yaml",
      "clusters/sol/flux/platform/portal.yaml",
      "clusters/sol/flux/platform/rules.yaml",
    ]);
    const portal = files["clusters/sol/flux/platform/portal.yaml"] ?? "";
    assert.match(portal, /dependsOn:\n {4}- name: database\n/);
    assert.match(portal, /name: portal-before\n/);
    assert.match(portal, /path: \.\/clusters\/sol\/flux\/objects\/portal-before\n/);
    assert.equal(portal.match(/disableWait: true/g)?.length, 2);
    assert.doesNotMatch(files["clusters/sol/flux/platform/rules.yaml"] ?? "", /HelmRelease|HelmRepository/);
  });

  it("sveltos: profiles in the same order", () => {
    const profiles = [...sveltosProfiles(sveltosAddons(plans("sveltos")), factsOf("sol")).values()]
      .flat()
      .filter(({ kind }) => kind === "ClusterProfile")
      .map(({ metadata, spec }) => [metadata.name, (spec as { dependsOn?: string[] }).dependsOn]);
    assert.deepEqual(profiles, [
      ["database", undefined],
      ["rules-objects", ["database"]],
      ["portal-namespace", undefined],
      ["portal-before", ["portal-namespace", "rules-objects"]],
      ["portal", ["portal-namespace", "rules-objects", "portal-before"]],
      ["portal-objects", ["portal"]],
    ]);
  });
});
