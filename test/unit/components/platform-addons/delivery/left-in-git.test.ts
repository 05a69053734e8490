import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { AddonPlan, KubernetesObject } from "../../../../../components/platform-addons/addon.ts";
import {
  enginesWithGit,
  readersIn,
  readerWith,
} from "../../../../../components/platform-addons/delivery/git-readers.ts";
import { type DeliveryHooks, deliveryHooks } from "../../../../../components/platform-addons/delivery/hand-over.ts";
import { handedOver } from "../../../../../components/platform-addons/delivery/handed.ts";
import { bringProblem, removeProblem } from "../../../../../components/platform-addons/delivery/left-in-git.ts";
import { planAddons } from "../../../../../components/platform-addons/plan.ts";
import { runMocked } from "../../../../support/mocks.ts";
import { FakeTools } from "../../talos-cluster/lifecycle/fake-tools.ts";
import { configOf, factsOf } from "../facts.ts";

const repository = { url: "https://git.example.net/clusters.git" };

function planned(addons: Record<string, unknown>): AddonPlan[] {
  const plan = planAddons(configOf({ addons }), factsOf("sol"));
  assert.deepEqual(plan.problems, []);
  return plan.addons;
}

const application = (resources: object[]): KubernetesObject => ({
  apiVersion: "argoproj.io/v1alpha1",
  kind: "Application",
  metadata: { name: "apps", namespace: "argocd" },
  status: { resources },
});

const kustomization = (...ids: string[]): KubernetesObject => ({
  apiVersion: "kustomize.toolkit.fluxcd.io/v1",
  kind: "Kustomization",
  metadata: { name: "flux-system", namespace: "flux-system" },
  status: { inventory: { entries: ids.map((id) => ({ id, v: "v1" })) } },
});

const child = { group: "argoproj.io", version: "v1alpha1", kind: "Application", namespace: "argocd", name: "reloader" };
const release = "flux-system_reloader_helm.toolkit.fluxcd.io_HelmRelease";
const wayOut = (file: string, engine: string) =>
  `take ${file} out of the repository (npm run fleet -- render sol --to <folder>, then commit and push), and run this again when ${engine} has read that`;

