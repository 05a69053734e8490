import assert from "node:assert/strict";
import { at, type Cluster, planned, refused } from "./planned.ts";

describe("catalogue: envoy-gateway", () => {
  const families: [Cluster, string][] = [
    ["sol", "DualStack"],
    ["luna", "DualStack"],
    ["terra", "IPv4"],
  ];
  for (const [cluster, family] of families) {
    it(`listens on the families of ${cluster}`, () => {
      const { objects } = planned(cluster, "envoy-gateway");
      assert.deepEqual(
        objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
        ["EnvoyProxy envoy", "GatewayClass envoy"],
      );
      assert.equal(at(objects[0]?.spec, "ipFamily"), family);
      assert.equal(at(objects[1]?.spec, "parametersRef", "name"), objects[0]?.metadata.name);
    });
  }

  it("is built for the Gateway API that the release's Cilium serves", () => {
    assert.equal(planned("sol", "envoy-gateway").version, "v1.5.9");
    assert.equal(planned("sol", "gateway-api").version, "1.11.1");
  });

  it("has a gateway with a certificate for the cluster's names", () => {
    const said = { settings: { gateway: {} } };
    const { objects, after } = planned("luna", "envoy-gateway", said, { "cert-manager": true });
    const gateway = objects.at(-1);
    assert.deepEqual(gateway?.metadata, {
      name: "public",
      namespace: "envoy-gateway-system",
      annotations: { "cert-manager.io/cluster-issuer": "cluster-ca" },
    });
    const allowedRoutes = { namespaces: { from: "All" } };
    assert.deepEqual(at(gateway?.spec, "listeners"), [
      { name: "http", protocol: "HTTP", port: 80, allowedRoutes },
      {
        name: "https",
        protocol: "HTTPS",
        port: 443,
        hostname: "*.luna.example.net",
        tls: {
          mode: "Terminate",
          certificateRefs: [{ kind: "Secret", name: "public-wildcard-luna-example-net" }],
        },
        allowedRoutes,
      },
    ]);
    assert.deepEqual(after, ["cert-manager"]);
  });

  it("tells external-dns where the names of its routes lead, when that is elsewhere", () => {
    const annotations = { "outside/target": "0815.cfargotunnel.com" };
    const said = { settings: { gateway: { annotations } } };
    const { objects } = planned("luna", "envoy-gateway", said, { "cert-manager": true });
    assert.deepEqual(objects.at(-1)?.metadata.annotations, {
      "outside/target": "0815.cfargotunnel.com",
      "cert-manager.io/cluster-issuer": "cluster-ca",
    });
  });

  it("does not call a gateway as the class or the controller", () => {
    for (const name of ["envoy", "envoy-gateway"]) {
      assert.deepEqual(refused("sol", { "cert-manager": true, "envoy-gateway": { settings: { gateway: { name } } } }), [
        "addons.envoy-gateway.settings.gateway.name: is a name that Envoy Gateway has for things of its own",
      ]);
    }
  });

  it("spreads the proxies of a gateway over nodes", () => {
    const { objects } = planned("luna", "envoy-gateway", { settings: { gateway: {} } }, { "cert-manager": true });
    const labels = objects
      .filter(({ kind }) => kind === "EnvoyProxy")
      .map(({ spec }) => {
        const pod = at(spec, "provider", "kubernetes", "envoyDeployment", "pod");
        return at(pod, "topologySpreadConstraints", 0, "labelSelector", "matchLabels");
      });
    const all = { "app.kubernetes.io/name": "envoy", "app.kubernetes.io/component": "proxy" };
    assert.deepEqual(labels, [all, { ...all, "gateway.envoyproxy.io/owning-gateway-name": "public" }]);
  });

  it("does not start a gateway that nobody signs certificates for", () => {
    assert.deepEqual(refused("sol", { "envoy-gateway": { settings: { gateway: {} } } }), [
      "addons.envoy-gateway: needs crd:cert-manager.io, which no chosen add-on provides; switch on cert-manager",
      "addons.envoy-gateway.settings.gateway.issuer: names a ClusterIssuer that no chosen add-on makes; switch on cert-manager, or set addons.cert-manager.settings.clusterCa, or add cluster-issuer:cluster-ca to provided, where somebody else makes it",
    ]);
  });

  const byAcme = (gateway: Record<string, unknown>, solver: Record<string, unknown>) => ({
    "cert-manager": { settings: { acme: { email: "ops@example.net", solver } } },
    "envoy-gateway": { settings: { gateway: { issuer: "acme", ...gateway } } },
  });
  const overGateway = { type: "gateway", gateway: "public", namespace: "envoy-gateway-system" };
  const inDns = { type: "cloudflare", zones: ["example.net"] };

  it("asks ACME for names that it can prove only", () => {
    assert.deepEqual(refused("sol", byAcme({}, inDns)), []);
    assert.deepEqual(refused("sol", byAcme({ hostnames: ["shop.example.net"] }, overGateway)), []);
    assert.deepEqual(refused("sol", byAcme({}, overGateway)), [
      "addons.envoy-gateway.settings.gateway.hostnames: asks the issuer acme for *.sol.example.net, and a challenge over a gateway cannot prove a wildcard; name the hosts, or set addons.cert-manager.settings.acme.solver to cloudflare",
    ]);
    assert.deepEqual(refused("sol", byAcme({ hostnames: ["example.net", "shop.example.org"] }, inDns)), [
      "addons.envoy-gateway.settings.gateway.hostnames: asks the issuer acme for shop.example.org, which is in none of its zones; names in example.net; add the zone to addons.cert-manager.settings.acme.solver.zones",
    ]);
  });

  it("keeps one proxy without a disruption budget that would block every drain", () => {
    const { objects, values } = planned("sol", "envoy-gateway", { settings: { proxies: 1, replicas: 1 } });
    assert.equal(at(objects[0]?.spec, "provider", "kubernetes", "envoyPDB"), undefined);
    assert.deepEqual(values.podDisruptionBudget, { minAvailable: 0 });
  });
});

