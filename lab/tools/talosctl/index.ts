import type { ApplyMode, Session } from "../../talos/api.ts";
import { parseDuration } from "../../talos/duration.ts";
import { TalosError } from "../../talos/errors.ts";
import { healthProblem } from "../../talos/health.ts";
import { talosVersionOf } from "../../talos/machines.ts";
import type { TalosLab } from "../../talos/open.ts";
import type { World } from "../../world/world.ts";
import { type FlagSet, lastOf, listOf, type Parsed, parseFlags } from "../flags.ts";
import { goDuration, table } from "../table.ts";
import { type Tool, type ToolCall, ToolFailure, type ToolResult } from "../tool.ts";
import { insecureSessions, sessionsOf, type Target, targetOf } from "./client.ts";
import { etcdCommand } from "./etcd.ts";
import { placeKubeconfig } from "./kubeconfig.ts";
import { getResources } from "./resources.ts";
import { servicesOf } from "./services.ts";

const flags: FlagSet = {
  values: [
    ...["talosconfig", "context", "cluster", "nodes", "endpoints", "output", "namespace", "file", "mode", "timeout"],
    ...["wait-timeout", "control-plane-nodes", "worker-nodes", "system-labels-to-wipe", "force-context-name"],
  ],
  switches: ["insecure", "dry-run", "force", "merge", "wait", "debug", "graceful", "reboot", "short", "server"],
  short: { n: "nodes", e: "endpoints", o: "output", f: "file", m: "mode", i: "insecure" },
};

/** In `kubeconfig`, -f and -m are switches. */
const kubeconfigFlags: FlagSet = { ...flags, short: { ...flags.short, f: "force", m: "merge" } };

type Sessions = (Session & { node: string })[];

