import type { CheckFailure, ResourceType } from "../../protocol/provider.ts";
import { isUnknown, type Properties } from "../../protocol/values.ts";
import type { DataCentre } from "../datacentre.ts";
import { ProxmoxError } from "../errors.ts";
import { define, withoutNotes } from "./define.ts";
import { applyRules, between, matching, oneOf, type Rules } from "./rules.ts";

/** An object that Proxmox keeps cluster-wide under a name. */
interface NamedObject {
  token: string;
  route: string;
  identity: string;
  defaults?: Properties;
  rules: Rules;
  validate?(inputs: Properties): CheckFailure[];
  replaces: string[];
  all(): Record<string, Properties>;
  /** Throws what Proxmox would say. */
  admit?(inputs: Properties): void;
  computed?(inputs: Properties): Properties;
}

/** PCI mappings, HA resources and rules, pools and their members. */
export function clusterResources(centre: DataCentre): [string, ResourceType][] {
  const { state } = centre;
  return [
    named(centre, {
      token: "proxmoxve:hardware/mapping/pci:Pci",
      route: "/cluster/mapping/pci",
      identity: "name",
      defaults: { mediatedDevices: false },
      rules: {
        name: matching(/^[a-zA-Z][a-zA-Z0-9_-]+$/, "must start with a letter"),
        "maps[].id": matching(/^[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}$/, "must be <vendor>:<device>"),
        "maps[].path": matching(/^[a-f0-9]{4,}:[a-f0-9]{2}:[a-f0-9]{2}(\.[a-f0-9])?$/, "must be a PCI address"),
      },
      replaces: ["name"],
      all: () => state.pciMappings,
      admit(inputs) {
        for (const map of (inputs.maps ?? []) as Properties[]) centre.host(String(map.node));
      },
    }),
    named(centre, {
      token: "proxmoxve:index/haresource:Haresource",
      route: "/cluster/ha/resources",
      identity: "resourceId",
      rules: {
        resourceId: matching(/^(vm|ct):\d+$/, "must be vm:<id> or ct:<id>"),
        state: oneOf("started", "stopped", "enabled", "disabled", "ignored"),
        maxRelocate: between(0, 10),
        maxRestart: between(0, 10),
      },
      replaces: ["resourceId", "type"],
      all: () => state.haResources,
      admit(inputs) {
        const vmId = String(inputs.resourceId).split(":")[1] ?? "";
        if (!state.vms[vmId]) throw new ProxmoxError(500, `unable to find configuration for '${inputs.resourceId}'`);
        if (inputs.group)
          throw new ProxmoxError(500, "invalid parameter 'group': ha groups have been migrated to rules");
      },
      computed: (inputs) => ({
        maxRelocate: 1,
        maxRestart: 1,
        state: "started",
        type: String(inputs.resourceId).split(":")[0],
      }),
    }),
    named(centre, {
      token: "proxmoxve:index/harule:Harule",
      route: "/cluster/ha/rules",
      identity: "rule",
      defaults: { disable: false },
      rules: {
        rule: matching(/^[a-zA-Z][a-zA-Z0-9_-]+$/, "must start with a letter"),
        type: oneOf("node-affinity", "resource-affinity"),
        affinity: oneOf("positive", "negative"),
      },
      validate: validateRule,
      replaces: ["rule", "type"],
      all: () => state.haRules,
      admit(inputs) {
        for (const id of (inputs.resources ?? []) as string[]) {
          if (!state.haResources[id])
            throw new ProxmoxError(500, `rule '${inputs.rule}': resource '${id}' is not managed by HA`);
        }
        for (const node of Object.keys((inputs.nodes ?? {}) as Properties)) centre.host(node);
      },
    }),
    named(centre, {
      token: "proxmoxve:index/poolLegacy:PoolLegacy",
      route: "/pools",
      identity: "poolId",
      rules: { poolId: matching(/^[A-Za-z0-9._\-/]+$/, "must be a pool id") },
      replaces: ["poolId"],
      all: () => pools(centre),
      computed: () => ({ members: [] }),
    }),
    membership(centre),
  ];
}

function validateRule(inputs: Properties): CheckFailure[] {
  if (isUnknown(inputs.type)) return [];
  const wanted = inputs.type === "node-affinity" ? "nodes" : "affinity";
  return inputs[wanted] === undefined
    ? [{ property: wanted, reason: `is required for rules of type ${inputs.type}` }]
    : [];
}

