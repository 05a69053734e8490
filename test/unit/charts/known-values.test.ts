import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { parse } from "yaml";
import type { Bag, ChartFiles } from "../../../charts/chart-files.ts";
import { unknownValues } from "../../../charts/known-values.ts";

const valuesText = `replicas: 1
image: { repository: app, tag: "" }
labels: {}
limits:
  memory: 1Gi
# priority: high
probe:
  path: /
  # delay: 5
config: { level: info }
settings: { mode: a }
app.conf: { log: { level: info } }
database: { enabled: true, url: here }
`;

const templates = `
{{ .Values.replicas }} {{ (.Values.guarded).deep }}
{{- with .Values.probe }}{{ .path }}{{ .timeout }}{{ end }}
{{- toYaml .Values.config | nindent 2 }}
{{- $all := omit .Values.settings "mode" }}
{{- range $key, $value := index .Values "app.conf" }}
`;

function chartOf(more: Partial<ChartFiles> = {}): ChartFiles {
  const values = parse(valuesText) as Bag;
  return {
    folder: "",
    name: "app",
    version: "1.0.0",
    values,
    valuesText,
    templates,
    dependencies: {},
    conditions: {},
    ...more,
  };
}

describe("values that a chart knows", () => {
  const database = chartOf({ values: { url: "", size: 1 }, valuesText: "", templates: "" });
  const schema = {
    properties: { quota: { $ref: "#/definitions/quota" }, free: { type: "object" } },
    definitions: { quota: { properties: { cpu: {} } } },
  };
  const table: [string, Bag, string[], Partial<ChartFiles>?][] = [
    ["defaults, at any depth", { replicas: 2, image: { tag: "1" } }, []],
    ["a slip at the top", { replica: 2 }, ["replica"]],
    ["a slip further down", { image: { tags: "1" }, limits: { memori: "1Gi" } }, ["image.tags", "limits.memori"]],
    ["anything below an empty default", { labels: { "app.example.net/tier": "web" } }, []],
    ["a key that a comment shows", { priority: "low", probe: { delay: 9 } }, []],
    ["a commented key at another depth", { delay: 9 }, ["delay"]],
    ["a key that only a template reads", { probe: { timeout: 3 }, guarded: { deep: 1 } }, []],
    ["a slip below a key that only a template reads", { guarded: { deep: 1, deeper: 2 } }, ["guarded.deeper"]],
    ["a key of another map", { limits: { timeout: 3 } }, ["limits.timeout"]],
    ["anything in a map that is printed as a whole", { config: { "log.format": "json" } }, []],
    ["anything in a map that is taken over as a whole", { settings: { b: 1 } }, []],
    ["anything in a map that is taken by an index", { "app.conf": { log: { format: "json" } } }, []],
    ["a key that the schema names", { quota: { cpu: 1 } }, [], { schema }],
    ["a slip below a key that the schema names", { quota: { cpus: 1 } }, ["quota.cpus"], { schema }],
    ["anything below a key that the schema leaves open", { free: { a: { b: 1 } } }, [], { schema }],
    [
      "values of a chart inside",
      { database: { size: 2, enabled: false, global: {} } },
      [],
      { dependencies: { database } },
    ],
    ["a slip in a chart inside", { database: { sise: 2 } }, ["database.sise"], { dependencies: { database } }],
    ["a chart inside that is not here", { database: { sise: 2 } }, [], { dependencies: { database: undefined } }],
  ];
  for (const [what, values, unknown, more] of table) {
    it(`${unknown.length > 0 ? "miss" : "have"} ${what}`, () => {
      assert.deepEqual(unknownValues(chartOf(more), values), unknown);
    });
  }
});
