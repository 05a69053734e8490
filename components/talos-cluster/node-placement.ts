/** On which host each virtual node runs and on which storages its disks lie. */
import type { ClusterConfig, NodeOverride, NodeSettings, SharedConfig } from "../../config/index.ts";
import type { Problem } from "../../config/problems.ts";
import { suggestion } from "../../config/suggest.ts";
import type { VmPlan } from "../facts.ts";
import { controlPlaneRange, type Member, workerRange } from "./node-members.ts";

type Proxmox = SharedConfig["proxmox"];

/** A node's host; undefined, with problems, when none can be chosen. */
export interface Placement {
  host?: string;
  problems: Problem[];
}

/**
 * The host of a node: what its override says, else the round robin by suffix over the pool's hosts, so that adding or
 * removing a node moves no other. A node with a GPU only goes to hosts that have its mapping.
 */
export function placeNode(member: Member, config: ClusterConfig, proxmox: Proxmox): Placement {
  const override = config.overrides[member.name];
  const path = `overrides.${member.name}`;
  const poolPath = member.role === "controlplane" ? "controlPlanes" : `workers.${member.pool}`;
  const pool = member.role === "controlplane" ? config.controlPlanes : config.workers[member.pool];
  const problems = unknownHosts(override?.host ? [override.host] : [], proxmox, () => `${path}.host`);
  const carriers = override?.gpu ? mappingHosts(override.gpu.mapping, proxmox) : undefined;
  if (override?.gpu && !carriers) problems.push(unknownMapping(override.gpu.mapping, path, proxmox));
  if (override?.host) {
    if (carriers && problems.length === 0 && !carriers.includes(override.host)) {
      problems.push({
        path: `${path}.host`,
        value: override.host,
        message: `${member.name} uses the PCI mapping "${override.gpu?.mapping}", which ${override.host} does not have`,
        allowed: carriers.join(", "),
      });
    }
    return { host: override.host, problems };
  }
  const hosts = (pool?.hosts ?? Object.keys(proxmox.hosts)).filter((host) => proxmox.hosts[host]);
  const candidates = carriers ? hosts.filter((host) => carriers.includes(host)) : hosts;
  if (carriers && candidates.length === 0 && hosts.length > 0) {
    problems.push({
      path: `${path}.gpu.mapping`,
      value: override?.gpu?.mapping,
      message: `no host of ${poolPath} has the PCI mapping "${override?.gpu?.mapping}"`,
      allowed: `one of the hosts ${carriers.join(", ")} in ${poolPath}.hosts`,
    });
  }
  const first = member.role === "controlplane" ? controlPlaneRange.first : workerRange.first;
  return { host: candidates[positive(member.suffix - first, candidates.length)], problems };
}

/** Hosts named for pools that do not exist; told once for a pool, not for each of its nodes. */
export function poolHostProblems(config: ClusterConfig, proxmox: Proxmox): Problem[] {
  return [
    ...unknownHosts(config.controlPlanes.hosts ?? [], proxmox, (index) => `controlPlanes.hosts[${index}]`),
    ...Object.entries(config.workers).flatMap(([pool, { hosts }]) =>
      unknownHosts(hosts ?? [], proxmox, (index) => `workers.${pool}.hosts[${index}]`),
    ),
  ];
}

/** The disks of a VM: the system disk `scsi0`, then the data disks in their order. */
export function planDisks(host: string, settings: NodeSettings, diskGiB: number, proxmox: Proxmox): VmPlan["disks"] {
  const storage = settings.storage ?? proxmox.hosts[host]?.diskStorage ?? proxmox.diskStorage;
  return [diskGiB, ...(settings.dataDisksGiB ?? [])].map((sizeGiB, index) => ({
    interface: `scsi${index}`,
    sizeGiB,
    storage,
  }));
}

/** A storage that does not exist or cannot hold disks, for settings that stand at `path`. */
export function storageProblems(path: string, settings: NodeSettings, proxmox: Proxmox): Problem[] {
  const { storage } = settings;
  if (storage === undefined) return [];
  const usable = Object.keys(proxmox.storages).filter((name) => proxmox.storages[name]?.content.includes("images"));
  if (usable.includes(storage)) return [];
  const exists = proxmox.storages[storage] !== undefined;
  return [
    {
      path: `${path}.storage`,
      value: storage,
      message: exists ? `the storage "${storage}" cannot hold VM disks` : `the storage "${storage}" does not exist`,
      allowed: usable.join(", "),
      hint: exists ? `proxmox.storages.${storage}.content does not list "images"` : suggestion(storage, usable),
    },
  ];
}

/** Control planes that would share a host although another one has fewer, and PCI devices that are not there often enough. */
export function sharingProblems(
  placed: { member: Member; host: string; override?: NodeOverride }[],
  config: ClusterConfig,
  proxmox: Proxmox,
): Problem[] {
  const problems: Problem[] = [];
  const controlPlanes = placed.filter(({ member }) => member.role === "controlplane");
  const hosts = config.controlPlanes.hosts ?? Object.keys(proxmox.hosts);
  const most = Math.ceil(controlPlanes.length / Math.max(1, hosts.length));
  for (const [host, group] of Object.entries(Object.groupBy(controlPlanes, ({ host }) => host))) {
    if (!group || group.length <= most) continue;
    const names = group.map(({ member }) => member.name);
    problems.push({
      path: `overrides.${names.at(-1)}.host`,
      value: host,
      message: `${names.join(" and ")} would run on ${host} together, and fail together`,
      allowed: `at most ${most} control plane${most === 1 ? "" : "s"} on each of ${hosts.join(", ")}`,
      hint: "choose the host of one of them by an override, or other suffixes",
    });
  }
  const used = new Map<string, string[]>();
  for (const { member, host, override } of placed) {
    if (!override?.gpu) continue;
    const key = `${override.gpu.mapping} on ${host}`;
    const users = [...(used.get(key) ?? []), member.name];
    used.set(key, users);
    const devices = (proxmox.pciMappings[override.gpu.mapping] ?? []).filter((map) => map.host === host).length;
    if (devices > 0 && users.length > devices) {
      problems.push({
        path: `overrides.${member.name}.gpu.mapping`,
        value: override.gpu.mapping,
        message: `${users.join(" and ")} use the PCI mapping "${override.gpu.mapping}" on ${host}, which has ${devices} such device${devices === 1 ? "" : "s"}`,
        allowed: "one node per device",
      });
    }
  }
  return problems;
}

function mappingHosts(mapping: string, proxmox: Proxmox): string[] | undefined {
  const maps = proxmox.pciMappings[mapping];
  return maps && [...new Set(maps.map(({ host }) => host))];
}

function unknownMapping(mapping: string, path: string, proxmox: Proxmox): Problem {
  const known = Object.keys(proxmox.pciMappings);
  return {
    path: `${path}.gpu.mapping`,
    value: mapping,
    message: `the PCI mapping "${mapping}" does not exist`,
    allowed: known.length > 0 ? known.join(", ") : "none: the shared stack file has no proxmox.pciMappings",
    hint: suggestion(mapping, known),
  };
}

function unknownHosts(hosts: string[], proxmox: Proxmox, path: (index: number) => string): Problem[] {
  const known = Object.keys(proxmox.hosts);
  return hosts.flatMap((host, index) =>
    known.includes(host)
      ? []
      : [
          {
            path: path(index),
            value: host,
            message: `the host "${host}" does not exist`,
            allowed: known.join(", "),
            hint: suggestion(host, known),
          },
        ],
  );
}

function positive(value: number, modulus: number): number {
  return ((value % modulus) + modulus) % modulus;
}
