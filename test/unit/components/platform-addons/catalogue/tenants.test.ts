import assert from "node:assert/strict";
import { at, type Cluster, planned, refused } from "./planned.ts";

const issuer = { "cert-manager": true };

describe("catalogue: capsule", () => {
  const table: [string, unknown, unknown[], boolean][] = [
    ["Capsule's own group", true, [{ kind: "Group", name: "projectcapsule.dev" }], true],
    [
      "groups of the identity provider",
      { settings: { groups: ["team-a", "team-b"], forceTenantPrefix: false } },
      [
        { kind: "Group", name: "team-a" },
        { kind: "Group", name: "team-b" },
      ],
      false,
    ],
  ];
  for (const [what, said, users, prefix] of table) {
    it(`lets ${what} own tenants`, () => {
      const { values, after } = planned("sol", "capsule", said, issuer);
      assert.deepEqual(at(values, "manager", "options"), { users, forceTenantPrefix: prefix });
      assert.deepEqual(values.proxy, { enabled: false });
      assert.deepEqual(after, ["cert-manager"]);
    });
  }

  it("does not do without certificates for its webhooks", () => {
    assert.deepEqual(refused("sol", { capsule: true }), [
      "addons.capsule: needs crd:cert-manager.io, which no chosen add-on provides; switch on cert-manager",
    ]);
  });
});

describe("catalogue: capsule-proxy", () => {
  const chosen = { ...issuer, capsule: true };

  const table: [Cluster, unknown, string[], string, string[]][] = [
    ["sol", true, ["kube.sol.example.net"], "LoadBalancer", ["capsule-proxy-ipv4"]],
    ["luna", { settings: { loadBalancer: false } }, ["kube.luna.example.net"], "ClusterIP", []],
    ["terra", { settings: { hostnames: ["api.example.net"] } }, ["api.example.net"], "LoadBalancer", []],
  ];
  for (const [cluster, said, names, type, others] of table) {
    it(`answers for ${names.join(" and ")} in ${cluster}`, () => {
      const { values, after, version } = planned(cluster, "capsule-proxy", said, chosen);
      assert.deepEqual(at(values, "certManager", "certificate", "dnsNames"), names);
      assert.equal(at(values, "service", "type"), type);
      const services = (values.extraManifests as { kind: string }[]).filter(({ kind }) => kind === "Service");
      assert.deepEqual(
        services.map((service) => at(service, "metadata", "name")),
        others,
        "the second family has a service of its own",
      );
      for (const annotations of [at(values, "service"), ...services.map((service) => at(service, "metadata"))]) {
        const announced = at(annotations, "annotations", "external-dns.alpha.kubernetes.io/hostname");
        assert.equal(announced, type === "LoadBalancer" ? names.join(",") : undefined);
      }
      assert.ok(after.includes("capsule"));
      assert.equal(version, planned(cluster, "capsule", true, issuer).version, "both are of one release");
    });
  }

  it("does not do without Capsule", () => {
    assert.deepEqual(refused("sol", { ...issuer, "capsule-proxy": true }), [
      "addons.capsule-proxy: needs crd:capsule.clastix.io, which no chosen add-on provides; switch on capsule",
    ]);
  });
});
