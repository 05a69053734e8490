/** Addresses, name and routes of a node; name servers and time servers of all. */
import { addressInRange } from "../../addressing.ts";
import type { ClusterFacts, NodePlan } from "../../facts.ts";
import type { ConfigDocument, MachinePatch, NetworkInterface, PatchContext } from "./types.ts";
import { talosAtLeast } from "./versions.ts";

/**
 * Static addresses of both families on the node's link, and its loopbacks. The link is selected by MAC address, because
 * that is the only property that is the same under nocloud's `eth0` and metal's predictable names.
 */
export function interfacesPatch({ addresses }: ClusterFacts, node: NodePlan): MachinePatch {
  const link: NetworkInterface = {
    ...linkOf(node),
    addresses: [
      ...node.interfaceAddresses,
      // Global addresses are for being reached from outside; nodes know each other by the others.
      ...addresses.globalSubnets.map((cidr) => `${addressInRange(cidr, node.suffix)}/${cidr.split("/")[1]}`),
    ],
    routes: addresses.nodeSubnets.map(({ family, gateway }) => ({
      network: family === "ipv6" ? "::/0" : "0.0.0.0/0",
      gateway,
    })),
    mtu: addresses.mtu,
    dhcp: false,
  };
  // Talos moves one address per link between the control planes; it answers once etcd elects its holder.
  if (node.role === "controlplane") link.vip = { ip: addresses.vip };
  const interfaces = [link];
  if (node.loopbacks.length > 0) {
    interfaces.push({
      interface: "lo",
      addresses: node.loopbacks.map((address) => `${address}/${address.includes(":") ? 128 : 32}`),
    });
  }
  return { machine: { network: { interfaces } } };
}

/** Talos configures every link that a selector matches: VLANs and bridges with the same MAC address are left out. */
function linkOf({ macAddress, metal }: NodePlan): Pick<NetworkInterface, "interface" | "deviceSelector"> {
  if (macAddress) return { deviceSelector: { hardwareAddr: macAddress, physical: true } };
  return metal?.interface ? { interface: metal.interface } : { deviceSelector: { physical: true } };
}

/** The node's name. Talos 1.12 has a document for it and refuses the name in both places; 1.11 does not know the document. */
export function hostnamePatch({ release }: ClusterFacts, node: NodePlan): MachinePatch | ConfigDocument {
  if (!talosAtLeast(release.talos, 12)) return { machine: { network: { hostname: node.name } } };
  // The generated document says `auto: stable`, which excludes a name.
  return { apiVersion: "v1alpha1", kind: "HostnameConfig", auto: "off", hostname: node.name };
}

/** Name servers, search domains and time servers: the cluster's, else the site's. */
export function servicesPatch({ config, shared }: PatchContext): MachinePatch {
  const searchDomains = config.machine.searchDomains ?? shared.dns.searchDomains;
  return {
    machine: {
      network: {
        nameservers: config.machine.dnsServers ?? shared.dns.servers,
        // Without this Talos would make a search domain out of the node's own domain.
        ...(searchDomains.length > 0 ? { searchDomains } : { disableSearchDomain: true }),
      },
      time: { servers: config.machine.ntpServers ?? shared.ntpServers },
    },
  };
}
