import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { checkObjects, type ObjectSet } from "../../../../charts/api/check-objects.ts";
import { objectsText } from "../../../../charts/report.ts";
import { openApi } from "./open-api.ts";

const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "backups.example.net" },
  spec: {
    group: "example.net",
    names: { kind: "Backup" },
    versions: [
      { name: "v1", served: true, schema: { openAPIV3Schema: { properties: { store: { type: "string" } } } } },
    ],
  },
};

/** The same Kubernetes with definitions of custom resources as a kind. */
const whole = {
  definitions: {
    ...openApi.definitions,
    CustomResourceDefinition: {
      type: "object",
      properties: { apiVersion: {}, kind: {}, metadata: {}, spec: {} },
      "x-kubernetes-group-version-kind": [
        { group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition" },
      ],
    },
  },
};

const named = (apiVersion: string, kind: string, more = {}) => ({ apiVersion, kind, metadata: { name: "a" }, ...more });

describe("objects of all entries", () => {
  const sets = (objects: ObjectSet["objects"], charts: ObjectSet["objects"] = []): ObjectSet[] => [
    { entry: "app", from: "its objects", clusters: ["sol"], kubernetes: "1.31.4", objects },
    { entry: "app", from: "its objects", clusters: ["luna"], kubernetes: "1.31.4", objects },
    { entry: "app", from: "its objects", clusters: ["terra"], kubernetes: "1.32.10", objects },
    { entry: "operator", from: "the chart", clusters: ["sol"], kubernetes: "1.31.4", objects: charts },
  ];
  const versions = new Map([
    ["1.31.4", whole],
    ["1.32.10", openApi],
  ]);

  it("are held against the version that their clusters run, and told once", () => {
    const { problems, checked } = checkObjects(sets([named("v1", "Secret", { date: {} })]), versions, []);
    assert.equal(checked, 3);
    const sentence = 'its objects: Secret a: date is not known; did you mean "data"?';
    assert.deepEqual(problems, new Map([["app", new Map([[sentence, ["sol", "luna", "terra"]]])]]));
  });

  it("are left out where the version is not known", () => {
    const some = new Map([["1.32.10", openApi]]);
    assert.equal(checkObjects(sets([named("v1", "Secret")]), some, []).checked, 1);
  });

  it("may be of kinds that a chart defines; the others are counted", () => {
    const objects = [named("example.net/v1", "Backup", { store: 1 }), named("example.org/v1", "Thing")];
    const result = checkObjects(sets(objects, [definition]), versions, []);
    assert.deepEqual(
      [...(result.problems.get("app") ?? [])],
      [["its objects: Backup a: store has to be string, and is 1", ["sol", "luna", "terra"]]],
    );
    assert.deepEqual(Object.fromEntries(result.undefinedKinds), { "example.org/v1 Thing": 3 });
    const beside = checkObjects(sets(objects), versions, [definition]);
    assert.deepEqual(Object.fromEntries(beside.undefinedKinds), { "example.org/v1 Thing": 3 });
  });

  it("may be of kinds that Crossplane makes of a definition", () => {
    const composite = {
      ...definition,
      apiVersion: "apiextensions.crossplane.io/v2",
      kind: "CompositeResourceDefinition",
    };
    const objects = [named("example.net/v1", "Backup", { stores: [], status: { ready: true } })];
    assert.deepEqual(
      [...(checkObjects(sets(objects), versions, [composite]).problems.get("app") ?? [])],
      [['its objects: Backup a: stores is not known; did you mean "store"?', ["sol", "luna", "terra"]]],
    );
  });

  it("are summed up", () => {
    const objects = [named("v1", "Secret", { date: {} }), named("example.org/v1", "Thing")];
    const counts = { well: 0, wrong: 0, absent: 0 };
    const text = objectsText(checkObjects(sets(objects), versions, []), [...versions.keys()], counts);
    assert.equal(
      text,
      `wrong  3 objects: Kubernetes 1.31.4, 1.32.10
         app, its objects: Secret a: date is not known; did you mean "data"? (sol, luna, terra)
       3 more not looked at: no chart that was rendered defines their kind
         example.org/v1 Thing: 3`,
    );
    assert.deepEqual(counts, { well: 0, wrong: 1, absent: 0 });
  });
});
