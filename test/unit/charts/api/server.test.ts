import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { definitionsOf } from "../../../../charts/api/definitions.ts";
import { readManifests } from "../../../../charts/api/manifests.ts";
import { ApiServer, type KnownDefinition } from "../../../../charts/api/server.ts";
import { openApi } from "./open-api.ts";

const version = "1.31.4";

/** What the server says of one manifest. */
function said(manifest: string, definitions: readonly KnownDefinition[] = [], entry = "app"): string[] | undefined {
  const { objects, problems } = readManifests(manifest);
  assert.deepEqual(problems, []);
  assert.ok(objects[0]);
  return new ApiServer(version, openApi, definitions).problems(objects[0], entry);
}

describe("an API server's own kinds", () => {
  const web = (spec: string) => `{ apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, spec: ${spec} }`;
  const flow = (at: string) =>
    `{ apiVersion: flowcontrol.apiserver.k8s.io/${at}, kind: FlowSchema, metadata: { name: a } }`;
  const secret = (data: string) => `{ apiVersion: v1, kind: Secret, metadata: { name: key }, data: ${data} }`;
  const table: [string, string, string[]][] = [
    ["what fits", web("{ selector: { app: web }, replicas: 2, port: http, memory: 1.5Gi }"), []],
    ["a number where text may be, too", web("{ selector: {}, port: 80, memory: 500 }"), []],
    ["a null for what was left out", web("{ selector: {}, replicas: null }"), []],
    ["what is left open", web("{ selector: {}, extra: { any: { thing: 1 } } }"), []],
    [
      "an unknown field",
      web("{ selector: {}, replica: 2 }"),
      ['Deployment web: spec.replica is not known; did you mean "replicas"?'],
    ],
    [
      "an unknown field among the metadata",
      "{ apiVersion: v1, kind: Secret, metadata: { name: key, labls: {} } }",
      ['Secret key: metadata.labls is not known; did you mean "labels"?'],
    ],
    ["a missing field", web("{ replicas: 2 }"), ["Deployment web: spec.selector is missing"]],
    [
      "text for a number",
      web('{ selector: {}, replicas: "2" }'),
      ['Deployment web: spec.replicas has to be integer, and is "2"'],
    ],
    [
      "a number that is too large",
      web("{ selector: {}, replicas: 3000000000 }"),
      ["Deployment web: spec.replicas is no int32: 3000000000"],
    ],
    [
      "a number for text",
      web("{ selector: { tier: 1 } }"),
      ["Deployment web: spec.selector.tier has to be string, and is 1"],
    ],
    [
      "text that YAML 1.1 reads as true",
      web("{ selector: { on: yes } }"),
      ["Deployment web: spec.selector.true has to be string, and is true"],
    ],
    [
      "a null in a list",
      web("{ selector: {}, args: [null] }"),
      ["Deployment web: spec.args[0] has to be string, and is null"],
    ],
    ["what is no quantity", web("{ selector: {}, memory: 1GB }"), ["Deployment web: spec.memory is no quantity: 1GB"]],
    ["base64", secret("{ a: aGk= }"), []],
    ["what is no base64", secret('{ a: "hi!" }'), ["Secret key: data.a is no byte: hi!"]],
    ["a beta version that is served", flow("v1beta3"), []],
    [
      "a beta version that is not",
      flow("v1beta2"),
      [
        `FlowSchema a: Kubernetes ${version} serves no flowcontrol.apiserver.k8s.io/v1beta2 FlowSchema; it is in flowcontrol.apiserver.k8s.io/v1beta3`,
      ],
    ],
    [
      "a version that has gone",
      "{ apiVersion: apps/v1beta1, kind: Deployment, metadata: { name: web } }",
      [`Deployment web: Kubernetes ${version} serves no apps/v1beta1 Deployment; it is in apps/v1`],
    ],
    [
      "a group that has gone",
      "{ apiVersion: extensions/v1beta1, kind: Ingress, metadata: { name: web } }",
      [`Ingress web: Kubernetes ${version} serves no extensions/v1beta1 Ingress`],
    ],
    [
      "an unknown kind",
      "{ apiVersion: v1, kind: Sekret, metadata: { name: key } }",
      [`Sekret key: Kubernetes ${version} serves no v1 Sekret`],
    ],
    ["an object without a name", "{ apiVersion: v1, kind: Secret, metadata: {} }", ["a Secret has no name"]],
    ["an object without a kind", "{ apiVersion: v1, metadata: { name: a } }", ["an object has no apiVersion or kind"]],
  ];
  for (const [what, manifest, problems] of table) {
    it(`${problems.length > 0 ? "refuse" : "take"} ${what}`, () => assert.deepEqual(said(manifest), problems));
  }
});

