import { isDeepStrictEqual } from "node:util";
import { parse, stringify } from "yaml";
import { conditionOf } from "../../kubernetes/wait-for.ts";
import { isRecord } from "../../protocol/values.ts";
import { decode } from "../../talos/credentials.ts";
import { parseDuration } from "../../talos/duration.ts";
import type { ConnectedKubernetes, KubernetesObject } from "../../talos/interface.ts";
import { partsOf } from "../../talos/kubeconfig.ts";
import type { TalosLab } from "../../talos/open.ts";
import type { World } from "../../world/world.ts";
import { type FlagSet, lastOf, type Parsed, parseFlags } from "../flags.ts";
import { type Tool, type ToolCall, ToolFailure, type ToolResult } from "../tool.ts";
import { evictable } from "./drain.ts";
import { printTable } from "./print.ts";

const flags: FlagSet = {
  values: [
    "kubeconfig",
    "context",
    "namespace",
    "output",
    "selector",
    "field-selector",
    "timeout",
    "grace-period",
    "raw",
    "filename",
    "type",
    "patch-file",
    "for",
    "cascade",
    "field-manager",
  ],
  switches: [
    ...[
      "all-namespaces",
      "ignore-daemonsets",
      "delete-emptydir-data",
      "force",
      "wait",
      "ignore-not-found",
      "no-headers",
      "show-managed-fields",
      "overwrite",
    ],
    ...["client", "disable-eviction", "now"],
  ],
  short: { n: "namespace", o: "output", l: "selector", A: "all-namespaces", f: "filename" },
};

/** How long the eviction of one pod takes, in virtual time. */
const evictionMs = 5_000;

/** A cluster that a command has reached. */
interface Reached {
  kubernetes: ConnectedKubernetes;
  clusterId: string;
}

/** `kubectl` for clusters of the lab: nodes, pods and whatever objects their APIs hold. */
export function kubectlTool(world: World, talos: TalosLab): Tool {
  /** Finds the cluster of the kubeconfig. @throws ToolFailure when its API does not answer */
  function reach(call: ToolCall, parsed: Parsed): Reached {
    const home = `${call.env.HOME ?? ""}/.kube/config`;
    const path = lastOf(parsed, "kubeconfig") ?? call.env.KUBECONFIG ?? home;
    const text = call.files[path];
    if (text === undefined) throw new ToolFailure(`error: stat ${path}: no such file or directory`);
    const { host, clientCertificate } = partsOf(text);
    const kubernetes = talos.kubernetes();
    const clusterId = talos.clusters.clusterAt?.(host, decode(clientCertificate));
    const address = new URL(host).host;
    if (!kubernetes || clusterId === undefined) {
      throw new ToolFailure(`Unable to connect to the server: dial tcp ${address}: connect: no route to host`);
    }
    if (!talos.clusters.hasQuorum(clusterId)) {
      throw new ToolFailure(`Unable to connect to the server: net/http: TLS handshake timeout`);
    }
    return { kubernetes, clusterId };
  }

  return async (call) => {
    const parsed = parseFlags(call.args, flags);
    const [verb = "", ...words] = parsed.words;
    if (verb === "version" && parsed.switches.client) return done("Client Version: lab\n");
    const reached = reach(call, parsed);
    switch (verb) {
      case "version":
        return done(version(reached));
      case "get":
        return get(world, reached, parsed, words);
      case "cordon":
      case "uncordon":
        return done(words.map((node) => cordon(reached, node, verb === "cordon")).join(""));
      case "drain":
        return drain(reached, parsed, words);
      case "wait":
        return wait(world, reached, parsed, words);
      case "patch":
        return done(patch(reached, parsed, words, call.files));
      case "label":
        return done(label(reached, parsed, words));
      case "create":
        return done(create(reached, parsed, call.files));
      case "delete":
        return remove(world, reached, parsed, words);
      default:
        throw new ToolFailure(`error: the lab does not answer "kubectl ${verb}"`);
    }
  };

  function version({ clusterId }: Reached): string {
    const [node] = talos.clusters.runningNodes(clusterId);
    return `Client Version: lab\nServer Version: ${node?.kubeletVersion ?? ""}\n`;
  }

  async function drain(reached: Reached, parsed: Parsed, nodes: string[]): Promise<ToolResult> {
    const within = parseDuration(lastOf(parsed, "timeout") ?? "0") || Number.POSITIVE_INFINITY;
    const startedMs = world.clock.nowMs;
    let stdout = "";
    let stderr = "";
    for (const node of nodes) {
      stdout += cordon(reached, node, true);
      const { evicted, ignored, refused } = evictable(reached.kubernetes.list(reached.clusterId, "pods") ?? [], node, {
        daemonSets: parsed.switches["ignore-daemonsets"] ?? false,
        emptyDirs: parsed.switches["delete-emptydir-data"] ?? false,
        unmanaged: parsed.switches.force ?? false,
      });
      if (refused.length > 0) {
        const reasons = refused.join(", ");
        return { stdout, stderr: `error: unable to drain node "${node}" due to error: ${reasons}\n`, code: 1 };
      }
      if (ignored.length > 0) stderr += `Warning: ignoring DaemonSet-managed Pods: ${ignored.join(", ")}\n`;
      for (const pod of evicted) {
        stdout += `evicting pod ${pod.metadata.namespace}/${pod.metadata.name}\n`;
        await world.clock.sleep(evictionMs);
        if (world.clock.nowMs - startedMs > within) {
          const reason = `error: unable to drain node "${node}" due to error: global timeout reached: ${lastOf(parsed, "timeout")}`;
          return { stdout, stderr: `${stderr}${reason}\n`, code: 1 };
        }
        // What workloads and kubelets make is not stored.
        if (pod.metadata.uid !== undefined) {
          reached.kubernetes.deleteObject(reached.clusterId, "pods", pod.metadata.name, pod.metadata.namespace);
        }
        stdout += `pod/${pod.metadata.name} evicted\n`;
      }
      stdout += `node/${node} drained\n`;
      world.record("node.drain", node, { evicted: evicted.length });
    }
    return { stdout, stderr, code: 0 };
  }
}

