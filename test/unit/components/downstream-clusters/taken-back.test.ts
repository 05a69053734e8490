import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { clusterObjects, planDownstreamCluster } from "../../../../components/downstream-clusters/plan.ts";
import { takeBackProblem, takenBackHook } from "../../../../components/downstream-clusters/taken-back.ts";
import type { KubernetesObject } from "../../../../components/facts.ts";
import type { AddonPlan } from "../../../../components/platform-addons/addon.ts";
import { readersIn } from "../../../../components/platform-addons/delivery/git-readers.ts";
import { runMocked } from "../../../support/mocks.ts";
import { FakeTools } from "../talos-cluster/lifecycle/fake-tools.ts";
import { exampleCluster } from "./example.ts";

describe("downstream clusters that Pulumi takes back from Git", () => {
  const objects = clusterObjects(planDownstreamCluster(exampleCluster("media")));
  const [cluster] = objects;
  assert.ok(cluster?.kind === "Cluster");

  const groupOf = ({ apiVersion }: KubernetesObject) => apiVersion.split("/")[0] ?? "";
  /** An Application that has applied the objects. */
  const application = (more: object = {}): KubernetesObject => ({
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Application",
    metadata: { name: "apps", namespace: "argocd" },
    status: {
      resources: objects.map((object) => ({
        group: groupOf(object),
        kind: object.kind,
        namespace: object.metadata.namespace,
        name: object.metadata.name,
        ...more,
      })),
    },
  });
  const kustomization: KubernetesObject = {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name: "flux-system", namespace: "flux-system" },
    status: { inventory: { entries: [{ id: "media_media_cluster.x-k8s.io_Cluster", v: "v1beta2" }] } },
  };
  const marked = (annotations: Record<string, string>, wanted = (_: KubernetesObject) => true) =>
    objects.map((object) =>
      wanted(object) ? { ...object, metadata: { ...object.metadata, annotations } } : object,
    ) as KubernetesObject[];
  const kept = { "argocd.argoproj.io/sync-options": "SkipDryRunOnMissingResource=true, Prune=false" };
  const problem = (others: string, place: string, engine: string, annotation: string) =>
    `the Cluster media/media${others}: the ${place} would delete it when its file leaves Git, and with a cluster all of its machines, because the object in the cluster does not say ${annotation} yet. Nothing is taken back before that: render sol so that its files say so (npm run fleet -- render sol --to <folder>; when they have left already, bring back the commit before), commit and push, wait until ${engine} has synced that revision, and run this again`;
  const byArgo = problem(
    ` and ${objects.length - 1} more`,
    "Application argocd/apps",
    "Argo CD",
    "argocd.argoproj.io/sync-options: Prune=false",
  );

  it("stay with Git while it has them and the objects in the cluster may be pruned", () => {
    const readers = readersIn("argocd", [application()]);
    assert.equal(takeBackProblem("sol", objects, readers, objects), byArgo);
    assert.equal(
      takeBackProblem(
        "sol",
        objects,
        readers,
        marked(kept, ({ kind }) => kind !== "Cluster"),
      ),
      byArgo.replace(/ and \d+ more/, ""),
    );
    assert.equal(takeBackProblem("sol", objects, readers, marked(kept)), undefined);
  });

  it("stay with Git also when it has lost them and they are not deleted yet", () => {
    const readers = readersIn("argocd", [application({ requiresPruning: true })]);
    assert.equal(takeBackProblem("sol", objects, readers, objects), byArgo);
    assert.equal(takeBackProblem("sol", objects, readers, marked(kept)), undefined);
  });

  it("are told from what nobody applies, and from what is not there", () => {
    assert.equal(takeBackProblem("sol", objects, readersIn("argocd", []), objects), undefined);
    assert.equal(takeBackProblem("sol", objects, readersIn("argocd", [application()]), []), undefined);
  });

  it("may not be pruned in each engine's own words", () => {
    const readers = readersIn("flux", [kustomization]);
    const words = "kustomize.toolkit.fluxcd.io/prune: disabled";
    assert.equal(
      takeBackProblem("sol", objects, readers, marked(kept)),
      problem("", "Kustomization flux-system/flux-system", "Flux", words),
    );
    const disabled = marked({ "kustomize.toolkit.fluxcd.io/prune": "disabled" });
    assert.equal(takeBackProblem("sol", objects, readers, disabled), undefined);
  });

  describe("by a hook", () => {
    const engines = [{ name: "argocd", provides: ["delivery:argocd"] }] as unknown as AddonPlan[];
    let tools: FakeTools;
    before(() => {
      tools = new FakeTools();
    });
    after(() => tools.close());

    async function run(addons: AddonPlan[]): Promise<void> {
      const program = () => takenBackHook("sol", { objects, addons, kubeconfig: pulumi.output("apiVersion: v1") });
      const { result: hook } = await runMocked(program, {}, "sol");
      await hook.callback({} as pulumi.ResourceHookArgs);
    }
    const answer = (type: string, items: readonly KubernetesObject[]) =>
      tools.answer("cluster", `get ${type} --all-namespaces --output json`, JSON.stringify({ items }));
    const answerObjects = (present: readonly KubernetesObject[]) => {
      for (const { apiVersion, kind } of objects) {
        const type = `${kind}.${apiVersion.split("/")[0]}`;
        answer(
          type,
          present.filter((object) => object.kind === kind),
        );
      }
    };

    it("ask nobody where no engine reads Git", async () => {
      await run([]);
      assert.equal(tools.record, "");
    });

    it("are refused when the engines cannot be asked", async () => {
      await assert.rejects(run(engines), { message: /^cannot see what Git still has: no answer for cluster get/ });
    });

    it("are refused until the objects in the cluster may not be pruned", async () => {
      answer("applications.argoproj.io", [application()]);
      answerObjects(objects);
      await assert.rejects(run(engines), { message: byArgo });
      answerObjects(marked(kept));
      await run(engines);
    });
  });
});
