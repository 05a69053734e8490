/** Verbs of talosctl that ask no node: the real talosctl answers them. */
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const offlineVerbs = new Set([
  "gen",
  "validate",
  "machineconfig",
  "mc",
  "config",
  "completion",
  "help",
  "cluster",
  "image",
]);

/** Flags in front of the verb that take a value. */
const leadingFlags = new Set(["--talosconfig", "--context", "--cluster", "-n", "--nodes", "-e", "--endpoints"]);

/**
 * @param {string[]} args
 * @returns {boolean} true when no node is asked
 */
export function isOffline(args) {
  if (args.length === 0 || args.includes("--help") || args.includes("-h")) return true;
  const verb = args.find((argument, index) => !argument.startsWith("-") && !leadingFlags.has(args[index - 1] ?? ""));
  if (verb === "version") return args.includes("--client");
  return verb === undefined || offlineVerbs.has(verb);
}

/**
 * The real talosctl: the one of `ORRERY_TALOS_VERSION`, else the newest that set-up made.
 *
 * @param {Record<string, string | undefined>} env
 * @returns {{ file: string } | { problem: string }}
 */
export function realTalosctl(env) {
  const root = join(env.ORRERY_TOOLS ?? join(homedir(), ".orrery", "tools"), "talosctl");
  const versions = existsSync(root) ? readdirSync(root).filter((name) => existsSync(join(root, name, "talosctl"))) : [];
  const wanted = env.ORRERY_TALOS_VERSION;
  const newest = versions.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
  const version = wanted && versions.includes(wanted) ? wanted : newest;
  if (!version) return { problem: `talosctl: there is none below ${root}; run npm run setup\n` };
  return { file: join(root, version, "talosctl") };
}
