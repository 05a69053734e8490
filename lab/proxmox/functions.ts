import type { ProviderFunction } from "../protocol/provider.ts";
import type { Properties } from "../protocol/values.ts";
import { checkFunction } from "../schema/check.ts";
import { loadSchema } from "../schema/tables.ts";
import type { DataCentre } from "./datacentre.ts";
import { guestFunctions } from "./guests.ts";
import { usedGiB } from "./storage.ts";
import { runningMemoryMiB } from "./vm-config.ts";

/** The version of Proxmox VE that the lab behaves like. */
const version = { release: "9.0", repositoryId: "0c0b1b3d4a8e", version: "9.0.3" };

/** Functions of the provider: what it can be asked without making anything. */
export function proxmoxFunctions(centre: DataCentre): Record<string, ProviderFunction> {
  const offer = (name: string, route: string, answer: (args: Properties) => Properties): [string, ProviderFunction] => {
    const token = `proxmoxve:index/${name}:${name}`;
    const run: ProviderFunction = async (args) => {
      const failures = checkFunction(loadSchema("proxmoxve"), token, args);
      if (failures.length > 0) return { failures };
      return { result: await centre.call(`GET ${route}`, String(args.nodeName ?? ""), () => answer(args)) };
    };
    return [token, run];
  };
  const offered = Object.fromEntries([
    offer("getVersion", "/version", () => ({ id: "version", ...version })),
    offer("getNodesLegacy", "/nodes", () => nodes(centre)),
    offer("getDatastores", "/nodes/{node}/storage", (args) => datastores(centre, args)),
    offer("getFiles", "/nodes/{node}/storage/{storage}/content", (args) => files(centre, args)),
  ]);
  return { ...offered, ...guestFunctions(centre) };
}

function nodes(centre: DataCentre): Properties {
  const names = Object.keys(centre.state.hosts).sort();
  const hosts = names.map((name) => centre.host(name));
  const used = names.map((name) =>
    Object.values(centre.state.vms)
      .filter((vm) => vm.host === name && vm.status === "running")
      .reduce((sum, vm) => sum + runningMemoryMiB(vm), 0),
  );
  const uptime = Math.floor(centre.world.clock.nowMs / 1000);
  return {
    id: "nodes",
    names,
    cpuCounts: hosts.map((host) => host.threads),
    cpuUtilizations: names.map(() => 0),
    memoryAvailables: hosts.map((host, index) => host.memoryMiB - (used[index] ?? 0)),
    memoryUseds: used,
    onlines: names.map(() => true),
    sslFingerprints: names.map(() => ""),
    supportLevels: names.map(() => ""),
    uptimes: names.map(() => uptime),
  };
}

function datastores(centre: DataCentre, args: Properties): Properties {
  const nodeName = String(args.nodeName);
  centre.host(nodeName);
  const filters = (args.filters ?? {}) as { id?: string; contentTypes?: string[] };
  const found = Object.entries(centre.state.storages)
    .filter(([id]) => filters.id === undefined || filters.id === id)
    .filter(([, storage]) => (filters.contentTypes ?? []).every((content) => storage.content.includes(content)))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, storage]) => {
      const total = storage.sizeGiB * 1024 ** 3;
      const used = Math.round(usedGiB(centre, nodeName, id) * 1024 ** 3);
      return {
        active: true,
        contentTypes: storage.content.toSorted(),
        enabled: true,
        id,
        nodeName,
        shared: storage.shared,
        spaceAvailable: total - used,
        spaceTotal: total,
        spaceUsed: used,
        spaceUsedFraction: used / total,
        type: storage.shared ? "rbd" : "lvmthin",
      };
    });
  return { ...args, datastores: found };
}

function files(centre: DataCentre, args: Properties): Properties {
  const nodeName = String(args.nodeName);
  const datastoreId = String(args.datastoreId);
  centre.host(nodeName);
  const storage = centre.state.storages[datastoreId];
  if (!storage) throw new Error(`received an HTTP 500 response - Reason: storage '${datastoreId}' does not exist`);
  const prefix = storage.shared ? `${datastoreId}:` : `${nodeName}/${datastoreId}:`;
  const pattern = args.fileNameRegex === undefined ? undefined : new RegExp(String(args.fileNameRegex));
  const found = Object.entries(centre.state.files)
    .filter(([key]) => key.startsWith(prefix))
    .filter(([, file]) => args.contentType === undefined || args.contentType === file.contentType)
    .map(([key, file]) => {
      const id = storage.shared ? key : key.slice(nodeName.length + 1);
      const fileName = id.split("/").slice(1).join("/");
      return {
        contentType: file.contentType,
        fileFormat: fileName.split(".").at(-1) ?? "",
        fileName,
        fileSize: Math.round(file.sizeMiB * 1024 ** 2),
        id,
        vmid: 0,
      };
    })
    .filter(({ fileName }) => !pattern || pattern.test(fileName));
  return { ...args, files: found };
}
