import { crc32 } from "node:zlib";
import type { CheckFailure, ResourceType } from "../../protocol/provider.ts";
import { isUnknown, type Properties } from "../../protocol/values.ts";
import type { DataCentre } from "../datacentre.ts";
import { isMissing } from "../errors.ts";
import { addRules, prune, routeOf, scopeOf } from "../firewall.ts";
import { define, withoutNotes } from "./define.ts";
import { applyRules, between, oneOf, type Rules } from "./rules.ts";
import { logLevel, policy, ruleRules, securityGroup } from "./security-group.ts";

/** Everything about the firewall. */
export function firewallResources(centre: DataCentre): [string, ResourceType][] {
  return [
    options(centre, {
      token: "proxmoxve:cluster/firewallLegacy:FirewallLegacy",
      scope: () => "cluster",
      idOf: () => "cluster-firewall",
      defaults: {
        ebtables: true,
        enabled: false,
        forwardPolicy: "ACCEPT",
        inputPolicy: "DROP",
        outputPolicy: "ACCEPT",
      },
      rules: { inputPolicy: policy, outputPolicy: policy, forwardPolicy: oneOf("ACCEPT", "DROP") },
      replaces: [],
    }),
    options(centre, {
      token: "proxmoxve:node/firewall:Firewall",
      scope: (inputs) => `node/${inputs.nodeName}`,
      idOf: (inputs) => String(inputs.nodeName),
      imported: (id) => ({ nodeName: id }),
      defaults: { enabled: true, ndp: true, nftables: false, nosmurfs: true },
      rules: {
        logLevelIn: logLevel,
        logLevelOut: logLevel,
        logLevelForward: logLevel,
        nfConntrackMax: between(32_768, 2 ** 31),
        nfConntrackTcpTimeoutEstablished: between(7875, 2 ** 31),
      },
      replaces: ["nodeName"],
    }),
    options(centre, {
      token: "proxmoxve:firewall/optionsLegacy:OptionsLegacy",
      scope: (inputs) => `vm/${inputs.vmId}`,
      idOf: (inputs) => numbered("options", `vm/${inputs.vmId}`),
      imported: importedTarget,
      defaults: {
        dhcp: false,
        enabled: false,
        inputPolicy: "DROP",
        ipfilter: false,
        logLevelIn: "nolog",
        logLevelOut: "nolog",
        macfilter: true,
        ndp: false,
        outputPolicy: "ACCEPT",
        radv: true,
      },
      rules: { inputPolicy: policy, outputPolicy: policy, logLevelIn: logLevel, logLevelOut: logLevel },
      validate: oneTarget,
      // Not the host: a VM that moved keeps its file of rules and options, which all hosts share.
      replaces: ["vmId", "containerId"],
    }),
    securityGroup(centre),
    ruleList(centre),
    named(centre, "firewall/ipsetLegacy:IpsetLegacy", "ipsets", "ipset"),
    named(centre, "firewall/aliasLegacy:AliasLegacy", "aliases", "aliases"),
  ];
}

function oneTarget(inputs: Properties): CheckFailure[] {
  return (inputs.vmId === undefined) === (inputs.containerId === undefined)
    ? [{ property: "vmId", reason: "exactly one of vmId and containerId must be specified" }]
    : [];
}

/** The provider names lists of rules and options by a number made of their path. */
function numbered(prefix: string, scope: string): string {
  return `${prefix}-${crc32(scope)}`;
}

/** Inputs that an import's id stands for: `cluster`, `node/<host>`, `vm/<host>/<id>`, with a name behind them or not. */
function importedTarget(id: string): Properties {
  const [kind, host, vmId] = id.split("/");
  if (kind === "vm") return { nodeName: host, vmId: Number(vmId) };
  return kind === "node" ? { nodeName: host } : {};
}

/** Where a resource with optional node and VM belongs. */
function scopeName(inputs: Properties): string {
  if (inputs.vmId !== undefined) return `vm/${inputs.vmId}`;
  return inputs.nodeName !== undefined ? `node/${inputs.nodeName}` : "cluster";
}

interface OptionsKind {
  token: string;
  scope(inputs: Properties): string;
  idOf(inputs: Properties): string;
  /** Inputs that an import's id stands for. @default none */
  imported?(id: string): Properties;
  defaults: Properties;
  rules: Rules;
  validate?(inputs: Properties): CheckFailure[];
  replaces: string[];
}