/** Pools as property bags; members are kept apart. */
function pools(centre: DataCentre): Record<string, Properties> {
  const { state } = centre;
  return new Proxy({} as Record<string, Properties>, {
    get: (_target, id: string) => {
      const pool = state.pools[id];
      return pool ? { poolId: id, ...(pool.comment === undefined ? {} : { comment: pool.comment }) } : undefined;
    },
    set: (_target, id: string, value: Properties) => {
      const comment = value.comment as string | undefined;
      state.pools[id] = { vmIds: [], storageIds: [], ...state.pools[id], comment };
      return true;
    },
    deleteProperty: (_target, id: string) => {
      const pool = state.pools[id];
      if (pool && pool.vmIds.length + pool.storageIds.length > 0)
        throw new ProxmoxError(500, `pool '${id}' is not empty`);
      delete state.pools[id];
      return true;
    },
  });
}

function named(centre: DataCentre, object: NamedObject): [string, ResourceType] {
  const outputs = (inputs: Properties) => ({ ...object.computed?.(inputs), ...withoutNotes(inputs) });
  return define({
    token: object.token,
    defaults: object.defaults,
    validate: (inputs) => [
      ...(inputs[object.identity] === undefined
        ? [{ property: object.identity, reason: "required property is missing" }]
        : []),
      ...applyRules(inputs, object.rules),
      ...(object.validate?.(inputs) ?? []),
    ],
    replaces: object.replaces,
    async create(inputs) {
      const id = String(inputs[object.identity]);
      await centre.call(`POST ${object.route}`, id, () => {
        if (object.all()[id]) throw new ProxmoxError(500, `'${id}' already exists`);
        object.admit?.(inputs);
        object.all()[id] = withoutNotes(inputs);
      });
      return { id, outputs: outputs(inputs) };
    },
    async read(id, inputs) {
      return centre.call(`GET ${object.route}/{id}`, id, () => {
        const current = object.all()[id];
        return current ? { id, inputs: { ...inputs, ...current }, outputs: outputs(current) } : undefined;
      });
    },
    async update(id, _olds, news) {
      await centre.call(`PUT ${object.route}/{id}`, id, () => {
        if (!object.all()[id]) throw new ProxmoxError(500, `'${id}' does not exist`);
        object.admit?.(news);
        object.all()[id] = withoutNotes(news);
      });
      return outputs(news);
    },
    async delete(id) {
      await centre.call(`DELETE ${object.route}/{id}`, id, () => {
        delete object.all()[id];
      });
    },
  });
}

/** A VM's or a storage's place in a pool. */
function membership(centre: DataCentre): [string, ResourceType] {
  const idOf = (inputs: Properties) =>
    inputs.vmId !== undefined ? `${inputs.poolId}/vm/${inputs.vmId}` : `${inputs.poolId}/storage/${inputs.storageId}`;
  const change = (inputs: Properties, present: boolean) =>
    centre.call("PUT /pools/{pool}", idOf(inputs), () => {
      const pool = centre.state.pools[String(inputs.poolId)];
      if (!pool) {
        if (!present) return;
        throw new ProxmoxError(500, `pool '${inputs.poolId}' does not exist`);
      }
      const vmId = inputs.vmId as number | undefined;
      if (vmId !== undefined) {
        if (present && !centre.state.vms[vmId]) throw new ProxmoxError(500, `VM ${vmId} does not exist`);
        pool.vmIds = pool.vmIds.filter((each) => each !== vmId).concat(present ? [vmId] : []);
      } else {
        const storage = String(inputs.storageId);
        pool.storageIds = pool.storageIds.filter((each) => each !== storage).concat(present ? [storage] : []);
      }
    });
  return define({
    token: "proxmoxve:pool/membership:Membership",
    validate: (inputs) =>
      (inputs.vmId === undefined) === (inputs.storageId === undefined)
        ? [{ property: "vmId", reason: "exactly one of vmId and storageId must be set" }]
        : [],
    replaces: ["poolId", "storageId", "vmId"],
    async create(inputs) {
      await change(inputs, true);
      return {
        id: idOf(inputs),
        outputs: { ...withoutNotes(inputs), type: inputs.vmId !== undefined ? "vm" : "storage" },
      };
    },
    async read(id) {
      return centre.call("GET /pools/{pool}", id, () => {
        const [poolId = "", kind, member = ""] = id.split("/");
        const pool = centre.state.pools[poolId];
        const present = kind === "vm" ? pool?.vmIds.includes(Number(member)) : pool?.storageIds.includes(member);
        if (!present) return undefined;
        const inputs = kind === "vm" ? { poolId, vmId: Number(member) } : { poolId, storageId: member };
        return { id, inputs: { ...inputs, __defaults: [] }, outputs: { ...inputs, type: kind } };
      });
    },
    async update(_id, _olds, news) {
      return withoutNotes(news);
    },
    delete: (_id, inputs) => change(inputs, false),
  });
}
