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
  /** Traffic goes through Cloudflare's proxies unless an object says otherwise. @default false */
  proxied: z.boolean().default(false),
});

const name = "external-dns-cloudflare";
const key = "api-token";

export default defineAddon({
  ...externalDnsEntry(name),
  name,
  description: "records at Cloudflare for what the cluster serves",
  sources: [
    ...externalDnsSources,
    "https://github.com/kubernetes-sigs/external-dns, v0.21.0: docs/tutorials/cloudflare.md: token with Zone Read and DNS Edit",
  ],
  chart: { repository: "https://kubernetes-sigs.github.io/external-dns", name: "external-dns", version: "1.21.1" },
  settings,
  values: (facts, chosen) => ({
    ...externalDnsValues(name, facts, chosen),
    provider: { name: "cloudflare" },
    env: [fromSecret("CF_API_TOKEN", name, key)],
    extraArgs: { "cloudflare-proxied": chosen.proxied },
  }),
  secrets: () => [providerSecret(name, "cloudflareToken", key, "Cloudflare API token that may edit the DNS zones")],
});
