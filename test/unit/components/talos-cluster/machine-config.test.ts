import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { patchesOf } from "./node-patches.ts";

describe("machine configuration", () => {
  for (const [cluster, name] of [
    ["sol", "solcp01"],
    ["sol", "solwk01"],
    ["terra", "terracp01"],
    ["ceres", "cereswk01"],
    ["home", "k8s-6"],
  ] as const) {
    it(`has the patches of ${name} as they were looked over`, () => {
      const found = patchesOf(cluster).find(({ node }) => node.name === name);
      const text = found?.patches.join("---\n") ?? "";
      const file = join(import.meta.dirname, "golden", `${name}.yaml`);
      // A change that is meant is written with GOLDEN=write, and looked over in the diff.
      if (process.env.GOLDEN === "write") writeFileSync(file, text);
      assert.equal(text, readFileSync(file, "utf8"));
    });
  }

  it("says the same every time", () => {
    assert.deepEqual(patchesOf("luna"), patchesOf("luna"));
  });

  it("names a node in the way that its Talos version wants", () => {
    const hostnames = (cluster: string) =>
      patchesOf(cluster)[0]
        ?.patches.filter((text) => /hostname: [a-z]/.test(text))
        .map((text) => parse(text));
    assert.deepEqual(hostnames("sol"), [{ machine: { network: { hostname: "solcp01" } } }]);
    assert.deepEqual(hostnames("terra"), [
      { apiVersion: "v1alpha1", kind: "HostnameConfig", auto: "off", hostname: "terracp01" },
    ]);
  });

  it("lets patches of the node come last, after those of role and cluster", () => {
    const order = patchesOf("luna")[0]
      ?.patches.slice(-3)
      .map((text) => Object.keys(parse(text)).join());
    assert.deepEqual(order, ["apiVersion,kind,name,url", "cluster", "machine"]);
  });
});