describe("custom kinds", () => {
  /** A definition of Backup with a schema for its spec. */
  function definition(spec: string, more = ""): Record<string, unknown> {
    const [object] = readManifests(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: backups.example.net }
spec:
  group: example.net
  names: { kind: Backup }
  versions:
    - name: v1
      served: true
      ${more}
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            metadata: { type: object, properties: { name: { type: string, maxLength: 8 } } }
            status: { type: object, properties: { done: { type: boolean } } }
            spec: ${spec}
    - { name: v1alpha1, served: false, schema: { openAPIV3Schema: { type: object } } }
`).objects;
    assert.ok(object);
    return object;
  }
  const spec = `
              type: object
              required: [store, keep]
              properties:
                store: { type: string, pattern: "(?i)^s3:" }
                keep: { type: integer, default: 3, minimum: 0, exclusiveMinimum: true }
                port: { x-kubernetes-int-or-string: true, anyOf: [{ type: integer }, { type: string }] }
                note: { type: string, nullable: true }
                free: { type: object, x-kubernetes-preserve-unknown-fields: true, properties: { a: { type: integer } } }
                empty: { type: object }
                labels: { type: object, additionalProperties: { type: string } }
                template: { type: object, x-kubernetes-embedded-resource: true, properties: { spec: { type: object } } }
                at: { type: array, items: { type: object, properties: { hour: { type: integer } } } }
              oneOf:
                - required: [at]
                - { required: [port], properties: { port: {} } }`;
  const known = definitionsOf(definition(spec));
  const backup = (content: string, more = "") =>
    `{ apiVersion: example.net/v1, kind: Backup, metadata: { name: db }, spec: { store: "S3:x", ${content} }${more} }`;
  const table: [string, string, string[]][] = [
    ["what fits", backup("at: [{ hour: 1 }], labels: { a: b }, note: null, keep: null"), []],
    ["a number or a text", backup("port: http"), []],
    ["anything where it is kept", backup("port: 1, free: { a: 1, b: { c: 2 } }"), []],
    [
      "an object within the object",
      backup("port: 1, template: { apiVersion: v1, kind: A, metadata: { name: b } }"),
      [],
    ],
    ["an unknown field", backup("at: [{ our: 1 }]"), ['spec.at[0].our is not known; did you mean "hour"?']],
    [
      "an unknown field in an object that names none",
      backup("port: 1, empty: { a: 1 }"),
      ["spec.empty.a is not known"],
    ],
    ["an unknown field beside the spec", backup("port: 1", ", sepc: {}"), ['sepc is not known; did you mean "spec"?']],
    [
      "a wrong type below what is open",
      backup("port: 1, free: { a: b }"),
      ['spec.free.a has to be integer, and is "b"'],
    ],
    ["a null that is not allowed", backup("port: null"), ["spec.port has to be integer or string, and is null"]],
    ["a value at its bound", backup("port: 1, keep: 0"), ["spec.keep must be > 0"]],
    ["none of the alternatives", backup("keep: 1"), ["spec.at is missing, or spec.port is missing"]],
    ["both of the alternatives", backup("port: 1, at: []"), ["spec fits more than one of the alternatives"]],
    [
      "a narrower name",
      backup("port: 1").replace("name: db", "name: database-one"),
      ["metadata.name must NOT have more than 8 characters"],
    ],
    [
      "unknown metadata",
      backup("port: 1").replace("name: db", "name: db, label: {}"),
      ['metadata.label is not known; did you mean "labels"?'],
    ],
  ];
  for (const [what, manifest, problems] of table) {
    it(`${problems.length > 0 ? "refuse" : "take"} ${what}`, () => {
      const name = manifest.includes("database-one") ? "database-one" : "db";
      assert.deepEqual(
        said(manifest, known),
        problems.map((problem) => `Backup ${name}: ${problem}`),
      );
    });
  }

  it("are unknown without a definition, and in versions that it does not serve", () => {
    assert.equal(said(backup("port: 1")), undefined);
    assert.equal(said(backup("port: 1").replace("/v1", "/v1alpha1"), known), undefined);
    assert.deepEqual(definitionsOf({ apiVersion: "v1", kind: "Secret" }), []);
  });

  it("have their status looked at where it is no part apart", () => {
    const done = backup("port: 1", ", status: { done: 1 }");
    assert.deepEqual(said(done, known), ["Backup db: status.done has to be boolean, and is 1"]);
    assert.deepEqual(said(done, definitionsOf(definition(spec, "subresources: { status: {} }"))), []);
  });

  it("are taken as their own chart defines them, and else as any chart does", () => {
    const of = (entry: string, field: string): KnownDefinition[] =>
      definitionsOf(definition(`{ type: object, properties: { ${field}: {} } }`)).map((one) => ({ ...one, entry }));
    const both = [...of("one", "port"), ...of("other", "store")];
    const object = "{ apiVersion: example.net/v1, kind: Backup, metadata: { name: db }, spec: { store: a } }";
    assert.deepEqual(said(object, both, "one"), ["Backup db: spec.store is not known"]);
    assert.deepEqual(said(object, both, "other"), []);
    assert.deepEqual(said(object, both, "third"), []);
  });
});
