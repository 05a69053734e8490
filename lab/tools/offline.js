/** Verbs of talosctl that ask no node: the real talosctl answers them. */
import { spawnSync } from "node:child_process";
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
 * Runs the real talosctl: the one of `ORRERY_TALOS_VERSION`, else the newest that set-up made.
 *
 * @param {string[]} args
 */
export function runReal(args) {
  const root = join(process.env.ORRERY_TOOLS ?? join(homedir(), ".orrery", "tools"), "talosctl");
  const versions = existsSync(root) ? readdirSync(root).filter((name) => existsSync(join(root, name, "talosctl"))) : [];
  const wanted = process.env.ORRERY_TALOS_VERSION;
  const newest = versions.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
  const version = wanted && versions.includes(wanted) ? wanted : newest;
  if (!version) {
    process.stderr.write(`talosctl: there is none below ${root}; run npm run setup\n`);
    process.exitCode = 127;
    return;
  }
  const { status } = spawnSync(join(root, version, "talosctl"), args, { stdio: "inherit" });
  process.exitCode = status ?? 1;
}
