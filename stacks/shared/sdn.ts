import { createHash } from "node:crypto";
import { Applier } from "@muhlba91/pulumi-proxmoxve/sdn/applier.js";
import { Evpn as Controller } from "@muhlba91/pulumi-proxmoxve/sdn/controller/evpn.js";
import { Evpn as Zone } from "@muhlba91/pulumi-proxmoxve/sdn/zone/evpn.js";
import type * as pulumi from "@pulumi/pulumi";
import type { SharedConfig } from "../../config/index.ts";

/**
 * The EVPN zone that all clusters in SDN mode share, and its controller. What Proxmox VE is told about SDN is pending until it
 * is applied: one applier follows the zone when it is made or changed, the other follows it when it is gone.
 *
 * @returns zone and MTU, known once they are applied; undefined without an SDN configuration
 */
export function evpnZone(
  config: SharedConfig,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<{ zone: string; mtu: number }> | undefined {
  const { sdn, proxmox } = config;
  if (!sdn) return undefined;
  const hosts = Object.keys(proxmox.hosts).sort();
  const peers = sdn.peers ?? hosts.flatMap((host) => proxmox.hosts[host]?.addresses ?? []);

  const finalizer = new Applier("sdn-finalizer", { onCreate: false, onDestroy: true }, opts);
  const controllerArgs = { sdnControllerEvpnId: sdn.controller, asn: sdn.asn, peers };
  const controller = new Controller("sdn-controller", controllerArgs, { ...opts, dependsOn: finalizer });

  const zoneArgs = {
    resourceId: sdn.zone,
    controller: sdn.controller,
    vrfVxlan: sdn.vrfVni,
    mtu: sdn.mtu,
    // Left out, the provider would read back an empty list and call that a change.
    nodes: hosts,
    exitNodes: sdn.exitNodes.length > 0 ? sdn.exitNodes : undefined,
    primaryExitNode: sdn.primaryExitNode,
    // Without it an exit node itself, and Pulumi on it, does not reach the nodes.
    exitNodesLocalRouting: sdn.exitNodes.length > 0 ? true : undefined,
    rtImport: sdn.routeTargetImport,
    // A cluster's VIP moves between its control planes; hosts that answer for their neighbours would hide that.
    disableArpNdSuppression: true,
  };
  const zone = new Zone("sdn-zone", zoneArgs, {
    ...opts,
    dependsOn: [finalizer, controller],
    // Proxmox VE reports these otherwise than they were given. Changing them in the stack file has no effect on a zone
    // that exists: it takes a new zone.
    ignoreChanges: ["controller", "vrfVxlan"],
  });

  const inputs = createHash("sha256")
    .update(JSON.stringify([controllerArgs, zoneArgs]))
    .digest("hex");
  const applier = new Applier(
    "sdn-applier",
    { onCreate: true, onDestroy: false },
    // An applier has no inputs that could change; being replaced makes it apply again.
    { ...opts, dependsOn: [controller, zone], replacementTrigger: inputs },
  );
  return applier.id.apply(() => ({ zone: sdn.zone, mtu: sdn.mtu }));
}
