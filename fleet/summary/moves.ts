import type { Change } from "../progress/tracker.ts";
import { nameOf, typeOf } from "../progress/urn.ts";

/** What is brought in another way from now on: resources of the old one go, and what runs stays. */
export interface Move {
  /** An add-on of the cluster. */
  addon?: string;
  /** A downstream cluster. */
  cluster?: string;
  /** The platform of all downstream clusters. */
  platform?: "downstream";
  /** `direct`, `argocd`, `flux` or `sveltos`; for a cluster `cluster-api` or `tenant-cluster`. */
  from: string;
  to: string;
}

/** By which resource a delivery brings an add-on, and what its name ends with. */
const bringers: Record<string, { delivery: string; ending: string }> = {
  Release: { delivery: "direct", ending: "" },
  Application: { delivery: "argocd", ending: "-application" },
  HelmRelease: { delivery: "flux", ending: "-helmrelease" },
  ClusterProfile: { delivery: "sveltos", ending: "-clusterprofile" },
};

/**
 * Add-ons that change their delivery. Without a word about it the deletion of a release would look like that of the add-on.
 * @param addons what the cluster has from now on
 */
export function movesOf(
  stack: string,
  changes: readonly Change[],
  addons: readonly { name: string; delivery: string }[],
): Move[] {
  const deleted = changes.filter(({ operation }) => operation === "delete");
  return addons.flatMap(({ name, delivery }) => {
    const old = deleted.find(({ urn }) => {
      const bringer = bringers[typeOf(urn)];
      return bringer !== undefined && nameOf(urn) === `${stack}-${name}${bringer.ending}`;
    });
    const from = old && bringers[typeOf(old.urn)]?.delivery;
    return from === undefined || from === delivery ? [] : [{ addon: name, from, to: delivery }];
  });
}

/** Resources of downstream clusters by which one sees what brings them, and what their names say before the own part. */
const ways: Record<string, { way: string; beginning: string }> = {
  ClusterProfile: { way: "sveltos", beginning: "clusterprofile-" },
  ApplicationSet: { way: "argocd", beginning: "applicationset-" },
  Cluster: { way: "cluster-api", beginning: "cluster-" },
  TenantCluster: { way: "tenant-cluster", beginning: "tenantcluster-" },
};

/**
 * Downstream clusters that are written in another way, and the platform of all of them when another engine brings it: what is
 * deleted of the one is made of the other.
 */
export function downstreamMovesOf(stack: string, changes: readonly Change[]): Move[] {
  const brought = (operation: Change["operation"]) =>
    changes.flatMap(({ urn, operation: done }) => {
      const type = typeOf(urn);
      const known = ways[type];
      if (!known || done !== operation) return [];
      const beginning = `${stack}-${known.beginning}`;
      if (!nameOf(urn).startsWith(beginning)) return [];
      const cluster = type.endsWith("Cluster");
      return [{ name: nameOf(urn).slice(beginning.length), way: known.way, cluster }];
    });
  const created = brought("create");
  const moves = brought("delete").flatMap(({ name, way, cluster }): Move[] => {
    const to = created.find((other) => other.name === name && other.cluster === cluster && other.way !== way)?.way;
    if (to === undefined) return [];
    return [{ ...(cluster ? { cluster: name } : { platform: "downstream" }), from: way, to }];
  });
  return [...new Map(moves.map((move) => [JSON.stringify(move), move])).values()];
}

/** A line for all that go the same way. */
export function renderMoves(moves: readonly Move[], future: boolean): string[] {
  const lines = new Map<string, string[]>();
  for (const { addon, cluster, from, to } of moves) {
    const name = addon ?? (cluster === undefined ? "the platform of downstream clusters" : `cluster ${cluster}`);
    const way = `from ${from} to ${to}`;
    lines.set(way, [...(lines.get(way) ?? []), name].sort());
  }
  return [...lines].map(([way, names]) => {
    const verb = names.length > 1 ? (future ? "move" : "moved") : future ? "moves" : "moved";
    return `  ${names.join(", ")} ${verb} ${way}: what runs ${future ? "stays" : "stayed"}`;
  });
}
