import assert from "node:assert/strict";
import { stateOf } from "../../../../fleet/summary/downstream-states.ts";
import { folderWarnings, machineWarnings } from "../../../../fleet/summary/downstream-warnings.ts";

describe("warnings about downstream clusters after up", () => {
  it("are of those without machines, and say where these come from", () => {
    const downstream = [
      { name: "media", state: stateOf([]) },
      { name: "dev", state: "2 of 3 machines ready, not dev-workers-x7k2p (Provisioned)" },
      { name: "lab", state: "unknown" },
    ];
    assert.deepEqual(machineWarnings("sol", downstream, "direct"), [
      "the downstream cluster media has no machines: see kubectl get clusters.cluster.x-k8s.io,events --namespace media",
    ]);
    assert.deepEqual(machineWarnings("sol", downstream, "git"), [
      "the downstream cluster media has no machines: they come when Argo CD has read what render sol --to <folder> writes, committed and pushed; if it has, see kubectl get clusters.cluster.x-k8s.io,events --namespace media",
    ]);
  });

  it("are of charts that are not in the repository, and of no other Application", () => {
    const application = (name: string, path: string, message?: string) => ({
      metadata: { name },
      spec: { source: { path } },
      status: message === undefined ? {} : { conditions: [{ type: "ComparisonError", message }] },
    });
    const told = (path: string) => `Failed to load target state: ${path}: app path does not exist`;
    const paths = [
      "clusters/sol/downstream/cilium-objects/Chart.yaml",
      "clusters/sol/downstream/cert-manager-objects/Chart.yaml",
    ];
    const list = (...items: object[]) => JSON.stringify({ items });
    const ofCilium = "clusters/sol/downstream/cilium-objects";
    const cilium = application("media-cilium-objects", ofCilium, told(ofCilium));
    const certManager = application(
      "dev-cert-manager-objects",
      "clusters/sol/downstream/cert-manager-objects",
      "unable to resolve 'HEAD' to a commit SHA",
    );
    const others = [
      application("apps", "clusters/sol/apps", told("clusters/sol/apps")),
      application("dev-cilium-objects", ofCilium),
      { metadata: { name: "x" } },
    ];
    const push = "if it was not pushed yet, run npm run fleet -- render sol --to <folder>, commit and push";
    assert.deepEqual(folderWarnings("sol", list(...others), paths), []);
    assert.deepEqual(folderWarnings("sol", list(cilium, ...others), paths), [
      `Argo CD cannot read out of the repository what media-cilium-objects needs (${told(ofCilium)}): ${push}`,
    ]);
    assert.deepEqual(folderWarnings("sol", list(cilium, certManager, ...others), paths), [
      `Argo CD cannot read out of the repository what dev-cert-manager-objects, media-cilium-objects need (${told(ofCilium)}): ${push}`,
    ]);
  });
});
