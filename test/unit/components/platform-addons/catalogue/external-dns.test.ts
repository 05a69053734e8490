import assert from "node:assert/strict";
import { secretPlaceholder } from "../../../../../components/platform-addons/addon.ts";
import { planAddons } from "../../../../../components/platform-addons/plan.ts";
import { configOf, factsOf } from "../facts.ts";
import { at, planned, refused } from "./planned.ts";

const pihole = { settings: { url: "http://pihole.example.net" } };
const powerdns = { settings: { url: "https://dns.example.net:8081", domains: ["inside.example.net"] } };

describe("catalogue: external-dns", () => {
  const table: [string, unknown, string, unknown, unknown, [string, string]][] = [
    [
      "external-dns-cloudflare",
      true,
      "cloudflare",
      { "cloudflare-proxied": false },
      { registry: "txt", policy: "sync", txtOwnerId: "sol", domainFilters: ["sol.example.net"] },
      ["CF_API_TOKEN", "cloudflareToken"],
    ],
    [
      "external-dns-pihole",
      pihole,
      "pihole",
      { "pihole-server": "http://pihole.example.net", "pihole-api-version": "6", "pihole-tls-skip-verify": false },
      { registry: "noop", policy: "upsert-only", txtOwnerId: undefined, domainFilters: ["sol.example.net"] },
      ["EXTERNAL_DNS_PIHOLE_PASSWORD", "piholePassword"],
    ],
    [
      "external-dns-powerdns",
      powerdns,
      "pdns",
      { "pdns-server": "https://dns.example.net:8081", "pdns-server-id": "localhost", "pdns-skip-tls-verify": false },
      { registry: "txt", policy: "sync", txtOwnerId: "sol", domainFilters: ["inside.example.net"] },
      ["EXTERNAL_DNS_PDNS_API_KEY", "powerdnsApiKey"],
    ],
  ];
  for (const [name, said, provider, flags, values, [variable, configKey]] of table) {
    it(`${name}: tells the provider apart and takes its secret by name`, () => {
      const addon = planned("sol", name, said);
      assert.equal(at(addon.values, "provider", "name"), provider);
      assert.deepEqual(addon.values.extraArgs, flags);
      for (const [key, value] of Object.entries(values as object)) assert.deepEqual(addon.values[key], value, key);
      const [secret] = addon.secrets;
      assert.equal(secret?.configKey, configKey);
      assert.deepEqual(Object.values(secret?.keys ?? {}), [secretPlaceholder]);
      assert.deepEqual(addon.values.env, [
        { name: variable, valueFrom: { secretKeyRef: { name, key: Object.keys(secret?.keys ?? {})[0] } } },
      ]);
    });
  }

  it("runs for three providers side by side, each under a name of its own", () => {
    const addons = {
      "external-dns-cloudflare": true,
      "external-dns-pihole": pihole,
      "external-dns-powerdns": powerdns,
    };
    const plan = planAddons(configOf({ addons }), factsOf("luna"));
    assert.deepEqual(plan.problems, []);
    const own = plan.addons.filter(({ name }) => name.startsWith("external-dns"));
    assert.deepEqual(
      own.flatMap(({ workloads }) => workloads.map(({ name }) => name)),
      ["external-dns-cloudflare", "external-dns-pihole", "external-dns-powerdns"],
    );
    assert.deepEqual(
      own.map(({ secrets }) => secrets[0]?.name),
      ["external-dns-cloudflare", "external-dns-pihole", "external-dns-powerdns"],
    );
  });

  it("removes records in Pi-hole only in domains that are named", () => {
    const url = "http://pihole.example.net";
    assert.deepEqual(refused("sol", { "external-dns-pihole": { settings: { url, policy: "sync" } } }), [
      "addons.external-dns-pihole.settings.policy: removes records that were made by hand, too, and so far means all of the cluster's domain; upsert-only; or name the domains in which external-dns alone makes records: domains",
    ]);
    const domains = ["apps.example.net"];
    assert.deepEqual(refused("sol", { "external-dns-pihole": { settings: { url, policy: "sync", domains } } }), []);
  });

  it("looks at routes only where there are any", () => {
    const addons = {
      "gateway-api": false,
      cilium: { settings: { gatewayApi: false } },
      "external-dns-cloudflare": true,
    };
    assert.deepEqual(refused("sol", addons), [
      "addons.external-dns-cloudflare: needs crd:gateway.networking.k8s.io, which no chosen add-on provides; switch on gateway-api, or take the gateway sources out of addons.external-dns-cloudflare.settings.sources",
    ]);
  });
});
