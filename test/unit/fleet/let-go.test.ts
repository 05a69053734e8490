import assert from "node:assert/strict";
import type { AddonPlan, Delivery } from "../../../components/platform-addons/addon.ts";
import { planAddons } from "../../../components/platform-addons/plan.ts";
import { ownedInState, without } from "../../../fleet/resume/let-go.ts";
import { configOf, factsOf } from "../components/platform-addons/facts.ts";

const facts = factsOf("luna");

function plan(takesOver: boolean): { addons: AddonPlan[] } {
  const repository = { url: "https://git.example.net/c.git", takesOver };
  const delivery: Delivery = "argocd";
  const addons = { argocd: { settings: { repository } }, "cert-manager": true };
  return planAddons(configOf({ delivery, addons }), facts);
}

const urn = (name: string) => `urn:pulumi:luna::orrery::kubernetes::${name}`;
const resource = (apiVersion: string, kind: string, name: string, namespace?: string) => ({
  urn: urn(name),
  type: `kubernetes:${apiVersion}:${kind}`,
  inputs: { apiVersion, kind, metadata: { name, ...(namespace ? { namespace } : {}) } },
});

const resources = [
  resource("v1", "Namespace", "cert-manager"),
  resource("argoproj.io/v1alpha1", "Application", "cert-manager", "argocd"),
  resource("cert-manager.io/v1", "ClusterIssuer", "self-signed"),
  resource("argoproj.io/v1alpha1", "Application", "apps", "argocd"),
  { urn: urn("release"), type: "kubernetes:helm.sh/v3:Release", inputs: { name: "argocd", namespace: "argocd" } },
];
const state = { version: 3, deployment: { manifest: {}, resources } };

describe("fleet/resume/let-go", () => {
  it("finds what Git owns by what it is in the cluster, and leaves the engine, namespaces and releases to Pulumi", () => {
    const found = resources.slice(1, 3).map((each) => each.urn);
    assert.deepEqual(ownedInState(state, plan(true)), found);
    assert.deepEqual(ownedInState(state, plan(false)), []);
    assert.deepEqual(ownedInState({}, plan(true)), []);
  });

  it("takes resources out of a state with all that refers to them", () => {
    const [namespace, application] = resources as [object, object];
    const other = {
      ...namespace,
      deletedWith: urn("a"),
      dependencies: [urn("a"), urn("b")],
      propertyDependencies: { metadata: [urn("a")], spec: [urn("b")] },
    };
    const before = { version: 3, deployment: { manifest: {}, resources: [{ ...application, urn: urn("a") }, other] } };
    assert.deepEqual(without(before as never, [urn("a")]), {
      version: 3,
      deployment: {
        manifest: {},
        resources: [
          { ...namespace, dependencies: [urn("b")], propertyDependencies: { metadata: [], spec: [urn("b")] } },
        ],
      },
    });
  });
});