describe("what Git still has of an add-on", () => {
  const byArgo = readersIn("argocd", [application([{ ...child, status: "Synced" }])]);
  const byFlux = readersIn("flux", [kustomization(release)]);
  const engines = { argocd: { settings: { repository } }, flux: { settings: { repository } }, sveltos: true };
  const plans = (delivery: string, more: object = {}) => planned({ ...engines, reloader: { delivery }, ...more });

  it("is what engines say that they apply, and not what has left Git", () => {
    const object = {
      apiVersion: "argoproj.io/v1alpha1",
      kind: "Application",
      metadata: { name: "reloader", namespace: "argocd" },
    };
    assert.equal(readerWith(object, byArgo)?.name, "Application argocd/apps");
    assert.equal(readerWith(object, byFlux), undefined);
    assert.equal(readerWith({ ...object, metadata: { name: "reloader" } }, byArgo), undefined);
    const gone = readersIn("argocd", [application([{ ...child, status: "OutOfSync", requiresPruning: true }])]);
    assert.equal(readerWith(object, gone), undefined);
    assert.deepEqual(readersIn("flux", [{ ...kustomization(), status: undefined }])[0]?.has, new Set());
    const core = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "default" } };
    assert.ok(readerWith(core, readersIn("flux", [kustomization("default_a__ConfigMap")])));
  });

  it("is the namespace that an Application in Git makes, too", () => {
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "reloader" } };
    const made = (status: object, syncOptions: string[]) =>
      readerWith(
        namespace,
        readersIn("argocd", [
          application([{ ...child, ...status }]),
          {
            apiVersion: "argoproj.io/v1alpha1",
            kind: "Application",
            metadata: { name: "reloader", namespace: "argocd" },
            spec: { destination: { namespace: "reloader" }, syncPolicy: { syncOptions } },
          },
        ]),
      )?.name;
    assert.equal(made({}, ["CreateNamespace=true"]), "Application argocd/apps");
    assert.equal(made({}, []), undefined, "somebody else brings it");
    assert.equal(made({ requiresPruning: true }, ["CreateNamespace=true"]), undefined, "it has left Git");
  });

  it("is looked for where an engine of the cluster reads Git", () => {
    assert.deepEqual(enginesWithGit(planned(engines)), ["argocd", "flux"]);
    assert.deepEqual(enginesWithGit(planned({ flux: true })), ["flux"]);
    assert.deepEqual(enginesWithGit(planned({ sveltos: true })), []);
  });

  const moves: [to: string, readers: typeof byArgo, problem: string | undefined][] = [
    ["argocd", byArgo, undefined],
    ["flux", byFlux, undefined],
    [
      "direct",
      byArgo,
      `reloader is still in Git as the Application argocd/reloader, which the Application argocd/apps applies, so that Argo CD would bring it, too: ${wayOut("clusters/sol/apps/platform/reloader.yaml", "Argo CD")}`,
    ],
    [
      "sveltos",
      byFlux,
      `reloader is still in Git as the HelmRelease flux-system/reloader, which the Kustomization flux-system/flux-system applies, so that Flux would bring it, too: ${wayOut("clusters/sol/flux/platform/reloader.yaml", "Flux")}`,
    ],
    [
      "direct",
      readersIn("argocd", [
        application([
          { group: "config.projectsveltos.io", kind: "ClusterProfile", name: "reloader", status: "Synced" },
        ]),
      ]),
      `reloader is still in Git as the ClusterProfile reloader, which the Application argocd/apps applies, so that Argo CD would bring it, too: ${wayOut("clusters/sol/sveltos/reloader.yaml", "Argo CD")}`,
    ],
    ["direct", [], undefined],
  ];
  for (const [to, readers, problem] of moves) {
    it(`decides whether ${to} may bring it: ${problem?.slice(0, 60) ?? "nothing speaks against it"}`, () => {
      assert.equal(bringProblem("sol", plans(to), "reloader", readers), problem);
    });
  }

  it("names the folder that the engine looks into", () => {
    const argocd = { settings: { repository: { ...repository, path: "sol", layout: "folders" } } };
    assert.match(
      bringProblem("sol", plans("direct", { argocd }), "reloader", byArgo) ?? "",
      /: take sol\/platform\/reloader\.yaml out/,
    );
  });

  it("is not to leave the repository while Git alone has it", () => {
    const argocd = { settings: { repository: { ...repository, takesOver: true } } };
    assert.equal(
      bringProblem("sol", plans("direct", { argocd }), "reloader", byArgo),
      "reloader is still in Git as the Application argocd/reloader, which the Application argocd/apps applies, and with its file the add-on would go, because Git alone has it: first set settings.repository.takesOver of argocd to false, render, commit and run up; then set delivery to direct",
    );
  });

  it("keeps what was switched off from being deleted", () => {
    const object = {
      apiVersion: "argoproj.io/v1alpha1",
      kind: "Application",
      metadata: { name: "reloader", namespace: "argocd" },
    };
    assert.equal(
      removeProblem("sol", planned(engines), object, byArgo),
      `the Application argocd/reloader is still in Git, and Argo CD would make it anew, because the Application argocd/apps applies it: ${wayOut("clusters/sol/apps/platform/reloader.yaml", "Argo CD")}`,
    );
    assert.equal(removeProblem("sol", planned(engines), object, byFlux), undefined);
    const issuer = { apiVersion: "cert-manager.io/v1", kind: "ClusterIssuer", metadata: { name: "acme" } };
    const objects = readersIn("flux", [
      {
        ...kustomization("_acme_cert-manager.io_ClusterIssuer"),
        metadata: { name: "cert-manager-objects", namespace: "flux-system" },
      },
    ]);
    assert.equal(
      removeProblem("sol", planned(engines), issuer, objects),
      `the ClusterIssuer acme is still in Git, and Flux would make it anew, because the Kustomization flux-system/cert-manager-objects applies it: ${wayOut("it", "Flux")}`,
    );
  });

  describe("when the whole cluster goes", () => {
    const delivered = plans("argocd", { "cert-manager": { delivery: "flux" } });
    const handed = [...handedOver(delivered, factsOf("sol")).values()].flatMap(({ objects }) => objects);
    const applied = [...handed, ...delivered.flatMap(({ objects }) => objects)];
    let tools: FakeTools;
    let hooks: DeliveryHooks;
    /** Of a run that says so; add-ons have left the stack file before it. */
    let hooksOfDestroy: DeliveryHooks;

    before(async () => {
      tools = new FakeTools();
      const kubeconfig = pulumi.output("apiVersion: v1");
      const args = { facts: factsOf("sol"), kubeconfig };
      const made = await runMocked(
        () => [
          deliveryHooks("sol", { ...args, addons: delivered }),
          deliveryHooks("sol", { ...args, addons: planned(engines), destroying: true }),
        ],
        {},
        "sol",
      );
      [hooks, hooksOfDestroy] = made.result as [DeliveryHooks, DeliveryHooks];
    });
    after(() => tools.close());

    for (const [kind, delivery] of [
      ["Namespace", "objects"],
      ["ClusterIssuer", "objects"],
      ["Application", "argocd"],
      ["HelmRelease", "flux"],
    ] as const) {
      it(`holds no ${kind} up, and asks nobody`, async () => {
        const namespace = { apiVersion: "v1", kind, metadata: { name: "reloader" } };
        const oldInputs = kind === "Namespace" ? namespace : applied.find((object) => object.kind === kind);
        assert.ok(oldInputs);
        for (const hook of [hooks, hooksOfDestroy].flatMap((one) => one[delivery].beforeDelete ?? [])) {
          await (hook as pulumi.ResourceHook).callback({ oldInputs } as unknown as pulumi.ResourceHookArgs);
        }
        assert.equal(tools.record, "");
      });
    }
  });
});
