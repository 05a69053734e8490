import { FirewallLegacy } from "@muhlba91/pulumi-proxmoxve/cluster/firewallLegacy.js";
import { IpsetLegacy } from "@muhlba91/pulumi-proxmoxve/firewall/ipsetLegacy.js";
import { RulesLegacy } from "@muhlba91/pulumi-proxmoxve/firewall/rulesLegacy.js";
import type * as pulumi from "@pulumi/pulumi";
import type { SharedConfig } from "../../config/index.ts";

/**
 * Switches the firewall of the data centre on. Switched off here it is left alone: other VMs may rely on it.
 *
 * The firewall of every host follows it. What hosts need of each other and what administrators need of them is allowed
 * first, so that a policy that drops cuts nobody off.
 */
export function clusterFirewall(config: SharedConfig, opts: pulumi.CustomResourceOptions): void {
  if (!config.firewall.enabled) return;
  const { inputPolicy } = config.firewall;
  const dependsOn = [...managementSet(config, opts), ...hostRules(config, opts)];
  new FirewallLegacy("firewall", { enabled: true, inputPolicy, outputPolicy: "ACCEPT" }, { ...opts, dependsOn });
}

/** Proxmox VE lets members of this IP set reach every host's API, consoles and SSH. Source: pve-firewall.adoc. */
function managementSet({ firewall }: SharedConfig, opts: pulumi.CustomResourceOptions): pulumi.Resource[] {
  const cidrs = firewall.managementRanges.map((range) => ({ name: range }));
  return cidrs.length > 0 ? [new IpsetLegacy("management", { name: "management", cidrs }, opts)] : [];
}

/** Hosts exchange VXLAN and BGP, and exit nodes pass the zone's traffic over a pair of interfaces of their own. */
function hostRules({ firewall, proxmox, sdn }: SharedConfig, opts: pulumi.CustomResourceOptions): pulumi.Resource[] {
  if (firewall.inputPolicy === "ACCEPT") return [];
  const accept = { type: "in", action: "ACCEPT" };
  const hosts = Object.entries(proxmox.hosts).flatMap(([host, { addresses }]) =>
    addresses.map((source) => ({ ...accept, source, comment: `host ${host}` })),
  );
  const exits = (sdn?.exitNodes.length ?? 0) > 0 ? [`xvrf_${sdn?.zone}`, `xvrfp_${sdn?.zone}`] : [];
  const rules = [...hosts, ...exits.map((iface) => ({ ...accept, iface, comment: "exit of the EVPN zone" }))];
  return rules.length > 0 ? [new RulesLegacy("host-rules", { rules }, opts)] : [];
}
