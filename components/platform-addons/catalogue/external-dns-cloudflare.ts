import { z } from "zod";
import { defineAddon } from "../addon.ts";
import {
  externalDnsNamespace,
  externalDnsNeeds,
  externalDnsSources,
  externalDnsValueKeys,
  externalDnsValues,
  externalDnsWorkloads,
  fromSecret,
  providerSecret,
  sourceKinds,
} from "../external-dns.ts";

const settings = z.strictObject({
  /** Objects whose host names become records. @default services, ingresses and HTTP routes */
  sources: z.array(z.enum(sourceKinds)).min(1).default(["service", "ingress", "gateway-httproute"]),
  /** Zones that it may change. @default the cluster's domain */
  domains: z.array(z.string().min(1)).min(1).optional(),
  /** Whether records go with their objects. @default sync */
  policy: z.enum(["sync", "upsert-only"]).default("sync"),
  /** Traffic goes through Cloudflare's proxies unless an object says otherwise. @default false */
  proxied: z.boolean().default(false),
  /** Annotations that only this copy reads, for names that differ inside and outside. @default external-dns' own */
  annotationPrefix: z.string().min(1).optional(),
});

const name = "external-dns-cloudflare";
const key = "api-token";

export default defineAddon({
  name,
  description: "records at Cloudflare for what the cluster serves",
  sources: [
    ...externalDnsSources,
    "https://github.com/kubernetes-sigs/external-dns, v0.21.0: docs/tutorials/cloudflare.md: token with Zone Read and DNS Edit",
  ],
  chart: { repository: "https://kubernetes-sigs.github.io/external-dns", name: "external-dns", version: "1.21.1" },
  valueKeys: externalDnsValueKeys,
  namespace: { name: externalDnsNamespace, podSecurity: "restricted" },
  settings,
  values: (facts, chosen) => ({
    ...externalDnsValues(name, facts, chosen),
    provider: { name: "cloudflare" },
    env: [fromSecret("CF_API_TOKEN", name, key)],
    extraArgs: { "cloudflare-proxied": chosen.proxied },
  }),
  needs: (_, chosen) => externalDnsNeeds(name, chosen),
  after: ["dns"],
  definitions: [{ group: "externaldns.k8s.io", version: "v1alpha1", namespaced: ["DNSEndpoint"] }],
  workloads: externalDnsWorkloads,
  secrets: () => [providerSecret(name, "cloudflareToken", key, "Cloudflare API token that may edit the DNS zones")],
  selectedBy: [{ "external-dns-cloudflare": "true" }],
});
