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
  /** PowerDNS' API: `https://dns.example.net:8081`. */
  url: z.url({ protocol: /^https?$/ }),
  /** The server's id, where PowerDNS stands behind a proxy. @default localhost */
  serverId: z.string().min(1).default("localhost"),
  /** Skips verification of its certificate. @default false */
  insecure: z.boolean().default(false),
});

const name = "external-dns-powerdns";
const key = "api-key";

export default defineAddon({
  ...externalDnsEntry(name),
  name,
  description: "records in PowerDNS for what the cluster serves",
  sources: [
    ...externalDnsSources,
    "https://github.com/kubernetes-sigs/external-dns, v0.21.0: docs/tutorials/pdns.md: flags of the provider",
  ],
  chart: { repository: "https://kubernetes-sigs.github.io/external-dns", name: "external-dns", version: "1.21.1" },
  settings,
  example: { url: "https://dns.example.net:8081" },
  values: (facts, chosen) => ({
    ...externalDnsValues(name, facts, chosen),
    provider: { name: "pdns" },
    env: [fromSecret("EXTERNAL_DNS_PDNS_API_KEY", name, key)],
    extraArgs: {
      "pdns-server": chosen.url,
      "pdns-server-id": chosen.serverId,
      "pdns-skip-tls-verify": chosen.insecure,
    },
  }),
  secrets: () => [providerSecret(name, "powerdnsApiKey", key, "key of PowerDNS' API")],
});
