import { z } from "zod";
import { defineAddon } from "../addon.ts";
import {
  externalDnsEntry,
  externalDnsSettings,
  externalDnsSources,
  externalDnsValues,
  fromSecret,
  providerSecret,
} from "../external-dns.ts";

const settings = externalDnsSettings.extend({
  /**
   * Whether records go with their objects. Nothing tells whose a record in Pi-hole is: with `sync` all of the domains go that
   * no object has, those made by hand among them, so that the domains have to be named. @default upsert-only
   */
  policy: externalDnsSettings.shape.policy.unwrap().default("upsert-only"),
  /** Pi-hole's web server: `http://pihole.example.net`. */
  url: z.url({ protocol: /^https?$/ }),
  /** Skips verification of its certificate. @default false */
  insecure: z.boolean().default(false),
});

const name = "external-dns-pihole";
const key = "password";

export default defineAddon({
  ...externalDnsEntry(name),
  name,
  description: "records in Pi-hole for what the cluster serves",
  sources: [
    ...externalDnsSources,
    "https://github.com/kubernetes-sigs/external-dns, v0.21.0: docs/tutorials/pihole.md: API version 6, no registry",
  ],
  chart: { repository: "https://kubernetes-sigs.github.io/external-dns", name: "external-dns", version: "1.21.1" },
  settings,
  example: { url: "http://pihole.example.net" },
  check: (_, { policy, domains }) =>
    policy === "sync" && !domains
      ? [
          {
            path: "policy",
            value: policy,
            message: "removes records that were made by hand, too, and so far means all of the cluster's domain",
            allowed: "upsert-only",
            hint: "or name the domains in which external-dns alone makes records: domains",
          },
        ]
      : [],
  values: (facts, chosen) => ({
    ...externalDnsValues(name, facts, chosen),
    provider: { name: "pihole" },
    // Pi-hole has no TXT records to say whose a record is.
    registry: "noop",
    txtOwnerId: undefined,
    txtPrefix: undefined,
    env: [fromSecret("EXTERNAL_DNS_PIHOLE_PASSWORD", name, key)],
    extraArgs: {
      "pihole-server": chosen.url,
      "pihole-api-version": "6",
      "pihole-tls-skip-verify": chosen.insecure,
    },
  }),
  secrets: () => [providerSecret(name, "piholePassword", key, "password of Pi-hole's web server")],
});
