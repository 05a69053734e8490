import { PartialFailure, type ResourceType } from "../../protocol/provider.ts";
import { isUnknown, type Properties } from "../../protocol/values.ts";
import type { DataCentre } from "../datacentre.ts";
import { ProxmoxError } from "../errors.ts";
import { addRules } from "../firewall.ts";
import { define, withoutNotes } from "./define.ts";
import { applyRules, oneOf, type Rules } from "./rules.ts";

/** What happens to a packet. */
export const policy = oneOf("ACCEPT", "DROP", "REJECT");

/** How much is logged. */
export const logLevel = oneOf("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", "nolog");

/** Hold for every firewall rule. */
export const ruleRules: Rules = {
  "rules[].action": policy,
  "rules[].type": oneOf("in", "out", "forward"),
  "rules[].log": logLevel,
};

const route = "/cluster/firewall/groups";

/** `GroupLegacy`: a security group with its rules. */
export function securityGroup(centre: DataCentre): [string, ResourceType] {
  return define({
    token: "proxmoxve:cluster/firewall/security/groupLegacy:GroupLegacy",
    validate: (inputs) => [
      ...applyRules(inputs, ruleRules),
      ...(inputs.name === undefined
        ? [{ property: "name", reason: "required property is missing" }]
        : isUnknown(inputs.name) || /^[A-Za-z][A-Za-z0-9_-]{1,17}$/.test(String(inputs.name))
          ? []
          : [{ property: "name", reason: `must be 2 to 18 letters, digits, - and _, got "${inputs.name}"` }]),
    ],
    replaces: ["containerId", "nodeName", "vmId"],
    async create(inputs) {
      const name = String(inputs.name);
      await centre.call(`POST ${route}`, name, () => {
        // The provider takes over a group that is there already.
        centre.state.securityGroups[name] ??= { comment: inputs.comment as string | undefined, rules: [] };
      });
      try {
        await fill(centre, name, inputs);
      } catch (error) {
        // The provider numbers a list of rules before it goes back to the group's name: what stays is not the group.
        const message = error instanceof Error ? error.message : String(error);
        throw new PartialFailure(message, { id: `rule-${centre.world.clock.nowMs}`, outputs: withoutNotes(inputs) });
      }
      return { id: name, outputs: outputsOf(inputs) };
    },
    async read(id, inputs) {
      return centre.call(`GET ${route}`, id, () => {
        const group = centre.state.securityGroups[id];
        if (!group) return undefined;
        const current = { ...inputs, name: id, rules: group.rules };
        if (group.comment !== undefined) Object.assign(current, { comment: group.comment });
        return { id, inputs: current, outputs: outputsOf(current) };
      });
    },
    async update(id, _olds, news) {
      await centre.call(`PUT ${route}/{group}`, id, () => {
        const group = existing(centre, id);
        const name = String(news.name);
        if (name !== id) {
          delete centre.state.securityGroups[id];
          centre.state.securityGroups[name] = group;
        }
        group.comment = news.comment as string | undefined;
      });
      await empty(centre, String(news.name));
      await fill(centre, String(news.name), news);
      return outputsOf(news);
    },
    async delete(id) {
      if (!centre.state.securityGroups[id]) return;
      await empty(centre, id);
      await centre.call(`DELETE ${route}/{group}`, id, () => {
        delete centre.state.securityGroups[id];
      });
    },
  });
}

function existing(centre: DataCentre, name: string): { comment?: string; rules: Properties[] } {
  const group = centre.state.securityGroups[name];
  if (!group) throw new ProxmoxError(500, `no such security group '${name}'`);
  return group;
}

async function fill(centre: DataCentre, name: string, inputs: Properties): Promise<void> {
  const rules = (withoutNotes(inputs).rules ?? []) as Properties[];
  // Rules of an adopted group are the next run's to reconcile.
  if (existing(centre, name).rules.length > 0) return;
  await addRules(centre, `${route}/{group}`, name, "cluster", () => existing(centre, name).rules, rules);
}

async function empty(centre: DataCentre, name: string): Promise<void> {
  for (let left = existing(centre, name).rules.length; left > 0; left -= 1) {
    await centre.call(`DELETE ${route}/{group}/{pos}`, name, () => existing(centre, name).rules.pop());
  }
}

function outputsOf(inputs: Properties): Properties {
  const plain = withoutNotes(inputs);
  const rules = (plain.rules ?? []) as Properties[];
  return { ...plain, rules: rules.map((rule, pos) => ({ enabled: true, ...rule, pos })) };
}
