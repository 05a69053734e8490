import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import { readChart } from "../../../charts/chart-files.ts";
import { checkChart } from "../../../charts/check.ts";
import type { PlannedChart } from "../../../charts/planned.ts";

describe("a chart and its values", () => {
  let folder: string;

  /** Writes a chart, and a program that stands in for Helm. */
  function write(more: Record<string, string>): void {
    const files = {
      "Chart.yaml": 'apiVersion: v2\nname: app\nversion: 1.2.0\nkubeVersion: ">=1.30.0-0"\n',
      "values.yaml": "replicas: 1\n",
      ...more,
    };
    mkdirSync(join(folder, "app"), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, "app", name), text);
  }

  function chartWith(dependencies: string): string {
    return `apiVersion: v2\nname: app\nversion: 1.2.0\ndependencies: ${dependencies}\n`;
  }

  function helm(script: string): string {
    const file = join(folder, "helm");
    writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return file;
  }

  function planned(...uses: [clusters: string[], kubernetes: string, values: Record<string, unknown>][]): PlannedChart {
    return {
      entry: "app",
      chart: { repository: "https://charts.example.net", name: "app", version: "v1.2.0" },
      namespace: "apps",
      uses: uses.map(([clusters, kubernetes, values]) => ({ clusters, kubernetes, values })),
    };
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "orrery-charts-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("are held against each other, and a problem is told once for all clusters", () => {
    const schema = { properties: { replicas: { type: "integer" } } };
    write({ "values.schema.json": JSON.stringify(schema) });
    const uses = planned(
      [["sol"], "1.31.4", { replicas: 2 }],
      [["luna"], "1.31.4", { replica: 2 }],
      [["terra"], "1.29.0", { replica: 2, replicas: "2" }],
    );
    assert.deepEqual(checkChart(uses, readChart(join(folder, "app")), undefined), {
      problems: [
        "the chart has no value replica (luna, terra)",
        'by its schema, replicas has to be integer, and is "2" (terra)',
        "it is for Kubernetes >=1.30.0-0, and the release has 1.29.0 (terra)",
      ],
      notes: [],
      rendered: [],
    });
  });

  it("are rendered as each cluster would have them", () => {
    write({});
    const script = `echo "{ apiVersion: v1, kind: ConfigMap, metadata: { name: $2, labels: { said: '$*' } } }"`;
    const { rendered, problems } = checkChart(
      planned([["sol", "luna"], "1.31.4", {}], [["terra"], "1.32.10", { replicas: 2 }]),
      readChart(join(folder, "app")),
      helm(script),
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(
      rendered.map(({ entry, from, clusters, kubernetes }) => [entry, from, clusters, kubernetes]),
      [
        ["app", "the chart", ["sol", "luna"], "1.31.4"],
        ["app", "the chart", ["terra"], "1.32.10"],
      ],
    );
    const [object] = rendered[1]?.objects ?? [];
    assert.match(
      JSON.stringify(object),
      /"template app \S+app --namespace apps --kube-version 1\.32\.10 --include-crds --values \S+"/,
    );
  });

  it("are looked at without charts inside that were not brought along, which is told where they are switched on", () => {
    write({
      "values.yaml": "replicas: 1\ncache: { enabled: false }\nlegacy: { on: true }\n",
      "Chart.yaml": `apiVersion: v2
name: app
version: 1.2.0
dependencies:
  - { name: cache, condition: "global.cache, cache.enabled" }
  - { name: store, alias: legacy, condition: legacy.on }
  - { name: always }
`,
    });
    const chart = readChart(join(folder, "app"));
    const notesOf = (values: Record<string, unknown>) =>
      checkChart(planned([["sol"], "1.31.4", values]), chart, helm("! grep -q cache $3/Chart.yaml"));
    const off = notesOf({ legacy: { on: false } });
    assert.deepEqual([off.notes, off.problems], [["without the charts inside it: always"], []]);
    assert.deepEqual(notesOf({ cache: { enabled: true } }).notes, [
      "without the charts inside it: cache, legacy, always",
    ]);
    assert.deepEqual(notesOf({ global: { cache: false }, cache: { enabled: true } }).notes, [
      "without the charts inside it: legacy, always",
    ]);
  });

  it("are told with what the entry lists of the chart's keys and should not, and the other way about", () => {
    write({ "values.yaml": "replicas: 1\nstrategy: {}\n", "Chart.yaml": chartWith("[{ name: store }]") });
    const uses = { ...planned([["sol"], "1.31.4", { replicas: 2 }]), valueKeys: ["hostUsers", "replicas", "store"] };
    assert.deepEqual(checkChart(uses, readChart(join(folder, "app")), undefined).problems, [
      "the entry lists the value hostUsers, which the chart does not have",
      "the entry does not list the value strategy, which the chart has",
    ]);
    // The list is for other versions as well.
    assert.deepEqual(
      checkChart({ ...uses, followsRelease: true }, readChart(join(folder, "app")), undefined).problems,
      ["the entry does not list the value strategy, which the chart has"],
    );
  });

  it("are looked at with a chart inside that was brought along as an archive", () => {
    write({
      "Chart.yaml":
        "apiVersion: v2\nname: app\nversion: 1.2.0\ndependencies: [{ name: store, condition: store.enabled }]\n",
      "values.yaml": "store: { enabled: false }\n",
    });
    mkdirSync(join(folder, "store"));
    mkdirSync(join(folder, "app/charts"));
    writeFileSync(join(folder, "store/Chart.yaml"), "apiVersion: v2\nname: store\nversion: 1.0.0\n");
    writeFileSync(join(folder, "store/values.yaml"), "size: 1\n");
    spawnSync("tar", ["-czf", join(folder, "app/charts/store-1.0.0.tgz"), "-C", folder, "store"]);
    // Helm is to see the chart as it is: one that is named and not there would be told of.
    const script = "grep -q store $3/Chart.yaml && echo '{ apiVersion: v1, kind: ConfigMap, metadata: { name: a } }'";
    const { problems, notes, rendered } = checkChart(
      planned([["sol"], "1.31.4", { store: { enabled: true, sise: 2 } }]),
      readChart(join(folder, "app")),
      helm(script),
    );
    assert.deepEqual([problems, notes], [["the chart has no value store.sise (sol)"], []]);
    assert.equal(rendered[0]?.objects.length, 1);
  });

  it("are held against defaults that the chart has below a key of its own", () => {
    write({ "values.yaml": "_internal_defaults_do_not_set:\n  resources: { requests: { cpu: 1 } }\n" });
    const found = checkChart(
      planned([["sol"], "1.31.4", { resources: { requests: { cpu: 2, memori: "1Gi" } } }]),
      readChart(join(folder, "app")),
      undefined,
    );
    assert.deepEqual(found.problems, ["the chart has no value resources.requests.memori (sol)"]);
  });

  it("are wrong when Helm does not render them, or renders what is no YAML", () => {
    write({});
    const chart = readChart(join(folder, "app"));
    const once = planned([["sol"], "1.31.4", {}]);
    assert.deepEqual(checkChart(once, chart, helm("echo 'no replicas' >&2; exit 1")).problems, [
      "helm does not render it: no replicas (sol)",
    ]);
    assert.match(checkChart(once, chart, helm("echo 'a: ['")).problems.join(), /^a manifest is no YAML: .* \(sol\)$/);
  });
});
