import type { CheckFailure, ResourceType } from "../../protocol/provider.ts";
import { isUnknown, type Properties } from "../../protocol/values.ts";
import type { DataCentre } from "../datacentre.ts";
import { applySdn, contains, createSdn, deleteSdn, readSdn, sdnId, updateSdn } from "../sdn.ts";
import type { SdnObject } from "../state.ts";
import { define, withoutNotes } from "./define.ts";
import { applyRules, between, matching, type Rules } from "./rules.ts";

const idRule = matching(sdnId, "must be 2 to 8 letters and digits, starting with a letter");
const vni = between(1, 16_777_215);

/** One kind of SDN object as a resource. */
interface SdnResource {
  token: string;
  kind: SdnObject["kind"];
  type?: string;
  /** Input that is the object's id. */
  identity?: string;
  idOf?(inputs: Properties): string;
  rules: Rules;
  validate?(inputs: Properties): CheckFailure[];
  /** What the provider reads besides the inputs. */
  computed(state: string): Properties;
  replaces: string[];
}

/** Zones, VNets, subnets, controllers and the applier. */
export function sdnResources(centre: DataCentre): [string, ResourceType][] {
  const zone = (name: string, rules: Rules): SdnResource => ({
    token: `proxmoxve:sdn/zone/${name}:${name[0]?.toUpperCase()}${name.slice(1)}`,
    kind: "zone",
    type: name,
    identity: "resourceId",
    rules: { resourceId: idRule, mtu: between(1280, 65_520), ...rules },
    validate: noEmptyNodes,
    computed: (state) => ({ pending: state !== "", state }),
    replaces: ["resourceId"],
  });
  const resources: SdnResource[] = [
    {
      token: "proxmoxve:sdn/controller/evpn:Evpn",
      kind: "controller",
      identity: "sdnControllerEvpnId",
      rules: { sdnControllerEvpnId: idRule, asn: between(1, 4_294_967_295) },
      validate: (inputs) =>
        inputs.peers === undefined && inputs.fabric === undefined
          ? [{ property: "peers", reason: "one of peers and fabric must be set" }]
          : [],
      computed: () => ({ digest: "0" }),
      replaces: ["sdnControllerEvpnId"],
    },
    zone("simple", {}),
    zone("vlan", {}),
    zone("vxlan", {}),
    zone("evpn", { vrfVxlan: vni, rtImport: matching(/^\d+:\d+(,\d+:\d+)*$/, "must be a list of <number>:<number>") }),
    {
      token: "proxmoxve:sdn/vnet:Vnet",
      kind: "vnet",
      identity: "resourceId",
      rules: { resourceId: idRule, tag: vni, alias: matching(/^.{0,256}$/s, "must be 256 characters at most") },
      computed: () => ({}),
      replaces: ["resourceId"],
    },
    {
      token: "proxmoxve:sdn/subnet:Subnet",
      kind: "subnet",
      idOf: (inputs) => subnetId(centre, inputs),
      rules: { cidr: matching(/^[0-9a-fA-F.:]+\/\d{1,3}$/, "must be a range in CIDR notation") },
      validate: gatewayInside,
      computed: () => ({}),
      replaces: ["cidr", "vnet"],
    },
  ];
  return [...resources.map((resource) => sdnResource(centre, resource)), applier(centre)];
}

function sdnResource(centre: DataCentre, resource: SdnResource): [string, ResourceType] {
  const { kind, type } = resource;
  const outputs = (inputs: Properties, state: string) => ({ ...withoutNotes(inputs), ...resource.computed(state) });
  return define({
    token: resource.token,
    validate: (inputs) => [...applyRules(inputs, resource.rules), ...(resource.validate?.(inputs) ?? [])],
    replaces: resource.replaces,
    async create(inputs) {
      const id = resource.idOf?.(inputs) ?? String(inputs[resource.identity ?? ""]);
      await createSdn(centre, { kind, id, ...(type ? { type } : {}), config: withoutNotes(inputs) });
      const object = await readSdn(centre, kind, id);
      return { id, outputs: outputs(inputs, object?.state ?? "new") };
    },
    async read(id) {
      const name = id.split("/").at(-1) ?? id;
      const object = await readSdn(
        centre,
        kind,
        kind === "subnet" && id.includes("/") ? id.slice(id.indexOf("/") + 1) : name,
      );
      return object
        ? { id: object.id, inputs: { ...object.config, __defaults: [] }, outputs: outputs(object.config, object.state) }
        : undefined;
    },
    async update(id, _olds, news) {
      await updateSdn(centre, kind, id, withoutNotes(news));
      const object = await readSdn(centre, kind, id);
      return outputs(news, object?.state ?? "changed");
    },
    delete: (id) => deleteSdn(centre, kind, id),
  });
}

/** `evpnz1-10.101.0.0-24` */
function subnetId(centre: DataCentre, inputs: Properties): string {
  const zone = centre.state.sdn.wanted[`vnet/${inputs.vnet}`]?.config.zone;
  return `${zone ?? ""}-${String(inputs.cidr).replace("/", "-")}`;
}

function gatewayInside(inputs: Properties): CheckFailure[] {
  const { cidr, gateway } = inputs;
  if (gateway === undefined || isUnknown(gateway) || isUnknown(cidr)) return [];
  return contains(String(cidr), String(gateway))
    ? []
    : [{ property: "gateway", reason: `gateway ${gateway} is not within the subnet ${cidr}` }];
}

/** The provider answers an empty list of nodes with an inconsistent result. */
function noEmptyNodes(inputs: Properties): CheckFailure[] {
  return Array.isArray(inputs.nodes) && inputs.nodes.length === 0
    ? [{ property: "nodes", reason: "must name nodes or be left out" }]
    : [];
}

/** Its whole work is in being made and being destroyed; changes of the network do not run it again. */
function applier(centre: DataCentre): [string, ResourceType] {
  return define({
    token: "proxmoxve:sdn/applier:Applier",
    defaults: { onCreate: true, onDestroy: true },
    async create(inputs) {
      if (inputs.onCreate !== false) await applySdn(centre);
      return { id: String(centre.world.clock.nowMs), outputs: withoutNotes(inputs) };
    },
    async read(id, inputs) {
      return { id, outputs: withoutNotes(inputs) };
    },
    async update(_id, _olds, news) {
      return withoutNotes(news);
    },
    async delete(_id, inputs) {
      if (inputs.onDestroy !== false) await applySdn(centre);
    },
  });
}
