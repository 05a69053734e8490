import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { inRange, manifestProblems } from "../../../charts/kubernetes.ts";

describe("Kubernetes versions of charts", () => {
  const table: [string, string, boolean][] = [
    ["1.31.4", ">= 1.25.0-0", true],
    ["1.31.4", ">=1.32", false],
    ["1.31.4", "^1.20.0-0", true],
    ["2.0.0", "^1.20.0-0", false],
    ["1.31.4", ">=1.22.0-0 <1.31.0-0", false],
    ["1.31.4", ">=1.22.0-0 <1.32.0-0", true],
    ["1.31.4", "~1.30 || ~1.31.2", true],
    ["1.31.1", "~1.30 || ~1.31.2", false],
    ["1.31.4", "1.31.x", true],
    ["1.32.0", "v1.31", false],
    ["1.31.4", "> 1.31.3, < 1.31.5", true],
    ["1.31.4", "!=1.31.4", false],
    ["1.31.4", "<= 1.31.4", true],
  ];
  for (const [version, range, within] of table) {
    it(`${version} is ${within ? "" : "not "}in ${range}`, () => assert.equal(inRange(version, range), within));
  }

  it("serve what they serve, and refuse what has gone", () => {
    const manifests = `apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata: { name: old }
---
apiVersion: flowcontrol.apiserver.k8s.io/v1beta3
kind: FlowSchema
metadata: { name: going }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: fine }
---
# only a comment
---
kind: Nameless
apiVersion: v1
`;
    const old = "PodDisruptionBudget old: policy/v1beta1 is not served from 1.25 on";
    assert.deepEqual(manifestProblems(manifests, "1.31.4"), [old, "a Nameless has no name"]);
    assert.deepEqual(manifestProblems(manifests, "1.32.0"), [
      old,
      "FlowSchema going: flowcontrol.apiserver.k8s.io/v1beta3 is not served from 1.32 on",
      "a Nameless has no name",
    ]);
    assert.match(manifestProblems("a: [", "1.31.4")[0] ?? "", /^a manifest is no YAML/);
  });
});
