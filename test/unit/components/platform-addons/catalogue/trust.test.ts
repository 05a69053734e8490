import assert from "node:assert/strict";
import { planned, refused } from "./planned.ts";

describe("catalogue: trust-manager", () => {
  const table: [string, unknown, string, unknown[]][] = [
    [
      "public authorities and the cluster's own",
      true,
      "cluster-trust",
      [{ useDefaultCAs: true }, { secret: { name: "cluster-ca", key: "tls.crt" } }],
    ],
    [
      "its own authorities only",
      { settings: { bundle: { name: "inside", publicAuthorities: false, secrets: ["a", "b"] } } },
      "inside",
      [{ secret: { name: "a", key: "tls.crt" } }, { secret: { name: "b", key: "tls.crt" } }],
    ],
  ];
  for (const [what, said, name, sources] of table) {
    it(`spreads ${what}`, () => {
      const { objects, after } = planned("sol", "trust-manager", said, { "cert-manager": true }, [
        "secret:cert-manager/a",
        "secret:cert-manager/b",
      ]);
      assert.deepEqual(objects, [
        {
          apiVersion: "trust.cert-manager.io/v1alpha1",
          kind: "Bundle",
          metadata: { name },
          spec: { sources, target: { configMap: { key: "ca-certificates.crt" } } },
        },
      ]);
      assert.deepEqual(after, ["cert-manager"]);
    });
  }

  it("does not do without cert-manager", () => {
    assert.deepEqual(refused("sol", { "trust-manager": true }), [
      "addons.trust-manager: needs crd:cert-manager.io, which no chosen add-on provides; switch on cert-manager",
      "addons.trust-manager.settings.bundle.secrets[0]: names a Secret that no chosen add-on makes; switch on cert-manager, or add secret:cert-manager/cluster-ca to provided, where somebody else makes it",
    ]);
  });

  it("does not spread an authority that the cluster does not have", () => {
    assert.deepEqual(refused("sol", { "trust-manager": true, "cert-manager": { settings: { clusterCa: false } } }), [
      "addons.trust-manager.settings.bundle.secrets[0]: names a Secret that no chosen add-on makes; add secret:cert-manager/cluster-ca to provided, where somebody else makes it",
    ]);
  });
});
