import { planAddresses } from "../components/network/addresses.ts";
import { planNodes } from "../components/talos-cluster/node-plan.ts";
import { schematicId, schematicOf } from "../components/talos-image/schematic.ts";
import type { ClusterConfig, SharedConfig } from "../config/index.ts";
import type { HostState, StorageState } from "./proxmox/state.ts";
import type { MachineHardware } from "./talos/interface.ts";
import { factoryRouter, type RouterState } from "./vyos/router.ts";

/** What stands in the data centre before anything is built. */
export interface Site {
  hosts: Record<string, HostState>;
  storages: Record<string, StorageState>;
  /** Bridges that every host has. */
  bridges: string[];
  /** Machines of their own; someone switched them on with a boot image. */
  metal: MachineHardware[];
  /** URLs of the Git repositories that engines read. */
  repositories: string[];
  /** VyOS routers by their address. */
  routers: Record<string, RouterState>;
}

/** What a host has when the stack file does not say. */
const defaults = { threads: 128, memoryMiB: 4 * 1024 ** 2, storageGiB: 256 * 1024 };

/** ASN of routers whose stack file says none: what clusters take them to have. */
const usualAsn = 4_200_001_000;

/** Makes up the data centre that the stack files talk about. */
export function siteOf(files: { shared: SharedConfig; clusters: Record<string, ClusterConfig> }): Site {
  const { proxmox } = files.shared;
  const clusters = Object.values(files.clusters);
  return {
    hosts: Object.fromEntries(
      Object.entries(proxmox.hosts).map(([name, host]) => [
        name,
        {
          threads: host.threads ?? defaults.threads,
          memoryMiB: host.memoryMiB ?? defaults.memoryMiB,
          addresses: host.addresses,
          devices: devicesOf(files.shared, name),
        },
      ]),
    ),
    storages: Object.fromEntries(
      Object.entries(proxmox.storages).map(([name, { shared, content }]) => [
        name,
        { shared, content, sizeGiB: defaults.storageGiB },
      ]),
    ),
    bridges: [
      ...new Set(["vmbr0", ...clusters.flatMap(({ network }) => ("bridge" in network ? [network.bridge] : []))]),
    ].sort(),
    repositories: [...new Set(clusters.flatMap(repositoriesOf))].sort(),
    routers: Object.fromEntries(
      Object.values(files.shared.routers).map(({ host, port, user, hostKey, version, asn }) => [
        host,
        factoryRouter({ port, user, hostKey, version }, asn ?? usualAsn),
      ]),
    ),
    metal: Object.entries(files.clusters).flatMap(([stack, config]) => metalOf(stack, config, files.shared)),
  };
}

/** Repositories that the stack file of a cluster names for its engines. */
function repositoriesOf({ addons }: ClusterConfig): string[] {
  return [addons.argocd, addons.flux].flatMap((said) => {
    const { repository } = (typeof said === "object" ? (said.settings ?? {}) : {}) as {
      repository?: { url?: unknown };
    };
    return typeof repository?.url === "string" ? [repository.url] : [];
  });
}

function devicesOf(shared: SharedConfig, host: string): HostState["devices"] {
  return Object.fromEntries(
    Object.values(shared.proxmox.pciMappings)
      .flat()
      .filter((map) => map.host === host)
      .map((map) => [map.path, { id: map.id }]),
  );
}

/** Machines boot the release's metal image, which waits for a configuration at the maintenance address. */
function metalOf(stack: string, config: ClusterConfig, shared: SharedConfig): MachineHardware[] {
  const release = shared.releases[config.release];
  if (!release || config.metal.length === 0) return [];
  const { plan } = planAddresses(config, shared, stack);
  return planNodes(config, shared, plan).nodes.flatMap(({ metal, macAddress, suffix }): MachineHardware[] => {
    if (!metal) return [];
    const mac = macAddress ?? inventedMac(config.id, suffix);
    const disk = typeof metal.installDisk === "string" ? metal.installDisk.replace(/^\/dev\//, "") : "nvme0n1";
    return [
      {
        key: `metal/${mac}`,
        kind: "metal",
        cores: 16,
        memoryMiB: 65_536,
        disks: [{ name: disk, sizeGiB: 960 }],
        macAddresses: [mac],
        addresses: [metal.maintenanceAddress],
        bootImage: {
          talosVersion: release.talos,
          schematic: schematicId(schematicOf(release, metal)),
          platform: "metal",
        },
        pciMappings: [],
      },
    ];
  });
}

/** For machines whose stack file names none. */
function inventedMac(clusterId: number, suffix: number): string {
  const hex = (number: number) => number.toString(16).padStart(2, "0");
  return `02:00:00:00:${hex(clusterId)}:${hex(suffix % 256)}`;
}
