import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import { fetchDefinitions, fetchOpenApi, readDefinitions, readOpenApi } from "../../../../charts/api/sources.ts";
import { openApi } from "./open-api.ts";

describe("descriptions of Kubernetes", () => {
  let folder: string;
  const realFetch = globalThis.fetch;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "orrery-charts-"));
  });
  afterEach(() => {
    globalThis.fetch = realFetch;
    rmSync(folder, { recursive: true });
  });

  it("lie in a folder by their version", () => {
    mkdirSync(join(folder, "kubernetes/1.31.4"), { recursive: true });
    writeFileSync(join(folder, "kubernetes/1.31.4/swagger.json"), JSON.stringify(openApi));
    assert.deepEqual(readOpenApi(folder, "1.31.4"), openApi);
    assert.throws(() => readOpenApi(folder, "1.32.10"), /kubernetes\/1\.32\.10\/swagger\.json is not there/);
    writeFileSync(join(folder, "kubernetes/1.31.4/swagger.json"), "{}");
    assert.throws(() => readOpenApi(folder, "1.31.4"), /describes no API/);
  });

  it("are fetched once", async () => {
    const asked: string[] = [];
    globalThis.fetch = async (input) => {
      asked.push(String(input));
      const known = asked.at(-1)?.includes("/v1.31.4/");
      return known ? new Response(JSON.stringify(openApi)) : new Response("", { status: 404 });
    };
    for (const _ of [1, 2]) assert.deepEqual(await fetchOpenApi(folder, "1.31.4"), openApi);
    assert.equal(asked.length, 1);
    await assert.rejects(fetchOpenApi(folder, "1.99.0"), /v1\.99\.0\/api\/openapi-spec\/swagger\.json: 404/);
  });

  it("have definitions of custom resources somewhere else, which are fetched once", async () => {
    const asked: string[] = [];
    globalThis.fetch = async (input) => {
      asked.push(String(input));
      const known = asked.at(-1)?.includes("/v1/");
      return known ? new Response("kind: A\n---\nkind: B\n") : new Response("", { status: 404 });
    };
    const url = "https://git.example.net/v1/a.yaml";
    for (const _ of [1, 2]) assert.deepEqual(await fetchDefinitions(folder, url), [{ kind: "A" }, { kind: "B" }]);
    assert.deepEqual(asked, [url]);
    await assert.rejects(fetchDefinitions(folder, "https://git.example.net/v2/a.yaml"), /v2\/a\.yaml: 404/);
  });

  it("have definitions of custom resources beside them", () => {
    assert.deepEqual(readDefinitions(folder), []);
    mkdirSync(join(folder, "definitions/some"), { recursive: true });
    writeFileSync(join(folder, "definitions/some/a.yaml"), "kind: A\n---\nkind: B\n");
    writeFileSync(join(folder, "definitions/some/readme.md"), "# Definitions\n");
    assert.deepEqual(readDefinitions(folder), [{ kind: "A" }, { kind: "B" }]);
  });
});