/** Options exist as long as their scope does: creating sets them, deleting takes them back. */
function options(centre: DataCentre, kind: OptionsKind): [string, ResourceType] {
  const put = (inputs: Properties, value: Properties | undefined) => {
    const scope = kind.scope(inputs);
    return centre.call(`PUT ${routeOf(scope)}/options`, scope, () => {
      const firewall = scopeOf(centre, scope);
      if (value) firewall.options = value;
      else delete firewall.options;
      prune(centre, scope);
    });
  };
  return define({
    token: kind.token,
    defaults: kind.defaults,
    validate: (inputs) => [...applyRules(inputs, kind.rules), ...(kind.validate?.(inputs) ?? [])],
    replaces: kind.replaces,
    async create(inputs) {
      await put(inputs, withoutNotes(inputs));
      return { id: kind.idOf(inputs), outputs: withoutNotes(inputs) };
    },
    async read(id, inputs) {
      const target = Object.keys(inputs).length > 0 ? inputs : (kind.imported?.(id) ?? {});
      const scope = kind.scope(target);
      return centre.call(`GET ${routeOf(scope)}/options`, scope, () => {
        const current = centre.state.firewall[scope]?.options;
        if (!current) return undefined;
        return { id: kind.idOf(target), inputs: { ...inputs, ...current }, outputs: current };
      });
    },
    async update(_id, _olds, news) {
      await put(news, withoutNotes(news));
      return withoutNotes(news);
    },
    async delete(_id, inputs) {
      try {
        await put(inputs, undefined);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
  });
}

/** `RulesLegacy` owns the whole list of rules of its scope. */
function ruleList(centre: DataCentre): [string, ResourceType] {
  const rulesOf = (inputs: Properties) => (withoutNotes(inputs).rules ?? []) as Properties[];
  const outputsOf = (inputs: Properties): Properties => ({
    ...withoutNotes(inputs),
    rules: rulesOf(inputs).map((rule, pos) => ({ enabled: true, ...rule, pos })),
  });
  const replaceAll = async (inputs: Properties, rules: Properties[]) => {
    const scope = scopeName(inputs);
    const at = `${routeOf(scope)}/rules`;
    for (const _rule of scopeOf(centre, scope).rules.slice()) {
      await centre.call(`DELETE ${at}/{pos}`, scope, () => scopeOf(centre, scope).rules.pop());
    }
    await addRules(centre, at, scope, scope, () => scopeOf(centre, scope).rules, rules);
  };
  return define({
    token: "proxmoxve:firewall/rulesLegacy:RulesLegacy",
    validate: (inputs) => applyRules(inputs, ruleRules),
    // Not the host: a VM that moved keeps its file of rules, which all hosts share.
    replaces: ["containerId", "vmId"],
    async create(inputs) {
      const scope = scopeName(inputs);
      if (scopeOf(centre, scope).rules.length > 0) {
        throw new Error("Existing rules detected. Aborting...");
      }
      await replaceAll(inputs, rulesOf(inputs));
      return { id: numbered("rule", scope), outputs: outputsOf(inputs) };
    },
    async read(id, inputs) {
      const target = Object.keys(inputs).length > 0 ? inputs : importedTarget(id);
      const scope = scopeName(target);
      return centre.call(`GET ${routeOf(scope)}/rules`, scope, () => {
        const rules = centre.state.firewall[scope]?.rules;
        if (!rules || (rules.length === 0 && rulesOf(inputs).length > 0)) return undefined;
        const current = { ...target, rules };
        return { id: numbered("rule", scope), inputs: current, outputs: outputsOf(current) };
      });
    },
    async update(_id, _olds, news) {
      await replaceAll(news, rulesOf(news));
      return outputsOf(news);
    },
    async delete(_id, inputs) {
      try {
        await replaceAll(inputs, []);
        prune(centre, scopeName(inputs));
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
  });
}

/** IP sets and aliases: objects with a name inside of a scope. */
function named(centre: DataCentre, type: string, part: "ipsets" | "aliases", path: string): [string, ResourceType] {
  const put = (method: "POST" | "PUT", inputs: Properties) => {
    const scope = scopeName(inputs);
    const name = String(inputs.name ?? "");
    return centre.call(`${method} ${routeOf(scope)}/${path}`, `${scope}/${name}`, () => {
      const all = scopeOf(centre, scope)[part];
      if (method === "POST" && all[name])
        throw new Error(`received an HTTP 500 response - Reason: '${name}' already exists`);
      all[name] = withoutNotes(inputs);
    });
  };
  return define({
    token: `proxmoxve:${type}`,
    validate: (inputs) =>
      inputs.name === undefined || isUnknown(inputs.name) || /^[A-Za-z][A-Za-z0-9_-]+$/.test(String(inputs.name))
        ? []
        : [{ property: "name", reason: `must be letters, digits, - and _, got "${inputs.name}"` }],
    replaces: ["containerId", "nodeName", "vmId", "name"],
    async create(inputs) {
      await put("POST", inputs);
      return { id: String(inputs.name), outputs: withoutNotes(inputs) };
    },
    async read(id, inputs) {
      const scope = scopeName(Object.keys(inputs).length > 0 ? inputs : importedTarget(id));
      const name = id.split("/").at(-1) ?? "";
      return centre.call(`GET ${routeOf(scope)}/${path}/{name}`, id, () => {
        const current = centre.state.firewall[scope]?.[part][name];
        return current ? { id: name, inputs: { ...inputs, ...current }, outputs: current } : undefined;
      });
    },
    async update(_id, _olds, news) {
      await put("PUT", news);
      return withoutNotes(news);
    },
    async delete(_id, inputs) {
      const scope = scopeName(inputs);
      await centre.call(`DELETE ${routeOf(scope)}/${path}/{name}`, `${scope}/${inputs.name}`, () => {
        delete centre.state.firewall[scope]?.[part][String(inputs.name)];
        prune(centre, scope);
      });
    },
  });
}
