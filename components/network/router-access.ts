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

/** The router that a stack file names as the gateway of its downstream clusters. */
export function downstreamRouterOf({ downstream }: ClusterConfig, { routers }: SharedConfig): RouterConfig | undefined {
  const name = downstream?.network.router;
  return name === undefined ? undefined : routers[name];
}

/** What keeps that router from being configured; paths are relative to `orrery:cluster`. */
export function downstreamRouterProblems({ downstream }: ClusterConfig, shared: SharedConfig): Problem[] {
  const { router: name, routerAsn } = downstream?.network ?? {};
  if (name === undefined) return [];
  const router = shared.routers[name];
  if (!router) return unknownRouter("downstream.network.router", name, shared);
  if (router.asn === undefined || router.asn === routerAsn) return [];
  const allowed = `${router.asn}, the router's own ASN in orrery:shared`;
  return [{ path: "downstream.network.routerAsn", value: routerAsn, message: `is not the ASN of ${name}`, allowed }];
}

/** What keeps the router that a cluster names from being configured; paths are relative to `orrery:cluster`. */
export function routerProblems(config: ClusterConfig, shared: SharedConfig, { bgp, mode }: AddressPlan): Problem[] {
  const { network } = config;
  if (network.mode === "external" || network.router === undefined) return [];
  const at = { path: "network.router", value: network.router };
  const router = shared.routers[network.router];
  if (!router) return unknownRouter(at.path, network.router, shared);
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

function unknownRouter(path: string, name: string, { routers }: SharedConfig): Problem[] {
  const hint = "describe it under routers in orrery:shared";
  return unknownName(path, name, "router", Object.keys(routers)).map((problem) => ({ hint, ...withoutEmpty(problem) }));
}

function withoutEmpty(problem: Problem): Problem {
  return Object.fromEntries(Object.entries(problem).filter(([, value]) => value !== undefined)) as unknown as Problem;
}
