/** Which router a cluster is configured on, and what can be wrong with that. */
import { type ClusterConfig, type RouterConfig, type SharedConfig, unknownName } from "../../config/index.ts";
import type { Problem } from "../../config/problems.ts";
import type { AddressPlan } from "../facts.ts";

/** Flat configuration key of the private key that routers are reached with. */
export const routerKey = "routerKey";

/** The router that a cluster's stack file names. */
export function routerOf({ network }: ClusterConfig, { routers }: SharedConfig): RouterConfig | undefined {
  return network.mode === "external" || network.router === undefined ? undefined : routers[network.router];
}

/** What keeps the router that a cluster names from being configured; paths are relative to `orrery:cluster`. */
export function routerProblems(config: ClusterConfig, shared: SharedConfig, { bgp, mode }: AddressPlan): Problem[] {
  const { network } = config;
  if (network.mode === "external" || network.router === undefined) return [];
  const at = { path: "network.router", value: network.router };
  const router = shared.routers[network.router];
  if (!router) {
    const known = Object.keys(shared.routers);
    const hint = "describe it under routers in orrery:shared";
    return unknownName(at.path, network.router, "router", known).map((problem) => ({ hint, ...withoutEmpty(problem) }));
  }
  if (mode === "vlan") {
    if (!bgp || router.asn === undefined || router.asn === bgp.peerAsn) return [];
    const allowed = `${router.asn}, the router's own ASN in orrery:shared`;
    return [
      { path: "network.bgp.peerAsn", value: bgp.peerAsn, message: `is not the ASN of ${network.router}`, allowed },
    ];
  }
  if (!bgp) {
    const hint = "choose a release with a BGP speaker, or leave the router out";
    return [{ ...at, message: "has nothing to accept: the nodes of the release do not speak BGP", hint }];
  }
  if (Object.values(shared.proxmox.hosts).some(({ addresses }) => addresses.length > 0)) return [];
  const hint = "give them: proxmox.hosts.<host>.addresses in orrery:shared";
  return [{ ...at, message: "has no neighbours: no Proxmox host says its addresses", hint }];
}

function withoutEmpty(problem: Problem): Problem {
  return Object.fromEntries(Object.entries(problem).filter(([, value]) => value !== undefined)) as unknown as Problem;
}
