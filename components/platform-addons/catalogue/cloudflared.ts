import { z } from "zod";
import { defineAddon, secretPlaceholder } from "../addon.ts";
import { budgetOf, copiesOf } from "../placement.ts";

const settings = z.strictObject({
  /** Number of the Cloudflare account. */
  account: z.string().min(1),
  /** Name of the tunnel. @default the cluster's name */
  tunnelName: z.string().min(1).optional(),
  /** Id of the tunnel, as `cloudflared tunnel create` shows it; its secret stands in `orrery:cloudflareTunnelSecret`. */
  tunnelId: z.guid(),
  /** What the tunnel serves, first match first; everything else gets 404. */
  ingress: z
    .array(
      z.strictObject({
        /** `app.example.net` or `*.example.net`. */
        hostname: z.string().min(1),
        /** Where requests go: `https://public.envoy-gateway-system.svc:443`. */
        service: z.string().min(1),
        /** How cloudflared speaks to the service, in Cloudflare's words: `{ noTLSVerify: true }`. @default its own */
        originRequest: z.record(z.string(), z.unknown()).optional(),
      }),
    )
    .min(1),
  /** @default 2, or 1 where one node takes pods */
  replicas: z.number().int().min(1).optional(),
});

const name = "cloudflared";
const namespace = "cloudflared";

export default defineAddon({
  name,
  description: "Cloudflare Tunnel: services reached from the Internet without an open port",
  sources: [
    "https://github.com/cloudflare/helm-charts, cloudflare-tunnel-0.3.2 (2024.8.3): charts/cloudflare-tunnel/values.yaml, templates/; no Kubernetes version is named",
    "https://github.com/cloudflare/cloudflared, 2026.8.2: README.md: versions of the last year are supported",
  ],
  chart: { repository: "https://cloudflare.github.io/helm-charts", name: "cloudflare-tunnel", version: "0.3.2" },
  valueKeys: `affinity cloudflare fullnameOverride image imagePullSecrets nameOverride nodeSelector podAnnotations
    podLabels podSecurityContext replicaCount resources securityContext serviceAccount tolerations`.split(/\s+/),
  namespace: { name: namespace, podSecurity: "restricted" },
  settings,
  example: {
    account: "0123456789abcdef",
    tunnelId: "6ff42ae2-765d-4adf-8112-31c55c1551ef",
    ingress: [{ hostname: "*.example.net", service: "https://public.envoy-gateway-system.svc:443" }],
  },
  values: (facts, { tunnelName, ingress, replicas }) => ({
    fullnameOverride: name,
    // The rest of the credentials is in the secret.
    cloudflare: { tunnelName: tunnelName ?? facts.name, secretName: name, ingress },
    // The chart has not moved with the program since 2024, and Cloudflare supports the versions of one year.
    image: { repository: "docker.io/cloudflare/cloudflared", tag: "2026.8.2" },
    replicaCount: copiesOf(facts, replicas),
    podSecurityContext: { seccompProfile: { type: "RuntimeDefault" } },
    resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "256Mi" } },
  }),
  objects: (facts, { replicas }) =>
    budgetOf(facts, copiesOf(facts, replicas), {
      name,
      namespace,
      matchLabels: { "app.kubernetes.io/instance": name },
    }),
  needs: () => [{ capability: "cni" }],
  after: ["dns"],
  workloads: () => [{ kind: "Deployment", name }],
  secrets: ({ name: cluster }, { account, tunnelName, tunnelId }) => [
    {
      configKey: "cloudflareTunnelSecret",
      description: "secret of the Cloudflare tunnel, from its credentials file",
      name,
      namespace,
      keys: {
        "credentials.json": JSON.stringify({
          AccountTag: account,
          TunnelID: tunnelId,
          TunnelName: tunnelName ?? cluster,
          TunnelSecret: secretPlaceholder,
        }),
      },
    },
  ],
  selectedBy: [{ cloudflared: "true" }],
});
