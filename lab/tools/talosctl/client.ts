import { parse } from "yaml";
import type { Session, TalosApi } from "../../talos/api.ts";
import type { ClientCredentials } from "../../talos/credentials.ts";
import { lastOf, listOf, type Parsed } from "../flags.ts";
import { type ToolCall, ToolFailure } from "../tool.ts";

/** Whom a command talks to. */
export interface Target {
  endpoints: string[];
  nodes: string[];
  credentials: ClientCredentials;
}

interface Context {
  endpoints?: string[];
  nodes?: string[];
  ca?: string;
  crt?: string;
  key?: string;
}

/**
 * Reads the talosconfig and the flags that overrule it.
 * @throws ToolFailure when there is none, or it names no endpoint
 */
export function targetOf(call: ToolCall, parsed: Parsed): Target {
  const home = `${call.env.HOME ?? ""}/.talos/config`;
  const path = lastOf(parsed, "talosconfig") ?? call.env.TALOSCONFIG ?? home;
  const text = call.files[path];
  if (text === undefined)
    throw new ToolFailure(`error opening config file "${path}": open ${path}: no such file or directory`);
  const config = parse(text) as { context?: string; contexts?: Record<string, Context> };
  const name = lastOf(parsed, "context") ?? config.context ?? "";
  const context = config.contexts?.[name];
  if (!context) throw new ToolFailure(`failed to resolve config context: context "${name}" not found in config`);
  const endpoints = given(listOf(parsed, "endpoints"), context.endpoints);
  if (endpoints.length === 0) throw new ToolFailure("error constructing client: failed to determine endpoints");
  const credentials = {
    caCertificate: context.ca ?? "",
    clientCertificate: context.crt ?? "",
    clientKey: context.key ?? "",
  };
  return { endpoints, nodes: given(listOf(parsed, "nodes"), context.nodes), credentials };
}

/** Connects to every node that the command is for, through the first endpoint that answers. */
export function sessionsOf(api: TalosApi, { endpoints, nodes, credentials }: Target): (Session & { node: string })[] {
  const endpoint = endpoints.find((address) => api.machines.at(address)) ?? endpoints[0] ?? "";
  return (nodes.length > 0 ? nodes : [endpoint]).map((node) => ({ node, ...api.connect(endpoint, node, credentials) }));
}

/** Connects to a node in maintenance mode. */
export function insecureSessions(api: TalosApi, parsed: Parsed): (Session & { node: string })[] {
  const nodes = listOf(parsed, "nodes");
  if (nodes.length === 0)
    throw new ToolFailure("nodes are not set for the command: please use `--nodes` flag to set it");
  return nodes.map((node) => ({ node, ...api.connectInsecure(node) }));
}

function given(flags: string[], configured: string[] | undefined): string[] {
  return flags.length > 0 ? flags : (configured ?? []);
}
