import { execFile } from "node:child_process";
import {
  accessSync,
  constants,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { executable, toolsFolder } from "./places.js";
import { versionIn } from "./versions.js";

const execFileAsync = promisify(execFile);

/**
 * True for a file that can be run and is not empty, as one that an interrupted copy left would be.
 *
 * @param {string} file
 * @returns {boolean}
 */
export function isRunnable(file) {
  try {
    accessSync(file, constants.X_OK);
    const stat = statSync(file);
    return stat.isFile() && stat.size > 0;
  } catch {
    return false;
  }
}

/**
 * Finds a program on the PATH.
 *
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined} its path
 */
export function findOnPath(name, env) {
  return (env.PATH ?? "")
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, executable(name)))
    .find(isRunnable);
}

/**
 * A program's version. Asking a large program takes longer than the rest of set-up, so the answer is kept until the
 * file changes.
 *
 * @param {string} file
 * @param {string[]} args that make it print its version
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string | undefined>} without leading v; undefined when it does not say
 */
export async function versionOf(file, args, env) {
  const stat = statSync(file);
  const key = realpathSync(file);
  const stamp = `${stat.mtimeMs}/${stat.size}`;
  const known = readKnown(env);
  if (known[key]?.stamp === stamp) return known[key].version;
  const version = await ask(file, args, env);
  if (version !== undefined) writeKnown(env, { ...readKnown(env), [key]: { stamp, version } });
  return version;
}

/**
 * @param {string} file
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
async function ask(file, args, env) {
  try {
    const options = { env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" }, timeout: 15_000 };
    const { stdout } = await execFileAsync(file, args, options);
    return versionIn(stdout);
  } catch {
    return undefined;
  }
}

/** @param {NodeJS.ProcessEnv} env */
function knownFile(env) {
  return path.join(toolsFolder(env), "versions.json");
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Record<string, { stamp: string, version: string }>}
 */
function readKnown(env) {
  try {
    return JSON.parse(readFileSync(knownFile(env), "utf8"));
  } catch {
    return {};
  }
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {Record<string, { stamp: string, version: string }>} known
 */
function writeKnown(env, known) {
  const file = knownFile(env);
  mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(known, undefined, 2)}\n`);
  renameSync(temporary, file);
}
