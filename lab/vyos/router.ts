import { isDeepStrictEqual } from "node:util";
import type { World } from "../world/world.ts";
import { schemaOf, type VyosVersion } from "./schema.ts";
import { deletePath, linesOf, PathError, setPath, type Tree, treeAt } from "./tree.ts";
import { commitParts } from "./verify.ts";

declare module "../world/world.ts" {
  interface WorldParts {
    /** VyOS routers by the address that SSH answers at. */
    routers: Record<string, RouterState>;
  }
}

/** A router as it stands in the data centre. */
export interface RouterState {
  version: VyosVersion;
  port: number;
  user: string;
  hostKey: string;
  /** What is in force. */
  running: Tree;
  /** What comes back after a restart. */
  saved: Tree;
}

/** What a router has before anybody builds a cluster: its own name and address, and a neighbour that brings it the Internet. */
export function factoryRouter(about: Omit<RouterState, "running" | "saved">, asn: number): RouterState {
  const running: Tree = {};
  const schema = schemaOf(about.version);
  for (const line of [
    "interfaces ethernet eth3 address 192.0.2.2/24",
    `protocols bgp system-as ${asn}`,
    "protocols bgp neighbor 192.0.2.1 remote-as 64500",
    `service ssh port ${about.port}`,
    "system host-name router",
  ]) {
    setPath(running, schema, line.split(" "));
  }
  return { ...about, running, saved: structuredClone(running) };
}

/** `show configuration commands` */
export function showCommands({ running, version }: RouterState): string {
  return linesOf(running, schemaOf(version))
    .map((line) => `set ${line}\n`)
    .join("");
}

/**
 * Commits changes as VyOS does: part by part, and what has succeeded stays when a later part fails.
 *
 * @param changes `set` and `delete` with their words
 * @returns what the router prints
 */
export async function commit(world: World, host: string, router: RouterState, changes: string[][]): Promise<string> {
  const schema = schemaOf(router.version);
  const candidate = structuredClone(router.running);
  let said = "";
  for (const [verb, ...words] of changes) {
    try {
      if (verb === "set") setPath(candidate, schema, words);
      else deletePath(candidate, schema, words);
    } catch (error) {
      if (!(error instanceof PathError)) throw error;
      said += `\n  ${error.message}\n  ${verb === "set" ? "Set" : "Delete"} failed\n\n`;
    }
  }
  if (isDeepStrictEqual(candidate, router.running)) return `${said}No configuration changes to commit\n`;
  const before = linesOf(router.running, schema);
  let failed = false;
  for (const { path, verify } of commitParts) {
    if (isDeepStrictEqual(treeAt(candidate, ...path), treeAt(router.running, ...path))) continue;
    const problem = (await injected(world, host, path.join(" "))) ?? verify(candidate);
    if (problem === undefined) put(router.running, path, treeAt(candidate, ...path));
    else {
      failed = true;
      said += `[ ${path.join(" ")} ]\n${problem}\n\n[[${path.join(" ")}]] failed\n`;
    }
  }
  const after = linesOf(router.running, schema);
  world.record("router.commit", host, {
    removed: before.filter((line) => !after.includes(line)),
    added: after.filter((line) => !before.includes(line)),
    ...(failed ? { failed } : {}),
  });
  return failed ? `${said}Commit failed\n` : said;
}

/** `save` */
export function save(world: World, host: string, router: RouterState): void {
  router.saved = structuredClone(router.running);
  world.record("router.save", host);
}

/** A fault that somebody has put into the lab for this part of a commit. */
async function injected(world: World, host: string, part: string): Promise<string | undefined> {
  try {
    await world.enter({ provider: "vyos", operation: "commit", token: part, subject: host });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function put(tree: Tree, path: string[], value: Tree | undefined): void {
  const [word = "", ...rest] = path;
  if (rest.length > 0) {
    tree[word] ??= {};
    put(tree[word], rest, value);
  } else if (value) {
    tree[word] = structuredClone(value);
  } else {
    delete tree[word];
  }
}
