import type { DownstreamCluster } from "../../../../components/downstream-clusters/plan.ts";
import { planDownstreamAddresses } from "../../../../components/network/downstream.ts";
import { downstreamSchema } from "../../../../config/downstream.ts";
import { releaseSchema } from "../../../../config/shared.ts";

/** What `downstream` says in the examples: `media` on Proxmox, and `dev` with an autoscaler on Harvester. */
export const said = {
  clusters: {
    media: { id: 1, labels: { cni: "cilium" } },
    dev: { id: 2, infrastructure: "harvester", workers: { min: 1, max: 3 } },
  },
  proxmox: { url: "https://pve01.example.net:8006" },
  harvester: {
    server: "https://harvester.example.net:6443",
    network: "default/vlan40",
    images: { stable: "default/talos-v1.11.5" },
    sshKeyPair: "default/unused",
  },
};

/** One of the two clusters as the planner takes it, with changes to what is said about it. */
export function exampleCluster(
  name: "media" | "dev",
  changes: Record<string, unknown> = {},
  release: Record<string, unknown> = {},
): DownstreamCluster {
  const clusters = { ...said.clusters, [name]: { ...said.clusters[name], ...changes } };
  const downstream = downstreamSchema.parse({ ...said, clusters });
  const config = downstream.clusters[name];
  const addresses = planDownstreamAddresses(downstream).plans[name];
  if (!config || !addresses) throw new Error(`there is no ${name}`);
  return {
    name,
    config,
    release: releaseSchema.parse({
      talos: "v1.11.5",
      kubernetes: "1.31.4",
      cilium: "1.18.4",
      image: { source: "factory" },
      ...release,
    }),
    releaseName: "stable",
    installer:
      "factory.talos.dev/nocloud-installer/376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba:v1.11.5",
    templateTags: ["orrery-template", "v1.11.5-376567988ad3"],
    addresses,
    managementId: 101,
    hosts: ["pve01", "pve02", "pve03"],
    storage: "rbd-vm",
    dnsServers: ["1.1.1.1"],
    ntpServers: ["time.cloudflare.com"],
    selection: { labels: {}, annotations: { "orrery/id": String(config.id) } },
    requirements: [],
    downstream,
  };
}
