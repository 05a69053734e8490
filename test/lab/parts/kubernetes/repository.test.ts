import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import type { AddonPlan, Delivery } from "../../../../components/platform-addons/addon.ts";
import { catalogue } from "../../../../components/platform-addons/catalogue/index.ts";
import { namespacesOf } from "../../../../components/platform-addons/namespaces.ts";
import { planAddons } from "../../../../components/platform-addons/plan.ts";
import { repositoryPart } from "../../../../fleet/render/repository.ts";
import { findChart } from "../../../../lab/kubernetes/charts.ts";
import { Helm } from "../../../../lab/kubernetes/helm.ts";
import { serverSideApplied } from "../../../../lab/kubernetes/server-side-apply.ts";
import type { KubernetesObject } from "../../../../lab/talos/interface.ts";
import { configOf, factsOf } from "../../../unit/components/platform-addons/facts.ts";
import { EngineRig } from "./engine-rig.ts";

const facts = factsOf("luna");
const hour = 3600;

/** The whole catalogue of one delivery; of entries that exclude each other, one. */
function plans(delivery: Delivery): AddonPlan[] {
  const said = catalogue().map(({ name, example }) => [name, { settings: example ?? {} }]);
  const addons = { ...Object.fromEntries(said), "volsync-kopia": false };
  const { addons: planned } = planAddons(configOf({ delivery, addons }), facts, undefined, "repository");
  return planned;
}

/** A cluster in which everything is that Pulumi applies itself. */
function rigWith(addons: readonly AddonPlan[]): EngineRig {
  const rig = new EngineRig();
  const helm = new Helm(rig.world);
  for (const { name, labels } of namespacesOf(addons)) rig.namespace(name, labels);
  for (const { secrets } of addons) {
    for (const { name, namespace } of secrets) {
      rig.apply({ apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, stringData: {} });
    }
  }
  for (const { name, delivery, chart, namespace, values } of addons) {
    if (delivery !== "direct" || !chart) continue;
    const oci = chart.repository.startsWith("oci://");
    const release = {
      name,
      namespace: namespace.name,
      chart: oci ? `${chart.repository}/${chart.name}` : chart.name,
      version: chart.version,
      ...(oci ? {} : { repositoryOpts: { repo: chart.repository } }),
      values,
    };
    helm.apply(rig.api, release, findChart(release.chart, release.version, release.repositoryOpts?.repo));
  }
  return rig;
}

function objectsIn(text: string): KubernetesObject[] {
  return parseAllDocuments(text).map((document) => document.toJSON());
}

function isKnown(rig: EngineRig, { apiVersion, kind }: KubernetesObject): boolean {
  try {
    rig.api.keyFor({ apiVersion, kind, metadata: { name: "a" } });
    return true;
  } catch {
    return false;
  }
}

/** Lets time pass until something is so. */
async function until(rig: EngineRig, what: string, holds: () => boolean): Promise<void> {
  for (let seconds = 0; seconds < hour; seconds += 30) {
    if (holds()) return;
    await rig.pass(30);
  }
  assert.fail(`it takes more than an hour until ${what}`);
}

describe("the whole catalogue out of a Git repository", () => {
  it("comes up under Argo CD, wave by wave", async () => {
    const addons = plans("argocd");
    const rig = rigWith(addons);
    const waves = new Map<number, KubernetesObject[]>();
    for (const object of Object.values(repositoryPart(facts, addons).files).flatMap(objectsIn)) {
      const wave = Number((object.metadata.annotations as Record<string, string>)["argocd.argoproj.io/sync-wave"]);
      waves.set(wave, [...(waves.get(wave) ?? []), object]);
    }
    for (const [wave, objects] of [...waves].sort(([a], [b]) => a - b)) {
      const unknown = objects
        .filter((object) => !isKnown(rig, object))
        .map(({ kind, metadata }) => [kind, metadata.name]);
      assert.deepEqual(unknown, [], `every kind of wave ${wave} is there before it`);
      rig.apply(...objects);
      const names = objects.filter(({ kind }) => kind === "Application").map(({ metadata }) => metadata.name);
      await until(rig, `${names} are healthy`, () =>
        names.every((name) => rig.application(name)?.health.status === "Healthy"),
      );
    }
    assert.ok(waves.size > 3);
  });

  it("comes up under Flux, where folders are applied as a whole and tried again", async () => {
    const addons = plans("flux");
    const rig = rigWith(addons);
    rig.api.define({ "kustomize.toolkit.fluxcd.io/v1/Kustomization": true });
    const { files } = repositoryPart(facts, addons);
    const folder = (path: string) =>
      Object.entries(files).flatMap(([file, text]) => (file.startsWith(`${path}/`) ? objectsIn(text) : []));
    rig.apply(...folder("clusters/luna/flux/platform"));
    const waiting = new Set((rig.api.list("kustomizations.kustomize.toolkit.fluxcd.io") ?? []).map(({ spec }) => spec));
    const releases = (rig.api.list("helmreleases.helm.toolkit.fluxcd.io") ?? []).map(({ metadata }) => metadata.name);
    await until(rig, "all releases are ready and all objects are there", () => {
      for (const spec of waiting) {
        const objects = folder(String((spec as { path: string }).path).replace("./", ""));
        assert.ok(objects.length > 0);
        if (!objects.every((object) => isKnown(rig, object))) continue;
        rig.apply(...objects);
        waiting.delete(spec);
      }
      return waiting.size === 0 && releases.every((name) => rig.ready(name).status === "True");
    });
    assert.ok(releases.length > 20);
  });

  it("comes up under Sveltos, profile after profile", async () => {
    const addons = plans("sveltos");
    const rig = rigWith(addons);
    await rig.pass(5);
    const objects = Object.values(repositoryPart(facts, addons).files).flatMap(objectsIn);
    const cluster = addons.find(({ name }) => name === "sveltos")?.objects[0];
    assert.ok(cluster);
    const registered = rig.api.get(cluster.apiVersion, cluster.kind, cluster.metadata.name, cluster.metadata.namespace);
    rig.apply(serverSideApplied(registered, undefined, cluster), ...objects);
    const profiles = objects.filter(({ kind }) => kind === "ClusterProfile").map(({ metadata }) => metadata.name);
    await until(rig, "all profiles are deployed", () =>
      profiles.every((name) => rig.summary(name).featureSummaries?.every(({ status }) => status === "Provisioned")),
    );
    assert.ok(profiles.length > 40);
  });
});
