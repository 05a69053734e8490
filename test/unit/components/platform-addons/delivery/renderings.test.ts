import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse, parseAllDocuments } from "yaml";
import type { AddonPlan, KubernetesObject } from "../../../../../components/platform-addons/addon.ts";
import { catalogue } from "../../../../../components/platform-addons/catalogue/index.ts";
import { argoApplication, argoObjects } from "../../../../../components/platform-addons/delivery/argocd.ts";
import {
  type DeliveredChart,
  deliveredBy,
  hasChart,
} from "../../../../../components/platform-addons/delivery/delivered.ts";
import { fluxNamespace, fluxObjects, fluxRelease } from "../../../../../components/platform-addons/delivery/flux.ts";
import { manifestText } from "../../../../../components/platform-addons/delivery/manifests.ts";
import {
  selectorOf,
  sveltosAddons,
  sveltosProfiles,
} from "../../../../../components/platform-addons/delivery/sveltos.ts";
import { templateFacts, templateText } from "../../../../../components/platform-addons/delivery/sveltos-templates.ts";
import { PlatformAddons } from "../../../../../components/platform-addons.ts";
import { runMocked } from "../../../../support/mocks.ts";
import { factsOf } from "../facts.ts";
import { database, examplePlans, portal } from "./example.ts";

/** Compares with a golden file; writes it when there is none, and fails then, so that somebody reads it. */
function golden(name: string, text: string): void {
  const file = join(import.meta.dirname, "golden", `${name}.yaml`);
  if (!existsSync(file)) {
    writeFileSync(file, text);
    assert.fail(`${file} was missing and is written now: read it`);
  }
  assert.equal(text, readFileSync(file, "utf8"));
}

function delivered(delivery: AddonPlan["delivery"], plans: AddonPlan[], name: string): DeliveredChart {
  const found = deliveredBy(delivery, plans).find((addon) => addon.name === name);
  assert.ok(found && hasChart(found));
  return found;
}

describe("renderings of one add-on", () => {
  const facts = factsOf("sol");

  it("direct", async () => {
    const program = () =>
      new PlatformAddons("sol", {
        facts,
        addons: examplePlans("direct"),
        kubeconfig: pulumi.secret("apiVersion: v1"),
        secrets: { portalToken: pulumi.secret("canary") },
      });
    const { resources } = await runMocked(program, {}, "sol");
    const mine = resources.filter(({ name, type }) => /portal/.test(name) && !type.endsWith(":Secret"));
    golden("direct", manifestText(mine.map(({ inputs }) => inputs as unknown as KubernetesObject)));
  });

  it("argocd", () => {
    const addon = delivered("argocd", examplePlans("argocd"), "portal");
    golden("argocd", manifestText([argoApplication(addon), ...argoObjects(addon)]));
  });

  it("flux", () => {
    const addon = delivered("flux", examplePlans("flux"), "portal");
    const namespace = fluxNamespace(addon);
    assert.ok(namespace);
    golden("flux", manifestText([namespace, ...fluxRelease(addon), fluxObjects(addon, "clusters/sol/flux/portal")]));
  });

  it("sveltos", () => {
    const profiles = sveltosProfiles(sveltosAddons(examplePlans("sveltos")), facts);
    golden("sveltos", manifestText(profiles.get("portal") ?? []));
  });

  it("agree on what makes the Helm release: chart, version, name, namespace and values", () => {
    const [plan] = examplePlans("argocd").filter(({ name }) => name === "portal") as [AddonPlan];
    const { source, destination } = specOf(argoApplication(delivered("argocd", examplePlans("argocd"), "portal")));
    const [repository, release] = fluxRelease(delivered("flux", examplePlans("flux"), "portal")).map(specOf);
    assert.deepEqual(
      {
        argocd: [source.repoURL, source.chart, source.targetRevision, source.helm.releaseName, destination.namespace],
        flux: [
          repository?.url,
          release?.chart.spec.chart,
          release?.chart.spec.version,
          release?.releaseName,
          release?.targetNamespace,
        ],
      },
      {
        argocd: ["https://charts.example.net", "portal-chart", "1.2.3", "portal", "portal"],
        flux: ["https://charts.example.net", "portal-chart", "1.2.3", "portal", "portal"],
      },
    );
    assert.deepEqual(source.helm.valuesObject, plan.values);
    assert.deepEqual(release?.values, plan.values);
  });

  it("name charts of OCI registries as each engine wants them", () => {
    const argo = specOf(argoApplication(delivered("argocd", examplePlans("argocd"), "database")));
    assert.equal(argo.source.repoURL, "registry.example.net/charts");
    const [source, release] = fluxRelease(delivered("flux", examplePlans("flux"), "database"));
    assert.equal(source?.kind, "OCIRepository");
    assert.equal(specOf(source).url, "oci://registry.example.net/charts/database");
    assert.deepEqual(specOf(source).ref, { tag: "4.5.6" });
    assert.deepEqual(specOf(release).chartRef, { kind: "OCIRepository", name: "database" });
    assert.equal(specOf(release).chart, undefined);
  });

  it("hold no secret", () => {
    for (const delivery of ["argocd", "flux", "sveltos"] as const) {
      assert.doesNotMatch(JSON.stringify(deliveredBy(delivery, examplePlans(delivery))), /portal-token|\{value\}/);
    }
  });
});

