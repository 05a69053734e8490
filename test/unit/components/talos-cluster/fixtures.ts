/** Clusters for tests of the node plan and the machine configuration, written as stack files are. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { AddressPlan, ClusterFacts } from "../../../../components/facts.ts";
import { planAddresses } from "../../../../components/network/addresses.ts";
import { planNodes } from "../../../../components/talos-cluster/node-plan.ts";
import {
  type ClusterConfig,
  clusterKey,
  clusterSchema,
  parseCluster,
  type SharedConfig,
  sharedSchema,
  stackFileName,
} from "../../../../config/index.ts";

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

/** Eight small machines without hypervisor, IPv4 only: the example that comes with the project. */
export const home = exampleConfig("home");

function exampleConfig(name: string): ClusterConfig {
  const file = join(import.meta.dirname, "../../../../examples", name, stackFileName(name));
  return parseCluster(parse(readFileSync(file, "utf8")).config[clusterKey], file, name);
}
