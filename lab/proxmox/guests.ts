import type { ProviderFunction } from "../protocol/provider.ts";
import { isRecord, type Properties } from "../protocol/values.ts";
import { checkFunction } from "../schema/check.ts";
import { loadSchema } from "../schema/tables.ts";
import type { DataCentre } from "./datacentre.ts";

/** A VM or container as a host lists it. */
interface Guest {
  nodeName: string;
  vmId: number;
  name: string;
  status: string;
  tags: string[];
  template: boolean;
}

/** The two functions that list what runs on the hosts, by token. */
export function guestFunctions(centre: DataCentre): Record<string, ProviderFunction> {
  return {
    "proxmoxve:index/getVmsLegacy:getVmsLegacy": lister(centre, "getVmsLegacy", "qemu", "vms", vmsOn),
    "proxmoxve:index/getContainersLegacy:getContainersLegacy": lister(
      centre,
      "getContainersLegacy",
      "lxc",
      "containers",
      containersOn,
    ),
  };
}

/** Without a host in its arguments, the provider asks for the hosts first and then each of them. */
function lister(
  centre: DataCentre,
  name: string,
  kind: "qemu" | "lxc",
  result: string,
  guestsOn: (centre: DataCentre, host: string) => Guest[],
): ProviderFunction {
  return async (args) => {
    const failures = checkFunction(loadSchema("proxmoxve"), `proxmoxve:index/${name}:${name}`, args);
    if (failures.length > 0) return { failures };
    const hosts = args.nodeName
      ? [String(args.nodeName)]
      : await centre.call("GET /nodes", "", () => Object.keys(centre.state.hosts).sort());
    const found: Guest[] = [];
    for (const host of hosts) {
      const listed = await centre.call(`GET /nodes/{node}/${kind}`, host, () => {
        centre.host(host);
        return guestsOn(centre, host);
      });
      found.push(...listed.sort((a, b) => a.vmId - b.vmId).filter((guest) => matches(guest, args)));
    }
    return { result: { ...args, id: `${kind}-list`, [result]: found } };
  };
}

function vmsOn({ state }: DataCentre, host: string): Guest[] {
  return Object.values(state.vms)
    .filter((vm) => vm.host === host)
    .map(({ vmId, status, config }) => ({
      nodeName: host,
      vmId,
      name: String(config.name ?? ""),
      status,
      tags: Array.isArray(config.tags) ? config.tags.map(String).sort() : [],
      template: config.template === true,
    }));
}

function containersOn({ state }: DataCentre, host: string): Guest[] {
  return Object.entries(state.containers ?? {})
    .filter(([, container]) => container.host === host)
    .map(([vmId, { name }]) => ({
      nodeName: host,
      vmId: Number(vmId),
      name,
      status: "running",
      tags: [],
      template: false,
    }));
}

/** A guest has to have all the tags and to satisfy all filters; a filter is satisfied by one of its values. */
function matches(guest: Guest, { tags, filters }: Properties): boolean {
  const wanted = Array.isArray(tags) ? tags.map((tag) => String(tag).trim()).filter((tag) => tag !== "") : [];
  if (!wanted.every((tag) => guest.tags.includes(tag))) return false;
  return (Array.isArray(filters) ? filters.filter(isRecord) : []).every((filter) => {
    const value = attribute(guest, String(filter.name));
    const values = Array.isArray(filter.values) ? filter.values.map(String) : [];
    return values.some((each) => (filter.regex === true ? new RegExp(each).test(value) : each === value));
  });
}

/** The names are those of the bridged provider: values are not translated. */
function attribute(guest: Guest, name: string): string {
  switch (name) {
    case "name":
      return guest.name;
    case "status":
      return guest.status;
    case "template":
      return String(guest.template);
    case "node_name":
      return guest.nodeName;
    default:
      throw new Error(`unknown filter name '${name}', should be one of [name, template, status, node_name]`);
  }
}