/** `get <type>[,<type>...]`: several types have a table each. */
function get(world: World, reached: Reached, parsed: Parsed, words: string[]): ToolResult {
  const [types = "", ...names] = words;
  if (!types.includes(",")) return getType(world, reached, parsed, words);
  if (lastOf(parsed, "output") !== undefined)
    throw new ToolFailure("error: the lab prints several types as tables only");
  const results = types.split(",").map((type) => getType(world, reached, parsed, [type, ...names]));
  const tables = results.map(({ stdout }) => stdout).filter((text) => text !== "");
  return tables.length > 0 ? done(tables.join("\n")) : (results[0] as ToolResult);
}

function getType(world: World, { kubernetes, clusterId }: Reached, parsed: Parsed, words: string[]): ToolResult {
  const raw = lastOf(parsed, "raw");
  if (raw !== undefined) {
    if (/^\/(readyz|livez|healthz)$/.test(raw)) return done("ok");
    throw new ToolFailure("Error from server (NotFound): the server could not find the requested resource");
  }
  const [types = "", ...names] = words;
  const [type = "", nameInType] = types.split("/");
  if (nameInType) names.push(nameInType);
  const found = selected(kubernetes, clusterId, type, parsed);
  const lenient = parsed.switches["ignore-not-found"] ?? false;
  const present = lenient ? names.filter((name) => found.some(({ metadata }) => metadata.name === name)) : names;
  if (names.length > 0 && present.length === 0) return done("");
  const wanted = names.length === 0 ? found : present.map((name) => byName(found, type, name));
  const output = lastOf(parsed, "output") ?? "";
  const one = names.length === 1 ? wanted[0] : undefined;
  const whole = one ?? { apiVersion: "v1", items: wanted, kind: "List", metadata: { resourceVersion: "" } };
  if (output === "json") return done(`${JSON.stringify(whole, null, 4)}\n`);
  if (output === "yaml") return done(stringify(whole));
  if (output === "name") {
    return done(wanted.map((object) => `${qualified(object)}/${object.metadata.name}\n`).join(""));
  }
  if (output !== "" && output !== "wide") {
    throw new ToolFailure(`error: unable to match a printer suitable for the output format "${output}"`);
  }
  if (wanted.length === 0) {
    const where = parsed.switches["all-namespaces"] ? "" : ` in ${lastOf(parsed, "namespace") ?? "default"} namespace`;
    return { stdout: "", stderr: `No resources found${where}\n`, code: 0 };
  }
  return done(
    printTable(wanted, {
      nowMs: world.clock.nowMs,
      wide: output === "wide",
      namespaces: parsed.switches["all-namespaces"] ?? false,
      headers: !parsed.switches["no-headers"],
    }),
  );
}

