import type { Properties } from "../protocol/values.ts";
import type { DataCentre } from "./datacentre.ts";
import { ProxmoxError } from "./errors.ts";
import type { FirewallScope } from "./state.ts";

/** The firewall of a scope (`cluster`, `node/<host>`, `vm/<id>`), made when it is first used. */
export function scopeOf(centre: DataCentre, scope: string): FirewallScope {
  const [kind, id] = scope.split("/");
  if (kind === "node") centre.host(id ?? "");
  if (kind === "vm" && !centre.state.vms[id ?? ""]) {
    throw new ProxmoxError(500, `Configuration file 'qemu-server/${id}.conf' does not exist`);
  }
  centre.state.firewall[scope] ??= { rules: [], ipsets: {}, aliases: {} };
  return centre.state.firewall[scope];
}

/** Forgets a scope in which nothing is left, as Proxmox keeps no file for it. */
export function prune(centre: DataCentre, scope: string): void {
  const firewall = centre.state.firewall[scope];
  if (!firewall || firewall.options || firewall.rules.length > 0) return;
  if (Object.keys({ ...firewall.ipsets, ...firewall.aliases }).length === 0) delete centre.state.firewall[scope];
}

/** Route of a scope with names in place of values. */
export function routeOf(scope: string): string {
  if (scope.startsWith("node/")) return "/nodes/{node}/firewall";
  return scope.startsWith("vm/") ? "/nodes/{node}/qemu/{vmid}/firewall" : "/cluster/firewall";
}

/**
 * Adds rules one by one, as the provider does; those before a refused one stay.
 * @param at where the rules stand in the API, such as `POST /cluster/firewall/groups/{group}`
 */
export async function addRules(
  centre: DataCentre,
  at: string,
  subject: string,
  scope: string,
  list: () => Properties[],
  rules: Properties[],
): Promise<void> {
  for (const rule of rules) {
    await centre.call(`POST ${at}`, subject, () => {
      validateRule(centre, scope, rule);
      list().push(rule);
    });
  }
}

/** @throws ProxmoxError when a rule names what is not there, or a port without a protocol */
function validateRule(centre: DataCentre, scope: string, rule: Properties): void {
  const group = rule.securityGroup;
  if (group) {
    if (!centre.state.securityGroups[String(group)]) throw new ProxmoxError(500, `no such security group '${group}'`);
    return;
  }
  if (!rule.type || !rule.action) throw refuse("action", "rule needs type and action, or a security group");
  if ((rule.dport || rule.sport) && !rule.proto && !rule.macro) {
    throw refuse(rule.dport ? "dport" : "sport", "missing 'proto' property");
  }
  for (const name of ["source", "dest"]) {
    for (const part of String(rule[name] ?? "")
      .split(",")
      .filter(Boolean))
      assertAddress(centre, scope, name, part);
  }
}

function assertAddress(centre: DataCentre, scope: string, name: string, text: string): void {
  const scopes = [centre.state.firewall[scope], centre.state.firewall.cluster];
  const bare = text.replace(/^\+/, "").replace(/^(dc|guest)\//, "");
  if (text.startsWith("+")) {
    if (scopes.every((each) => !each?.ipsets[bare])) throw refuse(name, `no such ipset '${bare}'`);
  } else if (!/^[0-9a-fA-F.:]+(\/\d+)?(-[0-9a-fA-F.:]+)?$/.test(text)) {
    if (scopes.every((each) => !each?.aliases[bare])) throw refuse(name, `no such alias '${bare}'`);
  }
}

function refuse(property: string, reason: string): ProxmoxError {
  return new ProxmoxError(400, `Parameter verification failed. (${property}: ${reason})`);
}
