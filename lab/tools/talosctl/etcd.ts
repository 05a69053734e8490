import type { Session, TalosApi } from "../../talos/api.ts";
import { table } from "../table.ts";
import { ToolFailure } from "../tool.ts";

/** Size of the lab's etcd databases: they hold nothing. */
const size = "25 MB";
const inUse = "9.5 MB (38.00%)";

/** `talosctl etcd <verb>`. */
export function etcdCommand(
  api: TalosApi,
  sessions: (Session & { node: string })[],
  [verb, argument]: string[],
): string {
  switch (verb) {
    case "members":
      return members(api, sessions);
    case "status":
      return status(api, sessions);
    case "alarm":
      for (const session of sessions) api.etcdOf(session);
      return "";
    case "leave":
      single(sessions, "etcd leave");
      for (const session of sessions) {
        api.etcdOf(session);
        api.etcd.leave(session.machine);
      }
      return "";
    case "forfeit-leadership":
      for (const session of sessions) {
        const cluster = api.etcdOf(session);
        if (cluster.leader === session.machine.etcd?.memberId) api.etcd.forfeit(cluster);
      }
      return "";
    case "remove-member":
      if (!argument) throw new ToolFailure("accepts 1 arg(s), received 0");
      for (const session of sessions) api.etcd.remove(api.etcdOf(session), argument);
      return "";
    default:
      throw new ToolFailure(`the lab does not answer "talosctl etcd ${verb ?? ""}"`);
  }
}

function members(api: TalosApi, sessions: (Session & { node: string })[]): string {
  const rows = sessions.flatMap((session) =>
    explain("error getting members", () => api.etcdOf(session)).members.map((member) => {
      const host = member.address.includes(":") ? `[${member.address}]` : member.address;
      return [session.node, member.id, member.name, `https://${host}:2380`, `https://${host}:2379`, false];
    }),
  );
  return table([["NODE", "ID", "HOSTNAME", "PEER URLS", "CLIENT URLS", "LEARNER"], ...rows]);
}

function status(api: TalosApi, sessions: (Session & { node: string })[]): string {
  const rows = sessions.map((session) => {
    // A member answers for itself also when the cluster cannot decide.
    const cluster = explain("error getting status", () => api.etcdOf(session, false));
    const leader = cluster.leader ?? "0000000000000000";
    const errors = cluster.leader ? "" : "etcdserver: no leader";
    const index = 1000 * cluster.term;
    const member = session.machine.etcd?.memberId ?? "";
    return [session.node, member, size, inUse, leader, index, cluster.term, index, false, "3.6.4", "3.6.0", errors];
  });
  const header = ["MEMBER", "DB SIZE", "IN USE", "LEADER", "RAFT INDEX", "RAFT TERM", "RAFT APPLIED INDEX", "LEARNER"];
  return table([["NODE", ...header, "PROTOCOL", "STORAGE", "ERRORS"], ...rows]);
}

function single(sessions: unknown[], command: string): void {
  if (sessions.length > 1) throw new ToolFailure(`command "${command}" is not supported with multiple nodes`);
}

/** Puts the command's own words before an error of the API. */
function explain<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new ToolFailure(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