/** `talosctl` for nodes of the lab: same flags, forms, errors and exit codes as the real one at v1.11.5. */
export function talosctlTool(world: World, talos: TalosLab): Tool {
  const { api } = talos;

  async function run(call: ToolCall): Promise<ToolResult> {
    const parsed = parseFlags(call.args, call.args.includes("kubeconfig") ? kubeconfigFlags : flags);
    const [verb = "", ...words] = parsed.words;
    /** Connects; an error of the API gets the command's own words before it. */
    const connect = (what = ""): Sessions =>
      explain(what, () =>
        parsed.switches.insecure ? insecureSessions(api, parsed) : sessionsOf(api, targetOf(call, parsed)),
      );
    switch (verb) {
      case "version":
        return done(explain("error getting version", () => version(connect())));
      case "get":
        return done(getResources(api, connect(), words, lastOf(parsed, "output") ?? "table"));
      case "service":
      case "services":
        return done(explain("error listing services", () => services(connect(), words)));
      case "etcd":
        return done(etcdCommand(api, connect(`error getting ${words[0] ?? ""}`), words));
      case "bootstrap":
        return done(bootstrap(connect("error executing bootstrap")));
      case "apply-config":
      case "apply":
        return applyConfig(call, parsed, connect("error applying new configuration"));
      case "kubeconfig":
        return placeKubeconfig(call, kubeconfig(connect("error copying")), {
          path: words[0],
          force: parsed.switches.force ?? false,
          merge: parsed.switches.merge ?? true,
        });
      case "reboot":
        return waitFor(parsed, reboot(connect("error executing reboot")));
      case "shutdown":
        for (const { key } of connect()) api.machines.powerOff(key);
        return done("");
      case "reset":
        return waitFor(parsed, reset(parsed, connect("error executing reset")));
      case "health":
        return health(parsed, targetOf(call, parsed));
      default:
        throw new ToolFailure(`the lab does not answer "talosctl ${verb}"`);
    }
  }

  function version(sessions: Sessions): string {
    const lines = sessions.map(
      ({ node, machine }) =>
        `\tNODE:        ${node}\n\tTag:         ${talosVersionOf(machine)}\n\tSHA:         lab\n\tBuilt:       \n` +
        "\tGo version:  go1.24.9\n\tOS/Arch:     linux/amd64\n\tEnabled:     RBAC\n",
    );
    return `Client:\n\tTag:         lab\nServer:\n${lines.join("")}`;
  }

  function services(sessions: Sessions, [id, action]: string[]): string {
    if (action && action !== "status")
      throw new ToolFailure(`the lab does not answer "talosctl service ${id} ${action}"`);
    const rows = sessions.flatMap((session) =>
      servicesOf(api, session).map((service) => ({
        ...service,
        node: session.node,
        age: goDuration(world.clock.nowMs - session.machine.phaseSinceMs),
      })),
    );
    if (id === undefined) {
      const header = ["NODE", "SERVICE", "STATE", "HEALTH", "LAST CHANGE", "LAST EVENT"];
      return table([
        header,
        ...rows.map((row) => [row.node, row.id, row.state, row.health, `${row.age} ago`, row.event]),
      ]);
    }
    const wanted = rows.filter((row) => row.id === id);
    if (wanted.length === 0) throw new ToolFailure(`service "${id}" is not registered on any nodes`);
    return table(
      wanted.flatMap((row) => [
        ["NODE", row.node],
        ["ID", row.id],
        ["STATE", row.state],
        ["HEALTH", row.health],
        ["EVENTS", `[${row.state}]: ${row.event} (${row.age} ago)`],
      ]),
    );
  }

  function bootstrap(sessions: Sessions): string {
    if (sessions.length > 1) throw new ToolFailure('command "bootstrap" is not supported with multiple nodes');
    for (const session of sessions) explain("error executing bootstrap", () => api.bootstrap(session));
    return "";
  }

  async function applyConfig(call: ToolCall, parsed: Parsed, sessions: Sessions): Promise<ToolResult> {
    const path = lastOf(parsed, "file");
    if (path === undefined) throw new ToolFailure("no filename supplied for configuration");
    const text = call.files[path];
    if (text === undefined) {
      throw new ToolFailure(`failed to read configuration from "${path}": open ${path}: no such file or directory`);
    }
    const mode = (lastOf(parsed, "mode") ?? "auto").toUpperCase().replace("-", "_") as ApplyMode;
    let stderr = "";
    for (const session of sessions) {
      try {
        const applied = api.apply(session, text, mode, parsed.switches["dry-run"] ?? false);
        const { details } = await world.clock.hold(applied);
        if (details) stderr += `${details}\n`;
      } catch (error) {
        if (!(error instanceof TalosError)) throw error;
        throw new ToolFailure(`error applying new configuration: ${error.message}`);
      }
    }
    return { stdout: "", stderr, code: 0 };
  }

  function kubeconfig(sessions: Sessions): string {
    const [session] = sessions;
    if (!session || sessions.length > 1)
      throw new ToolFailure('command "kubeconfig" is not supported with multiple nodes');
    return explain("error copying", () => api.kubeconfig(session));
  }

  /** Answers what tells that it is over. */
  function reboot(sessions: Sessions): () => boolean {
    const boots = sessions.map(({ machine }) => machine.boots);
    for (const { key } of sessions) api.machines.reboot(key, "talosctl reboot");
    return () =>
      sessions.every(({ machine }, index) => machine.boots > (boots[index] ?? 0) && machine.phase === "running");
  }

  function reset(parsed: Parsed, sessions: Sessions): () => boolean {
    const { graceful = true, reboot: again = false } = parsed.switches;
    for (const session of sessions) {
      explain("error executing reset", () => api.reset(session, { graceful, reboot: again }));
    }
    return () => sessions.every(({ machine }) => machine.phase === (again ? "maintenance" : "off"));
  }

  async function waitFor(parsed: Parsed, over: () => boolean): Promise<ToolResult> {
    if (parsed.switches.wait === false) return done("");
    const within = parseDuration(lastOf(parsed, "timeout") ?? "30m") ?? 0;
    if (await world.clock.until(over, within)) return done("");
    throw new ToolFailure("context deadline exceeded");
  }

  async function health(parsed: Parsed, target: Target): Promise<ToolResult> {
    const question = {
      endpoints: target.endpoints,
      controlPlanes: listOf(parsed, "control-plane-nodes"),
      workers: listOf(parsed, "worker-nodes"),
      credentials: target.credentials,
      skipKubernetes: false,
    };
    if (question.controlPlanes.length === 0) Object.assign(question, discovered(target));
    const problem = () => healthProblem(api, talos.kubernetes(), question);
    const within = parseDuration(lastOf(parsed, "wait-timeout") ?? "20m") ?? 0;
    if (await world.clock.until(() => problem() === undefined, within)) {
      const nodes = [...question.controlPlanes, ...question.workers].join(", ");
      return {
        stdout: "",
        stderr: `discovered nodes: [${nodes}]\nwaiting for all k8s nodes to report ready: OK\n`,
        code: 0,
      };
    }
    throw new ToolFailure(`healthcheck error: ${problem() ?? "context deadline exceeded"}`);
  }

  /** The cluster's nodes as the asked node sees them. */
  function discovered(target: Target): { controlPlanes: string[]; workers: string[] } {
    const [session] = sessionsOf(api, { ...target, nodes: target.nodes.slice(0, 1) });
    const nodes = talos.clusters.runningNodes(session?.machine.active?.clusterId ?? "");
    const of = (role: string) => nodes.filter((node) => node.role === role).map(({ addresses }) => addresses[0] ?? "");
    return { controlPlanes: of("controlplane"), workers: of("worker") };
  }

  return run;
}

function done(stdout: string): ToolResult {
  return { stdout, stderr: "", code: 0 };
}

/** Puts the command's own words before an error of the API. */
function explain<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TalosError) || what === "") throw error;
    throw new ToolFailure(`${what}: ${error.message}`);
  }
}
