import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { readManifests } from "../../../../charts/api/manifests.ts";

describe("manifests", () => {
  it("are read as Kubernetes' tools read them", () => {
    const { objects, problems } = readManifests(`
on: yes
mode: 0644
ports: 8080:80
time: 2026-01-01
---
# only a comment
---
text: "yes"
`);
    assert.deepEqual(problems, []);
    assert.deepEqual(objects, [{ true: true, mode: 420, ports: "8080:80", time: "2026-01-01" }, { text: "yes" }]);
  });

  it("may hold lists, which are taken apart", () => {
    const list = "{ kind: List, items: [{ kind: A }, { kind: BList, items: [{ kind: B }] }, { kind: WhiteList }] }";
    assert.deepEqual(readManifests(list).objects, [{ kind: "A" }, { kind: "B" }, { kind: "WhiteList" }]);
  });

  it("tell what is no YAML, and give the rest", () => {
    const { objects, problems } = readManifests("a: [\n---\na: 1\n---\na: 1\na: 2\n");
    assert.deepEqual(objects, [{ a: 1 }]);
    assert.equal(problems.length, 2);
    for (const problem of problems) assert.match(problem, /^a manifest is no YAML: /);
  });
});