describe("catalogue: ingress-nginx", () => {
  const services: [Cluster, unknown][] = [
    ["sol", { ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv6", "IPv4"] }],
    ["luna", { ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv6", "IPv4"] }],
    ["terra", { ipFamilyPolicy: "SingleStack", ipFamilies: ["IPv4"] }],
  ];
  for (const [cluster, service] of services) {
    it(`has a load-balancer address of every family of ${cluster}`, () => {
      assert.deepEqual(at(planned(cluster, "ingress-nginx").values, "controller", "service"), service);
    });
  }

  it("says that it is retired, and what takes its place", () => {
    assert.match(planned("sol", "ingress-nginx").description, /retired in March 2026, envoy-gateway/);
  });
});

describe("catalogue: cloudflared", () => {
  const settings = {
    account: "0123456789abcdef",
    tunnelId: "6ff42ae2-765d-4adf-8112-31c55c1551ef",
    ingress: [
      {
        hostname: "*.example.net",
        service: "https://public.envoy-gateway-system.svc:443",
        originRequest: { noTLSVerify: true },
      },
    ],
  };

  for (const cluster of ["sol", "luna"] as const) {
    it(`serves what is listed in a tunnel named ${cluster}, with its credentials by name`, () => {
      const { values, secrets } = planned(cluster, "cloudflared", { settings }, { "envoy-gateway": true });
      assert.deepEqual(values.cloudflare, {
        tunnelName: cluster,
        secretName: "cloudflared",
        ingress: settings.ingress,
      });
      const [secret] = secrets;
      assert.equal(secret?.name, "cloudflared");
      assert.deepEqual(JSON.parse(secret?.keys["credentials.json"] ?? ""), {
        AccountTag: "0123456789abcdef",
        TunnelID: "6ff42ae2-765d-4adf-8112-31c55c1551ef",
        TunnelName: cluster,
        TunnelSecret: "{value}",
      });
    });
  }

  it("refuses a tunnel without an id", () => {
    const [problem] = refused("sol", {
      "envoy-gateway": true,
      cloudflared: { settings: { ...settings, tunnelId: "sol" } },
    });
    assert.match(problem ?? "", /^addons\.cloudflared\.settings\.tunnelId: /);
  });
});
