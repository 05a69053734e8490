import assert from "node:assert/strict";
import { planAddons } from "../../../../../components/platform-addons/plan.ts";
import { configOf, factsOf } from "../facts.ts";
import { at, planned, refused } from "./planned.ts";

const storage = {
  "proxmox-csi": {
    settings: {
      url: "https://pve01.example.net:8006/api2/json",
      storageClasses: [{ name: "fast", storage: "rbd-vm", default: true }],
    },
  },
};

describe("catalogue: network-policies", () => {
  const name = "network-policies";
  const others = { "cert-manager": true, "external-secrets": true };

  it("leaves the platform's namespaces and those that are named alone", () => {
    const { objects } = planned("sol", name, { settings: { exempt: ["games"] } }, others);
    assert.deepEqual(
      objects.map(({ metadata }) => metadata.name),
      ["default-deny"],
    );
    const platform = ["cert-manager", "external-secrets"];
    const kubernetes = ["kube-node-lease", "kube-public", "kube-system"];
    assert.deepEqual(at(objects[0], "spec", "endpointSelector", "matchExpressions", 0, "values"), [
      "cert-manager",
      "external-secrets",
      "games",
      ...kubernetes,
    ]);
    assert.deepEqual(
      at(objects[0], "spec", "ingress", 1, "fromEndpoints", 0, "matchExpressions", 0, "values"),
      [...platform, ...kubernetes],
      "those that are exempt may not come in by that",
    );
  });

  it("leaves what works for downstream clusters alone", () => {
    const downstream = { clusters: { media: { id: 1 }, dev: { id: 2 } } };
    const { addons } = planAddons(configOf({ downstream, addons: { [name]: true } }), factsOf("sol"));
    const [policy] = addons.find((addon) => addon.name === name)?.objects ?? [];
    const exempt = at(policy?.spec, "endpointSelector", "matchExpressions", 0, "values") as string[];
    assert.deepEqual(
      exempt.filter((namespace) => !namespace.startsWith("kube-")),
      ["dev", "media"],
    );
  });

  it("lets pods look names up and ask the API, and kubelets and the platform look after pods", () => {
    const spec = planned("terra", name).objects[0]?.spec;
    assert.deepEqual(at(spec, "enableDefaultDeny"), { ingress: true, egress: true });
    assert.deepEqual(at(spec, "ingress", 0), { fromEntities: ["host", "remote-node", "health", "ingress"] });
    assert.deepEqual(at(spec, "egress", 0, "toPorts", 0, "ports"), [
      { port: "53", protocol: "UDP" },
      { port: "53", protocol: "TCP" },
    ]);
    assert.deepEqual(at(spec, "egress", 1), { toEntities: ["kube-apiserver"] });
  });

  const directions: ["ingress" | "egress", "ingress" | "egress"][] = [
    ["ingress", "egress"],
    ["egress", "ingress"],
  ];
  for (const [denied, free] of directions) {
    it(`denies ${denied} alone`, () => {
      const spec = planned("sol", name, { settings: { deny: [denied] } }).objects[0]?.spec;
      assert.deepEqual(at(spec, "enableDefaultDeny"), { ingress: denied === "ingress", egress: denied === "egress" });
      assert.equal(at(spec, free), undefined);
    });
  }

  it("lets probes into the mesh where there is one", () => {
    const mesh = { "istio-base": true, istiod: true, "istio-cni": true };
    const { objects } = planned("sol", name, true, mesh);
    assert.deepEqual(at(objects[1], "spec", "ingress"), [
      { fromCIDR: ["169.254.7.127/32", "fd16:9254:7127:1337:ffff:ffff:ffff:ffff/128"] },
    ]);
    assert.deepEqual(at(objects[1], "spec", "enableDefaultDeny"), { ingress: false, egress: false });
  });

  it("has no chart", () => {
    assert.equal(planned("sol", name).chart, undefined);
  });
});

describe("catalogue: powerdns", () => {
  const others = { ...storage, "cloudnative-pg": true };

  it("has its database and its configuration before its server", () => {
    const { objectsBefore, objects, chart } = planned("sol", "powerdns", true, others);
    assert.equal(chart, undefined);
    assert.deepEqual(
      objectsBefore.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
      ["Cluster powerdns-database", "ConfigMap powerdns"],
    );
    assert.deepEqual(
      objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
      ["Deployment powerdns", "Service powerdns", "Service powerdns-api", "PodDisruptionBudget powerdns"],
    );
  });

  for (const [cluster, addresses, first] of [
    ["sol", "::, 0.0.0.0", "::"],
    ["terra", "0.0.0.0", "0.0.0.0"],
  ] as const) {
    it(`listens on ${addresses} in ${cluster}`, () => {
      const [, map] = planned(cluster, "powerdns", true, others).objectsBefore;
      assert.match(String(at(map, "data", "pdns.conf")), new RegExp(`^local-address=${addresses}$`, "m"));
      assert.equal(at(map, "data", "webserver-address"), first);
    });
  }

  it("makes the zones that are named, and no container for none", () => {
    const containers = (said: unknown) =>
      at(planned("sol", "powerdns", said, others).objects[0], "spec", "template", "spec", "initContainers");
    const zones = { zones: ["sol.example.net", "10.in-addr.arpa"], nameserver: "ns.example.net" };
    assert.equal(
      at(containers({ settings: zones }), 2, "command", 2),
      "pdnsutil list-zone sol.example.net >/dev/null || pdnsutil create-zone sol.example.net ns.example.net\npdnsutil list-zone 10.in-addr.arpa >/dev/null || pdnsutil create-zone 10.in-addr.arpa ns.example.net",
    );
    assert.equal((containers(true) as unknown[]).length, 2);
  });

  it("shares the key of its API with external-dns", () => {
    const dns = { "external-dns-powerdns": { settings: { url: "http://powerdns-api.powerdns:8081" } } };
    const own = planned("sol", "powerdns", true, others).secrets.map(({ configKey }) => configKey);
    const asked = planned("sol", "external-dns-powerdns", dns["external-dns-powerdns"], {
      ...others,
      powerdns: true,
    }).secrets;
    assert.deepEqual(
      asked.map(({ configKey }) => configKey),
      own,
    );
  });

  it("refuses what is no domain", () => {
    assert.match(
      refused("sol", { ...others, powerdns: { settings: { zones: ["a zone; rm"] } } })[0] ?? "",
      /^addons\.powerdns\.settings\.zones\[0\]: .*a domain without a point at its end/,
    );
  });
});
