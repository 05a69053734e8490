import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import type { AddonPlan, Delivery } from "../../../../components/platform-addons/addon.ts";
import { catalogue } from "../../../../components/platform-addons/catalogue/index.ts";
import { namespacesOf } from "../../../../components/platform-addons/namespaces.ts";
import { planAddons } from "../../../../components/platform-addons/plan.ts";
import { repositoryPart } from "../../../../fleet/render/repository.ts";
import type { Repositories } from "../../../../lab/git/repositories.ts";
import { findChart } from "../../../../lab/kubernetes/charts.ts";
import { Helm } from "../../../../lab/kubernetes/helm.ts";
import { serverSideApplied } from "../../../../lab/kubernetes/server-side-apply.ts";
import type { KubernetesObject } from "../../../../lab/talos/interface.ts";
import { configOf, factsOf } from "../../../unit/components/platform-addons/facts.ts";
import { TestRepository } from "../../support/repository.ts";
import { EngineRig } from "./engine-rig.ts";

const facts = factsOf("luna");
const url = TestRepository.url;
const hour = 3600;

/** The whole catalogue of one delivery; of entries that exclude each other, one. */
function plans(delivery: Delivery): AddonPlan[] {
  const said = catalogue().map(({ name, example }) => [name, { settings: example ?? {} }]);
  const engine = { settings: { repository: { url } } };
  const addons = { ...Object.fromEntries(said), argocd: engine, flux: engine, "volsync-kopia": false };
  const { addons: planned } = planAddons(configOf({ delivery, addons }), facts, undefined, "repository");
  return planned;
}

/** A cluster in which everything is that Pulumi applies itself. */
function rigWith(addons: readonly AddonPlan[], repositories?: Repositories): EngineRig {
  const rig = new EngineRig(repositories);
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

/** Lets time pass until something is so. */
async function until(rig: EngineRig, what: string, holds: () => boolean): Promise<void> {
  for (let seconds = 0; seconds < hour; seconds += 30) {
    if (holds()) return;
    await rig.pass(30);
  }
  assert.fail(`it takes more than an hour until ${what}`);
}

describe("the whole catalogue out of a Git repository", () => {
  let repository: TestRepository;
  beforeEach(() => {
    repository = new TestRepository();
  });
  afterEach(() => repository.remove());

  /** A cluster whose engine reads what was rendered for it, besides what Pulumi applies. */
  function rigFromGit(engine: "argocd" | "flux"): { rig: EngineRig; addons: AddonPlan[] } {
    const addons = plans(engine);
    const rig = rigWith(addons, repository.repositories);
    repository.push(repositoryPart(facts, addons).files);
    rig.apply(...(addons.find(({ name }) => name === engine)?.objects ?? []));
    return { rig, addons };
  }

  it("comes up under Argo CD, wave by wave", async () => {
    const { rig, addons } = rigFromGit("argocd");
    await until(rig, "everything is synced and healthy", () => {
      const { sync, health } = rig.application("apps") ?? {};
      return sync?.status === "Synced" && health?.status === "Healthy";
    });
    const synced = rig.world.state.records.filter(({ kind }) => kind === "argocd.sync").map(({ subject }) => subject);
    const applications = addons.filter(({ delivery, chart }) => delivery === "argocd" && chart);
    assert.ok(applications.length > 20);
    for (const { name, after } of applications) {
      assert.equal(rig.application(name)?.health.status, "Healthy", name);
      for (const other of after.filter((each) => applications.some((one) => one.name === each))) {
        const [first, second] = [other, name].map((each) => synced.indexOf(`Application/argocd/${each}`));
        assert.ok((first as number) < (second as number), `${name} comes after ${other}`);
      }
    }
  });

  it("comes up under Flux, where folders are applied as a whole and tried again", async () => {
    const { rig, addons } = rigFromGit("flux");
    const isReady = ({ status }: KubernetesObject) =>
      (status as { conditions?: { status: string }[] } | undefined)?.conditions?.[0]?.status === "True";
    const list = (resource: string) => rig.api.list(`${resource}.toolkit.fluxcd.io`) ?? [];
    const expected = addons.filter(({ delivery, chart }) => delivery === "flux" && chart).length;
    await until(rig, "all releases and all folders are ready", () => {
      const releases = list("helmreleases.helm");
      return releases.length === expected && [...releases, ...list("kustomizations.kustomize")].every(isReady);
    });
    assert.ok(expected > 20 && list("kustomizations.kustomize").length > 10);
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
