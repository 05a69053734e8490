import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import { ChartFolder, fetchChart } from "../../../charts/sources.ts";

const chart = { repository: "https://charts.example.net", name: "app", version: "v1.2.0" };

describe("sources of charts", () => {
  let folder: string;
  const realFetch = globalThis.fetch;

  function write(at: string, version: string): string {
    mkdirSync(join(at, "templates"), { recursive: true });
    writeFileSync(
      join(at, "Chart.yaml"),
      `apiVersion: v2\nname: app\nversion: ${version}\nkubeVersion: ">=1.30.0-0"\n`,
    );
    writeFileSync(join(at, "values.yaml"), "replicas: 1\n");
    return at;
  }

  function archive(): Buffer {
    write(join(folder, "work/app"), "1.2.0");
    const file = join(folder, "app.tar.gz");
    assert.equal(spawnSync("tar", ["-czf", file, "-C", join(folder, "work"), "app"]).status, 0);
    rmSync(join(folder, "work"), { recursive: true });
    return readFileSync(file);
  }

  /** Answers requests by their address, and notes them. */
  function answer(answers: Record<string, (headers: Record<string, string>) => Response>): string[] {
    const asked: string[] = [];
    globalThis.fetch = async (input, init) => {
      asked.push(String(input));
      const known = answers[String(input)];
      return known ? known((init?.headers ?? {}) as Record<string, string>) : new Response("", { status: 404 });
    };
    return asked;
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "orrery-charts-"));
  });
  afterEach(() => {
    globalThis.fetch = realFetch;
    rmSync(folder, { recursive: true });
  });

  it("are folders, by what is written in them or by their name", () => {
    write(join(folder, "a/app"), "1.2.0");
    write(join(folder, "app-1.3.0"), "0.0.0-latest");
    const there = new ChartFolder(folder);
    assert.equal(there.take(chart).version, "1.2.0");
    assert.equal(there.take({ ...chart, version: "1.3.0" }).version, "0.0.0-latest");
    assert.throws(() => there.take({ ...chart, version: "1.4.0" }), /^NotFound: |app 1\.4\.0 is not in /);
  });

  it("are archives", () => {
    writeFileSync(join(folder, "app-1.2.0.tgz"), archive());
    assert.deepEqual(new ChartFolder(folder).take(chart).values, { replicas: 1 });
  });

  it("are repositories, asked once", async () => {
    const content = archive();
    const index = "entries: { app: [{ version: 1.1.0, urls: [old.tgz] }, { version: 1.2.0, urls: [files/app.tgz] }] }";
    const asked = answer({
      "https://charts.example.net/index.yaml": () => new Response(index),
      "https://charts.example.net/files/app.tgz": () => new Response(new Uint8Array(content)),
    });
    for (const _ of [1, 2]) assert.equal((await fetchChart(chart, folder)).name, "app");
    assert.equal(asked.length, 2);
    await assert.rejects(fetchChart({ ...chart, version: "2.0.0" }, folder), /has no chart app 2\.0\.0/);
  });

  it("are registries that first want a token", async () => {
    const content = archive();
    const at = "https://registry.example.net/v2/charts/app";
    const guarded = (body: () => string | Uint8Array<ArrayBuffer>) => (headers: Record<string, string>) =>
      headers.authorization === "Bearer secret"
        ? new Response(body())
        : new Response("", {
            status: 401,
            headers: { "www-authenticate": 'Bearer realm="https://auth.example.net/token",service="r",scope="pull"' },
          });
    const layers = [{ mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip", digest: "sha256:ab" }];
    answer({
      [`${at}/manifests/v1.2.0`]: guarded(() => JSON.stringify({ layers })),
      [`${at}/blobs/sha256:ab`]: guarded(() => new Uint8Array(content)),
      "https://auth.example.net/token?service=r&scope=pull": () => new Response('{"token":"secret"}'),
    });
    const files = await fetchChart({ ...chart, repository: "oci://registry.example.net/charts" }, folder);
    assert.equal(files.version, "1.2.0");
  });
});
