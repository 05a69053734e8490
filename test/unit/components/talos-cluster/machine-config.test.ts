import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { apiServerPatch } from "../../../../components/talos-cluster/machine-config/control-plane.ts";
import { clusterConfig, clusterFacts, shared } from "./fixtures.ts";
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

  const prefixes: [said: Record<string, string>, told: Record<string, string>][] = [
    [{}, {}],
    [
      { usernamePrefix: "people:", groupsPrefix: "oidc:" },
      { "oidc-username-prefix": "people:", "oidc-groups-prefix": "oidc:" },
    ],
  ];
  for (const [said, told] of prefixes) {
    it(`tells the API server whose users and groups an issuer names, with ${Object.keys(told).length} prefixes`, () => {
      const oidc = { issuerUrl: "https://id.example.net", clientId: "kubernetes", ...said };
      const config = clusterConfig({ machine: { oidc } });
      const patch = apiServerPatch({ facts: clusterFacts(config, "sol"), config, shared, requirements: [] });
      assert.deepEqual(patch.cluster?.apiServer, {
        extraArgs: {
          "enable-aggregator-routing": "true",
          "oidc-client-id": "kubernetes",
          "oidc-groups-claim": "groups",
          "oidc-issuer-url": "https://id.example.net",
          "oidc-username-claim": "email",
          ...told,
        },
      });
    });
  }

  it("lets patches of the node come last, after those of role and cluster", () => {
    const order = patchesOf("luna")[0]
      ?.patches.slice(-3)
      .map((text) => Object.keys(parse(text)).join());
    assert.deepEqual(order, ["apiVersion,kind,name,url", "cluster", "machine"]);
  });
});
