import { stringify } from "yaml";
import type { Session, TalosApi } from "../../talos/api.ts";
import { diskTable } from "../../talos/disks.ts";
import { addressesOf, nameOf, talosVersionOf } from "../../talos/machines.ts";
import { table, timestamp } from "../table.ts";
import { ToolFailure } from "../tool.ts";
import { machineStatusOf } from "./services.ts";

interface Kind {
  type: string;
  /** The type's name in tables. */
  shown: string;
  namespace: string;
  /** Columns of the table, besides the ones every resource has. */
  columns: [string, (spec: Spec) => string][];
  items(api: TalosApi, session: Session): { id: string; spec: Spec }[];
}

/** A machine configuration is shown as the text that it is. */
type Spec = Record<string, unknown> | string;

const text = (name: string) => (spec: Spec) => {
  const value = typeof spec === "string" ? undefined : spec[name];
  return Array.isArray(value) ? JSON.stringify(value) : String(value ?? "");
};

/** Resources that `talosctl get` knows in the lab, by the names people use. */
const kinds: Record<string, Kind> = {
  machineconfig: {
    type: "MachineConfigs.config.talos.dev",
    shown: "MachineConfig",
    namespace: "config",
    columns: [],
    items: (api, session) => {
      const configuration = api.activeConfiguration(session);
      return configuration === undefined ? [] : [{ id: "v1alpha1", spec: configuration }];
    },
  },
  machinestatus: {
    type: "MachineStatuses.runtime.talos.dev",
    shown: "MachineStatus",
    namespace: "runtime",
    columns: [
      ["STAGE", text("stage")],
      ["READY", (spec) => String((spec as ReturnType<typeof machineStatusOf>).status.ready)],
    ],
    items: (api, session) => [{ id: "machine", spec: machineStatusOf(api, session) }],
  },
  members: {
    type: "Members.cluster.talos.dev",
    shown: "Member",
    namespace: "cluster",
    columns: [
      ["HOSTNAME", text("hostname")],
      ["MACHINE TYPE", text("machineType")],
      ["OS", text("operatingSystem")],
      ["ADDRESSES", text("addresses")],
    ],
    items: (api, { machine }) =>
      api.machines
        .all()
        .filter(([, other]) => other.phase === "running" && other.active?.clusterId === machine.active?.clusterId)
        .map(([, other]) => ({
          id: other.active?.nodeName ?? "",
          spec: {
            nodeId: other.active?.nodeName,
            addresses: addressesOf(other),
            hostname: other.active?.nodeName,
            machineType: other.active?.role,
            operatingSystem: `Talos (${talosVersionOf(other)})`,
          },
        })),
  },
  disks: {
    type: "Disks.block.talos.dev",
    shown: "Disk",
    namespace: "runtime",
    columns: [
      ["SIZE", text("pretty_size")],
      ["READ ONLY", text("readonly")],
      ["TRANSPORT", text("transport")],
      ["ROTATIONAL", (spec) => (text("rotational")(spec) === "true" ? "true" : "")],
      ["WWID", text("wwid")],
      ["MODEL", text("model")],
      ["SERIAL", text("serial")],
    ],
    items: (_api, { machine }) =>
      diskTable(machine).map((disk) => ({
        id: disk.devPath.replace("/dev/", ""),
        spec: {
          dev_path: disk.devPath,
          size: disk.size,
          pretty_size: disk.prettySize,
          io_size: disk.ioSize,
          sector_size: disk.sectorSize,
          readonly: disk.readonly,
          cdrom: disk.cdrom,
          rotational: disk.rotational,
          model: disk.model,
          serial: disk.serial,
          wwid: disk.wwid,
          bus_path: disk.busPath,
          sub_system: disk.subSystem,
          transport: disk.transport,
          symlinks: disk.symlinks,
        },
      })),
  },
  addresses: {
    type: "AddressStatuses.net.talos.dev",
    shown: "AddressStatus",
    namespace: "network",
    columns: [
      ["ADDRESS", text("address")],
      ["LINK", text("linkName")],
    ],
    items: (_api, { machine }) =>
      addressesOf(machine).map((address) => {
        const cidr = `${address}/${address.includes(":") ? 64 : 24}`;
        return { id: `eth0/${cidr}`, spec: { address: cidr, linkName: "eth0" } };
      }),
  },
  hostname: {
    type: "HostnameStatuses.net.talos.dev",
    shown: "HostnameStatus",
    namespace: "network",
    columns: [
      ["HOSTNAME", text("hostname")],
      ["DOMAINNAME", text("domainname")],
    ],
    items: (_api, { key, machine }) => [{ id: "hostname", spec: { hostname: nameOf(key, machine), domainname: "" } }],
  },
};

const aliases: Record<string, string> = {
  machineconfigs: "machineconfig",
  mc: "machineconfig",
  machinestatuses: "machinestatus",
  member: "members",
  disk: "disks",
  address: "addresses",
  addressstatus: "addresses",
  addressstatuses: "addresses",
  hostnamestatus: "hostname",
  hostnamestatuses: "hostname",
};

/** `talosctl get`: resources of nodes as table, JSON or YAML. @throws ToolFailure for a type that there is not */
export function getResources(
  api: TalosApi,
  sessions: (Session & { node: string })[],
  [typeName = "", id]: string[],
  output: string,
): string {
  const name = typeName.toLowerCase().split(".")[0] ?? "";
  const kind = kinds[aliases[name] ?? name];
  if (!kind) throw new ToolFailure(`resource "${typeName}" is not registered`);
  const rows: { node: string; id: string; spec: Spec; version: number; created: string }[] = [];
  for (const session of sessions) {
    const items = kind.items(api, session).filter((item) => id === undefined || item.id === id);
    if (id !== undefined && items.length === 0) {
      throw new ToolFailure(
        `1 error occurred:\n\t* ${session.node}: rpc error: code = NotFound desc = resource ${kind.type}(${kind.namespace}/${id}@undefined) doesn't exist\n`,
      );
    }
    const created = timestamp(session.machine.phaseSinceMs);
    rows.push(...items.map((item) => ({ ...item, node: session.node, version: session.machine.boots + 1, created })));
  }
  if (output === "table") {
    const header = ["NODE", "NAMESPACE", "TYPE", "ID", "VERSION", ...kind.columns.map(([column]) => column)];
    return table([
      header,
      ...rows.map((row) => [
        row.node,
        kind.namespace,
        kind.shown,
        row.id,
        row.version,
        ...kind.columns.map(([, cell]) => cell(row.spec)),
      ]),
    ]);
  }
  const documents = rows.map((row) => ({
    metadata: {
      created: row.created,
      id: row.id,
      namespace: kind.namespace,
      owner: "",
      phase: "running",
      type: kind.type,
      updated: row.created,
      version: row.version,
    },
    node: row.node,
    spec: row.spec,
  }));
  if (output === "json") return documents.map((document) => `${JSON.stringify(document, null, 4)}\n`).join("");
  if (output === "yaml") return documents.map((document) => stringify(document, { indent: 4 })).join("---\n");
  throw new ToolFailure(`output format "${output}" is not supported`);
}
