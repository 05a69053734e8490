import { isDeepStrictEqual } from "node:util";
import { Address4, Address6 } from "ip-address";
import type { Properties } from "../protocol/values.ts";
import type { DataCentre } from "./datacentre.ts";
import { ProxmoxError } from "./errors.ts";
import type { SdnObject } from "./state.ts";

/** Names of zones, VNets and controllers become names of network devices. */
export const sdnId = /^[a-zA-Z][a-zA-Z0-9]{1,7}$/;

const routes: Record<SdnObject["kind"], string> = {
  controller: "/cluster/sdn/controllers",
  zone: "/cluster/sdn/zones",
  vnet: "/cluster/sdn/vnets",
  subnet: "/cluster/sdn/vnets/{vnet}/subnets",
};

/** Seconds that reloading the network takes per host. */
const reloadSeconds = 4;

function keyOf(object: { kind: SdnObject["kind"]; id: string }): string {
  return `${object.kind}/${object.id}`;
}

/** Adds an object to the configuration; it is pending until it is applied. */
export async function createSdn(centre: DataCentre, object: SdnObject): Promise<void> {
  await centre.call(`POST ${routes[object.kind]}`, object.id, () => {
    const { wanted } = centre.state.sdn;
    if (wanted[keyOf(object)])
      throw new ProxmoxError(500, `sdn ${object.kind} object ID '${object.id}' already defined`);
    validate(centre, object);
    wanted[keyOf(object)] = object;
  });
}

/** The object as configured, applied or not. */
export async function readSdn(
  centre: DataCentre,
  kind: SdnObject["kind"],
  id: string,
): Promise<(SdnObject & { state: "new" | "changed" | "" }) | undefined> {
  return centre.call(`GET ${routes[kind]}/{id}`, id, () => {
    const object = centre.state.sdn.wanted[`${kind}/${id}`];
    if (!object) return undefined;
    const applied = centre.state.sdn.applied[`${kind}/${id}`];
    return { ...object, state: !applied ? "new" : isDeepStrictEqual(applied, object) ? "" : "changed" };
  });
}

/** Changes the configuration of an object; pending until it is applied. */
export async function updateSdn(
  centre: DataCentre,
  kind: SdnObject["kind"],
  id: string,
  config: Properties,
): Promise<void> {
  await centre.call(`PUT ${routes[kind]}/{id}`, id, () => {
    const old = centre.state.sdn.wanted[`${kind}/${id}`];
    if (!old) throw new ProxmoxError(500, `sdn '${id}' does not exist`);
    const object = { ...old, config };
    validate(centre, object);
    centre.state.sdn.wanted[`${kind}/${id}`] = object;
  });
}

/** Takes an object out of the configuration; what hangs on it has to be gone. */
export async function deleteSdn(centre: DataCentre, kind: SdnObject["kind"], id: string): Promise<void> {
  await centre.call(`DELETE ${routes[kind]}/{id}`, id, () => {
    const { wanted } = centre.state.sdn;
    if (!wanted[`${kind}/${id}`]) return;
    for (const other of Object.values(wanted)) {
      const { config } = other;
      if (kind === "vnet" && other.kind === "subnet" && config.vnet === id) {
        throw new ProxmoxError(500, "Can't delete vnet if subnets exists");
      }
      if (kind === "zone" && other.kind === "vnet" && config.zone === id) {
        throw new ProxmoxError(500, `zone ${id} is used by vnet ${other.id}`);
      }
      if (kind === "controller" && other.kind === "zone" && config.controller === id) {
        throw new ProxmoxError(500, `controller ${id} is used by zone ${other.id}`);
      }
    }
    delete wanted[`${kind}/${id}`];
  });
}

/** Makes everything that is pending true on all hosts, whoever configured it. */
export async function applySdn(centre: DataCentre): Promise<void> {
  await centre.call("PUT /cluster/sdn", "", async () => {
    const hosts = Object.keys(centre.state.hosts);
    const task = {
      host: hosts[0] ?? "",
      type: "reloadnetworkall",
      subject: "",
      seconds: reloadSeconds,
      locks: ["sdn"],
    };
    await centre.tasks.run(task, () => {
      const { sdn, vms } = centre.state;
      const gone = Object.values(sdn.applied).filter((object) => object.kind === "vnet" && !sdn.wanted[keyOf(object)]);
      sdn.applied = structuredClone(sdn.wanted);
      for (const vnet of gone) {
        for (const vm of Object.values(vms)) {
          if (vm.status === "running" && bridgesOf(vm.config).includes(vnet.id)) {
            centre.world.record("vm.cut-off", `vm/${vm.vmId}`, { bridge: vnet.id });
          }
        }
      }
      centre.world.record("sdn.applied", "", { objects: Object.keys(sdn.applied).length });
    });
  });
}