/** `wait <type> <name> --for jsonpath=... --timeout 60s`: the object has to be there, unless it is to go. */
async function wait(
  world: World,
  { kubernetes, clusterId }: Reached,
  parsed: Parsed,
  words: string[],
): Promise<ToolResult> {
  const [type = "", name = ""] = words.flatMap((word) => word.split("/"));
  const wanted = lastOf(parsed, "for") ?? "";
  const within = parseDuration(lastOf(parsed, "timeout") ?? "30s") ?? 30_000;
  if (wanted === "delete") {
    const there = () => selected(kubernetes, clusterId, type, parsed).find(({ metadata }) => metadata.name === name);
    const object = there();
    if (await world.clock.until(() => there() === undefined, within)) {
      return done(object ? `${qualified(object)}/${name} condition met\n` : "");
    }
    throw new ToolFailure(`error: timed out waiting for the condition on ${type}/${name}`);
  }
  const condition = conditionOf(wanted);
  const look = () => byName(selected(kubernetes, clusterId, type, parsed), type, name);
  const object = look();
  if (await world.clock.until(() => condition(look()), within))
    return done(`${qualified(object)}/${name} condition met\n`);
  throw new ToolFailure(`error: timed out waiting for the condition on ${type}/${name}`);
}

function cordon({ kubernetes, clusterId }: Reached, node: string, unschedulable: boolean): string {
  const before = kubernetes.list(clusterId, "nodes")?.find(({ metadata }) => metadata.name === node);
  const already = ((before?.spec as { unschedulable?: boolean } | undefined)?.unschedulable ?? false) === unschedulable;
  if (!kubernetes.setUnschedulable(clusterId, node, unschedulable)) {
    throw new ToolFailure(`Error from server (NotFound): nodes "${node}" not found`);
  }
  return `node/${node} ${already ? "already " : ""}${unschedulable ? "cordoned" : "uncordoned"}\n`;
}

/** Deletes objects and, with a time limit, waits until they are gone: some have finalizers. */
async function remove(
  world: World,
  { kubernetes, clusterId }: Reached,
  parsed: Parsed,
  words: string[],
): Promise<ToolResult> {
  const [types = "", ...names] = words;
  const [type = "", nameInType] = types.split("/");
  if (nameInType) names.push(nameInType);
  const found = selected(kubernetes, clusterId, type, parsed);
  if (names.length === 0 && lastOf(parsed, "selector") === undefined) {
    throw new ToolFailure("error: resource(s) were provided, but no name was specified");
  }
  const wanted = names.length > 0 ? names : found.map(({ metadata }) => metadata.name);
  let text = "";
  for (const name of wanted) {
    const object = found.find(({ metadata }) => metadata.name === name);
    if (!object && parsed.switches["ignore-not-found"]) continue;
    const { metadata } = object ?? byName(found, type, name);
    if (!kubernetes.deleteObject(clusterId, type, name, metadata.namespace)) byName([], type, name);
    text += `${object ? qualified(object) : type} "${name}" deleted\n`;
    const within = parseDuration(lastOf(parsed, "timeout") ?? "0") ?? 0;
    const gone = () =>
      !(kubernetes.list(clusterId, type) ?? []).some(
        (other) => other.metadata.name === name && other.metadata.namespace === metadata.namespace,
      );
    if (within === 0 || (await world.clock.until(gone, within))) continue;
    throw new ToolFailure(`error: timed out waiting for the condition on ${type}/${name}`);
  }
  return done(text || "No resources found\n");
}

/** `patch <type> <name> --type merge --patch-file <file>`: a JSON merge patch, RFC 7386. */
function patch({ kubernetes, clusterId }: Reached, parsed: Parsed, words: string[], files: ToolCall["files"]): string {
  const [type = "", name = ""] = words;
  const path = lastOf(parsed, "patch-file") ?? "";
  const text = files[path];
  if (lastOf(parsed, "type") !== "merge") throw new ToolFailure("error: the lab patches with --type merge only");
  if (text === undefined)
    throw new ToolFailure(`error: unable to read patch file: open ${path}: no such file or directory`);
  const object = byName(selected(kubernetes, clusterId, type, parsed), type, name);
  const fields = parse(text) as Record<string, unknown>;
  const patched = merged(object, fields) as KubernetesObject;
  if (isDeepStrictEqual(patched, object)) return `${qualified(object)}/${name} patched (no change)\n`;
  kubernetes.replaceObject?.(clusterId, patched, {
    manager: lastOf(parsed, "field-manager") ?? "kubectl-patch",
    fields,
  });
  return `${qualified(object)}/${name} patched\n`;
}

