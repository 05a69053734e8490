import type { Change } from "../progress/tracker.ts";
import { nameOf, typeOf } from "../progress/urn.ts";

/** An add-on whose delivery changes: resources of the old one go, and what runs stays. */
export interface Move {
  addon: string;
  /** `direct`, `argocd`, `flux` or `sveltos`. */
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

/** By which resource a way of delivery brings an add-on of downstream clusters, and what its name says before the add-on's. */
const platforms: Record<string, { delivery: string; beginning: string }> = {
  ClusterProfile: { delivery: "sveltos", beginning: "clusterprofile-" },
  ApplicationSet: { delivery: "argocd", beginning: "applicationset-" },
};

/** Add-ons of downstream clusters that change their delivery: what was deleted of one way is made of the other. */
export function downstreamMovesOf(stack: string, changes: readonly Change[]): Move[] {
  const brought = (operation: Change["operation"]) =>
    changes.flatMap((change) => {
      const way = platforms[typeOf(change.urn)];
      const beginning = `${stack}-${way?.beginning}`;
      const name = nameOf(change.urn);
      if (!way || change.operation !== operation || !name.startsWith(beginning)) return [];
      return [{ addon: name.slice(beginning.length), delivery: way.delivery }];
    });
  const created = brought("create");
  return brought("delete").flatMap(({ addon, delivery: from }) => {
    const to = created.find((other) => other.addon === addon && other.delivery !== from)?.delivery;
    return to === undefined ? [] : [{ addon, from, to }];
  });
}

/** A line for all that go the same way. */
export function renderMoves(moves: readonly Move[], future: boolean): string[] {
  const ways = new Map<string, string[]>();
  for (const { addon, from, to } of moves) {
    const way = `from ${from} to ${to}`;
    ways.set(way, [...(ways.get(way) ?? []), addon].sort());
  }
  return [...ways].map(([way, names]) => {
    const verb = names.length > 1 ? (future ? "move" : "moved") : future ? "moves" : "moved";
    return `  ${names.join(", ")} ${verb} ${way}: what runs ${future ? "stays" : "stayed"}`;
  });
}
