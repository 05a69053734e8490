/** Clusters for tests of the node plan and the machine configuration, written as stack files are. */

import type { AddressPlan, ClusterFacts } from "../../../../components/facts.ts";
import { planAddresses } from "../../../../components/network/addresses.ts";
import { planNodes } from "../../../../components/talos-cluster/node-plan.ts";
import { type ClusterConfig, clusterSchema, type SharedConfig, sharedSchema } from "../../../../config/index.ts";

const extension = (name: string) => ({ name: `siderolabs/${name}`, image: `ghcr.io/siderolabs/${name}:1` });

/** The site: three hosts, one GPU mapping on one of them, a release of each configuration generation. */
export const shared: SharedConfig = sharedSchema.parse({
  proxmox: {
    hosts: { pve01: {}, pve02: {}, pve03: { diskStorage: "local-zfs" } },
    storages: {
      "rbd-vm": { shared: true, content: ["images"] },
      "local-zfs": { content: ["images"] },
      resources: { shared: true, content: ["iso", "import"] },
    },
    diskStorage: "rbd-vm",
    imageStorage: "resources",
    pciMappings: { igpu: [{ host: "pve02", id: "8086:46a6", path: "0000:00:02.0" }] },
  },
  sdn: {},
  releases: {
    stable: {
      talos: "v1.11.5",
      kubernetes: "1.31.4",
      cilium: "1.18.4",
      image: { source: "imager", repository: "registry.example.net/talos" },
      extensions: [extension("qemu-guest-agent"), extension("crun")],
      customExtensions: [{ name: "frr", image: "ghcr.io/sulibot/frr-talos-extension:v1.0.18" }],
      bgpSpeaker: "frr",
    },
    candidate: {
      talos: "v1.12.0",
      kubernetes: "1.32.4",
      cilium: "1.18.4",
      image: { source: "factory" },
      extensions: [extension("qemu-guest-agent"), extension("bird2")],
      bgpSpeaker: "bird",
    },
    metal: {
      talos: "v1.12.0",
      kubernetes: "1.32.4",
      cilium: "1.18.4",
      image: { source: "factory" },
      platform: "metal",
      extensions: [extension("i915"), extension("intel-ucode"), extension("mei")],
    },
  },
});

/** A cluster's configuration from what its stack file says. */
export function clusterConfig(value: Record<string, unknown>): ClusterConfig {
  return clusterSchema.parse({ id: 101, release: "stable", ...value });
}

/** The address plan of a cluster. */
export function addressPlan(config: ClusterConfig, clusterName: string): AddressPlan {
  return planAddresses(config, shared, clusterName).plan;
}

/** Facts of a cluster whose plan has no problems. */
export function clusterFacts(config: ClusterConfig, clusterName: string): ClusterFacts {
  const addresses = addressPlan(config, clusterName);
  const { nodes, problems } = planNodes(config, shared, addresses);
  if (problems.length > 0) throw new Error(problems.map(({ path, message }) => `${path}: ${message}`).join("\n"));
  const release = shared.releases[config.release];
  if (!release) throw new Error(`there is no release ${config.release}`);
  return {
    name: clusterName,
    domain: config.domain,
    purpose: config.purpose,
    owner: config.owner,
    contacts: config.contacts,
    labels: config.labels,
    releaseName: config.release,
    release,
    addresses,
    nodes,
    hosts: Object.keys(shared.proxmox.hosts),
  };
}

const metal = (suffix: number, role: string, address: string, installDisk: unknown) => ({
  name: `k8s-${address.split(".")[3]?.slice(1)}`,
  role,
  suffix,
  addresses: [address],
  installDisk,
});

/** Eight small machines without hypervisor, IPv4 only. */
export const home = clusterConfig({
  id: 60,
  release: "metal",
  network: {
    mode: "external",
    nodeSubnets: ["10.0.60.0/24"],
    gateways: ["10.0.60.1"],
    vip: "10.0.60.10",
    podSubnets: ["10.42.0.0/16"],
    serviceSubnets: ["10.43.0.0/16"],
  },
  controlPlanes: { count: 0 },
  workers: {},
  metal: [
    metal(11, "controlplane", "10.0.60.21", "/dev/nvme0n1"),
    metal(12, "controlplane", "10.0.60.23", "/dev/nvme0n1"),
    metal(13, "controlplane", "10.0.60.25", "/dev/sda"),
    metal(22, "worker", "10.0.60.22", { type: "nvme" }),
    metal(26, "worker", "10.0.60.26", { model: "Samsung SSD 980" }),
    metal(27, "worker", "10.0.60.27", { size: "<= 600GB" }),
    metal(28, "worker", "10.0.60.28", "/dev/sda"),
    metal(29, "worker", "10.0.60.29", "/dev/sda"),
  ],
  machine: { scheduleOnControlPlanes: true, dnsServers: ["1.1.1.1", "1.0.0.1"], searchDomains: [] },
});