/** `label <type> <name>... <key>=<value>... [--overwrite]`; `<key>-` takes a label away. */
function label({ kubernetes, clusterId }: Reached, parsed: Parsed, words: string[]): string {
  const [type = "", ...rest] = words;
  const changes = rest.filter((word) => word.includes("=") || word.endsWith("-"));
  const names = rest.filter((word) => !changes.includes(word));
  const found = selected(kubernetes, clusterId, type, parsed);
  const wanted = names.length > 0 ? names.map((name) => byName(found, type, name)) : found;
  const manager = lastOf(parsed, "field-manager") ?? "kubectl-label";
  let text = "";
  for (const object of wanted) {
    const labels = { ...(object.metadata.labels as Record<string, string> | undefined) };
    for (const change of changes) {
      const [key = "", value] = change.split("=");
      if (value === undefined) delete labels[key.slice(0, -1)];
      else if (labels[key] !== undefined && labels[key] !== value && !parsed.switches.overwrite) {
        throw new ToolFailure(`error: '${key}' already has a value (${labels[key]}), and --overwrite is false`);
      } else labels[key] = value;
    }
    const set = changes.filter((change) => change.includes("=")).map((change) => change.split("="));
    const fields = { metadata: { labels: Object.fromEntries(set) } };
    kubernetes.replaceObject?.(clusterId, { ...object, metadata: { ...object.metadata, labels } }, { manager, fields });
    text += `${qualified(object)}/${object.metadata.name} labeled\n`;
  }
  return text;
}

/** `create --filename <file>`: one object, in JSON or YAML. */
function create({ kubernetes, clusterId }: Reached, parsed: Parsed, files: ToolCall["files"]): string {
  const path = lastOf(parsed, "filename") ?? "";
  const text = files[path];
  if (text === undefined) throw new ToolFailure(`error: the path "${path}" does not exist`);
  const object = parse(text) as KubernetesObject;
  const refused = kubernetes.createObject?.(clusterId, object);
  if (refused !== undefined) throw new ToolFailure(`Error from server ${refused}`);
  return `${qualified(object)}/${object.metadata.name} created\n`;
}

function merged(below: unknown, above: unknown): unknown {
  if (!isRecord(above)) return above;
  const result = { ...(isRecord(below) ? below : {}) };
  for (const [key, value] of Object.entries(above)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

/** Objects of a type in the namespaces, with the labels and, for pods, on the node that the flags name. */
function selected(
  kubernetes: ConnectedKubernetes,
  clusterId: string,
  type: string,
  parsed: Parsed,
): KubernetesObject[] {
  const objects = kubernetes.list(clusterId, type);
  if (!objects) throw new ToolFailure(`error: the server doesn't have a resource type "${type}"`);
  const namespace = parsed.switches["all-namespaces"] ? undefined : (lastOf(parsed, "namespace") ?? "default");
  const field = lastOf(parsed, "field-selector");
  const node = /^spec\.nodeName=(.+)$/.exec(field ?? "")?.[1];
  if (field !== undefined && node === undefined) {
    throw new ToolFailure("error: the lab selects by the field spec.nodeName only");
  }
  const pairs = (lastOf(parsed, "selector") ?? "").split(",").filter((pair) => pair !== "");
  return objects.filter(({ metadata, spec }) => {
    if (node !== undefined && (spec as { nodeName?: string } | undefined)?.nodeName !== node) return false;
    if (namespace !== undefined && metadata.namespace !== undefined && metadata.namespace !== namespace) return false;
    const labels = (metadata.labels ?? {}) as Record<string, string>;
    return pairs.every((pair) => {
      const [key = "", value] = pair.split(/==?/);
      return value === undefined ? key in labels : labels[key] === value;
    });
  });
}

function byName(objects: KubernetesObject[], type: string, name: string): KubernetesObject {
  const found = objects.find(({ metadata }) => metadata.name === name);
  if (!found) throw new ToolFailure(`Error from server (NotFound): ${type} "${name}" not found`);
  return found;
}

/** `node`, `deployment.apps`. */
function qualified(object: KubernetesObject): string {
  const [group] = object.apiVersion.includes("/") ? object.apiVersion.split("/") : [];
  return `${object.kind.toLowerCase()}${group ? `.${group}` : ""}`;
}

function done(stdout: string): ToolResult {
  return { stdout, stderr: "", code: 0 };
}
