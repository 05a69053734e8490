import { readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const projectFolder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** Folder with the stack files that the project comes with, which tests and benchmarks use. */
export const exampleFolder = path.join(projectFolder, "examples", "fleet");

/**
 * Where tools are kept that belong to no project: `ORRERY_TOOLS`, else `~/.orrery/tools`.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {string} an absolute path
 */
export function toolsFolder(env) {
  return path.resolve(env.ORRERY_TOOLS || path.join(homeFolder(env), ".orrery", "tools"));
}

/**
 * Where the Automation API and the npm package `pulumi` look for a CLI of this version.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} version without leading v
 * @returns {string} path of the binary
 */
export function pulumiBinary(env, version) {
  const pulumiHome = env.PULUMI_HOME || path.join(homeFolder(env), ".pulumi");
  return path.join(pulumiHome, "versions", version, "bin", executable("pulumi"));
}

/**
 * Where the program and the lab look for `talosctl`.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} version with leading v
 * @returns {string} path of the binary
 */
export function talosctlBinary(env, version) {
  return path.join(toolsFolder(env), "talosctl", version, executable("talosctl"));
}

/**
 * Folder of the Go module that pins a tool.
 *
 * @param {string} name `pulumi` or `talosctl-v1.11.5`
 * @returns {string}
 */
export function toolModule(name) {
  return path.join(projectFolder, "scripts", "tools", name);
}

/**
 * The supported Node.js, out of `.nvmrc`.
 *
 * @returns {string} such as `24.21.0`
 */
export function pinnedNode() {
  return readFileSync(path.join(projectFolder, ".nvmrc"), "utf8").trim();
}

/**
 * The Pulumi CLI's version: that of the SDK in `package.json`.
 *
 * @returns {string} such as `3.259.0`
 */
export function pinnedPulumi() {
  const manifest = JSON.parse(readFileSync(path.join(projectFolder, "package.json"), "utf8"));
  return manifest.dependencies["@pulumi/pulumi"];
}

/**
 * A program's file name on this platform.
 *
 * @param {string} name
 * @returns {string}
 */
export function executable(name) {
  return process.platform === "win32" ? `${name}.exe` : name;
}

/** @param {NodeJS.ProcessEnv} env */
function homeFolder(env) {
  return env.HOME || os.homedir();
}