/** True when the bridge exists on the host: a configured one, or a VNet that is applied there. */
export function hasBridge(centre: DataCentre, host: string, bridge: string): boolean {
  if (centre.state.bridges.includes(bridge)) return true;
  const { applied } = centre.state.sdn;
  const zone = applied[`zone/${applied[`vnet/${bridge}`]?.config.zone}`];
  if (!zone) return false;
  const nodes = zone.config.nodes;
  return !Array.isArray(nodes) || nodes.length === 0 || nodes.includes(host);
}

/** Bridges that a VM's network devices name. */
export function bridgesOf(config: Properties): string[] {
  const devices = (config.networkDevices ?? []) as Properties[];
  return devices.map((device) => String(device.bridge ?? "vmbr0"));
}

/** @throws ProxmoxError when Proxmox would not take the object */
function validate(centre: DataCentre, object: SdnObject): void {
  const { wanted } = centre.state.sdn;
  const { config, id, kind } = object;
  if (kind !== "subnet" && !sdnId.test(id)) {
    throw new ProxmoxError(
      400,
      `Parameter verification failed. (${kind}: invalid format - ${kind} ID '${id}' contains illegal characters or is not 2 to 8 characters long)`,
    );
  }
  const others = Object.values(wanted).filter((other) => keyOf(other) !== keyOf(object));
  if (kind === "zone") validateZone(centre, object, others);
  if (kind === "vnet") validateVnet(centre, object, others);
  if (kind === "subnet") {
    if (!wanted[`vnet/${config.vnet}`]) throw new ProxmoxError(500, `sdn vnet '${config.vnet}' does not exist`);
    if (wanted[`vnet/${config.vnet}`]?.config.vlanAware)
      throw new ProxmoxError(500, "can't add subnet if vlanaware is enabled");
    if (config.gateway && !contains(String(config.cidr), String(config.gateway))) {
      throw new ProxmoxError(500, `gateway ${config.gateway} is not in subnet ${config.cidr}`);
    }
  }
}

function validateZone(centre: DataCentre, zone: SdnObject, others: SdnObject[]): void {
  const { config, type } = zone;
  for (const node of [...list(config.nodes), ...list(config.exitNodes)]) centre.host(node);
  if (type === "vlan" && !centre.state.bridges.includes(String(config.bridge))) {
    throw new ProxmoxError(500, `bridge '${config.bridge}' does not exist`);
  }
  if (type !== "evpn") return;
  if (!centre.state.sdn.wanted[`controller/${config.controller}`]) {
    throw new ProxmoxError(500, `controller ${config.controller} does not exist`);
  }
  if (config.primaryExitNode && !list(config.exitNodes).includes(String(config.primaryExitNode))) {
    throw new ProxmoxError(500, `primary exit node ${config.primaryExitNode} is not one of the exit nodes`);
  }
  const clash = others.find(
    (other) =>
      (other.kind === "zone" && other.config.vrfVxlan === config.vrfVxlan) ||
      (other.kind === "vnet" && other.config.tag === config.vrfVxlan),
  );
  if (clash) throw new ProxmoxError(500, `vxlan id ${config.vrfVxlan} is already used by ${clash.kind} ${clash.id}`);
}

function validateVnet(centre: DataCentre, vnet: SdnObject, others: SdnObject[]): void {
  const { config } = vnet;
  const zone = centre.state.sdn.wanted[`zone/${config.zone}`];
  if (!zone) throw new ProxmoxError(500, `zone ${config.zone} does not exist`);
  if (zone.type === "simple") {
    if (config.tag !== undefined) throw new ProxmoxError(500, "vlan tag is not allowed on simple zone");
    return;
  }
  if (config.tag === undefined) throw new ProxmoxError(500, `missing ${zone.type === "vlan" ? "vlan" : "vxlan"} tag`);
  if (zone.type === "evpn" && config.vlanAware) {
    throw new ProxmoxError(500, "vlan-aware option can't be enabled with evpn plugin");
  }
  const sameSpace = (other: SdnObject) => {
    const otherZone = centre.state.sdn.wanted[`zone/${other.config.zone}`];
    return zone.type === "vlan" ? other.config.zone === config.zone : otherZone?.type !== "vlan";
  };
  const clash = others.find(
    (other) =>
      (other.kind === "vnet" && other.config.tag === config.tag && sameSpace(other)) ||
      (other.kind === "zone" && zone.type !== "vlan" && other.config.vrfVxlan === config.tag),
  );
  if (clash) throw new ProxmoxError(500, `tag ${config.tag} is already used by ${clash.kind} ${clash.id}`);
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? (value as string[]) : [];
}

/** True when the address lies in the range; of different families it never does. */
export function contains(cidr: string, address: string): boolean {
  if (cidr.includes(":") !== address.includes(":")) return false;
  return cidr.includes(":")
    ? new Address6(address).isInSubnet(new Address6(cidr))
    : new Address4(address).isInSubnet(new Address4(cidr));
}