describe("order among the add-ons of one delivery", () => {
  /** Plans with nothing but an order: `a <- b` says that b waits for a. */
  const plans = (text: Record<string, [AddonPlan["delivery"], ...string[]]>): AddonPlan[] =>
    Object.entries(text).map(([name, [delivery, ...after]]) => ({
      ...(examplePlans("direct")[0] as AddonPlan),
      name,
      delivery,
      after,
    }));
  const order = (given: AddonPlan[]) => deliveredBy("flux", given).map(({ name, after, step }) => [name, after, step]);

  it("counts the steps", () => {
    const given = plans({ a: ["flux"], b: ["flux"], c: ["flux", "a", "b"], d: ["flux", "c"] });
    assert.deepEqual(order(given), [
      ["a", [], 0],
      ["b", [], 0],
      ["c", ["a", "b"], 1],
      ["d", ["c"], 2],
    ]);
  });

  it("looks through add-ons that somebody else delivers", () => {
    const given = plans({ a: ["flux"], b: ["direct", "a"], c: ["argocd", "b"], d: ["flux", "c", "b"] });
    assert.deepEqual(order(given), [
      ["a", [], 0],
      ["d", ["a"], 1],
    ]);
  });
});

describe("selection by Sveltos", () => {
  it("uses the labels that select the add-on", () => {
    assert.deepEqual(selectorOf(portal, {}), { portal: "true" });
    assert.deepEqual(selectorOf(portal, { monitoring: "true", fluxcd: "true" }), {
      monitoring: "true",
      fluxcd: "true",
    });
    assert.deepEqual(selectorOf(database, {}), { database: "true" });
  });

  for (const cluster of ["sol", "terra"] as const) {
    it(`names nothing of ${cluster} where there is a template for it`, () => {
      const facts = factsOf(cluster);
      const values = examplePlans("sveltos", facts).find(({ name }) => name === "portal")?.template?.values;
      const text = templateText([values], facts);
      assert.doesNotMatch(text, new RegExp(cluster));
      for (const own of [facts.addresses.vip, ...facts.addresses.podSubnets]) assert.ok(!text.includes(own), own);
      assert.deepEqual(parse(instantiated(text, facts)), examplePlans("sveltos", facts).at(-1)?.values);
    });
  }

  it("has templates of every entry of the catalogue that say the same as the entry itself", () => {
    const facts = factsOf("sol");
    const templates = templateFacts(facts);
    for (const { name, directOnly, settings, example, values, objects } of catalogue()) {
      if (directOnly) continue;
      const chosen = settings.parse(example ?? {});
      const text = templateText([values?.(templates, chosen) ?? {}, objects?.(templates, chosen) ?? []], facts);
      const said = parseAllDocuments(instantiated(text, facts)).map((document) => document.toJSON());
      const own = [values?.(facts, chosen) ?? {}, objects?.(facts, chosen) ?? []];
      assert.deepEqual(said, JSON.parse(JSON.stringify(own)), name);
    }
  });

  it("leaves a text without stand-ins as it is", () => {
    assert.equal(templateText([{ a: "{{ b }}" }], factsOf("sol")), 'a: "{{ "{{" }} b }}"\n');
  });
});

/** What Sveltos would make of a template for a cluster like this one. */
function instantiated(text: string, { name, addresses }: ReturnType<typeof factsOf>): string {
  return text
    .replaceAll(/^\{\{- \$\w+ := .* -\}\}\n/gm, "")
    .replaceAll("{{ $name }}", name)
    .replaceAll("{{ $endpoint }}", addresses.vip)
    .replaceAll(/\{\{ index \$pods (\d) \}\}/g, (_, index) => addresses.podSubnets[Number(index)] as string)
    .replaceAll('{{ "{{" }}', "{{");
}

// biome-ignore lint/suspicious/noExplicitAny: a manifest's spec is a different structure in every kind
function specOf(object: KubernetesObject | undefined): any {
  return object?.spec;
}
