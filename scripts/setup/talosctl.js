import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { buildFromModule } from "./go.js";
import { talosctlBinary, toolModule } from "./places.js";
import { findOnPath, isRunnable, versionOf } from "./programs.js";
import { SetupError } from "./run-quietly.js";
import { talosVersionsIn } from "./versions.js";

/** @import { Task } from "./progress.js" */

/**
 * What is missing of `talosctl`: one binary for each Talos version that a release names, because a configuration is
 * made and checked by exactly the version that will read it.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string[]} folders with stack files
 * @returns {Task[]}
 */
export function planTalosctl(env, folders) {
  return wantedVersions(folders)
    .filter((version) => !isRunnable(talosctlBinary(env, version)))
    .map((version) => ({
      title: `talosctl ${version}`,
      expected: "2 to 10 minutes of building",
      async run(report, signal) {
        report("looking on the PATH");
        if (await takeFromPath(version, env)) return;
        report("building from its Go module");
        await build(version, env, signal);
      },
    }));
}

/**
 * The Talos versions of all releases.
 *
 * @param {string[]} folders with stack files
 */
export function wantedVersions(folders) {
  const files = folders.map((folder) => path.join(folder, "Pulumi.shared.yaml")).filter((file) => existsSync(file));
  return [...new Set(files.flatMap((file) => talosVersionsIn(readFileSync(file, "utf8"))))].sort();
}

/**
 * Keeps a copy, not a link: the one on the PATH may become another version any day.
 *
 * @param {string} version
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<boolean>} false when the PATH has none of exactly this version
 */
async function takeFromPath(version, env) {
  const onPath = findOnPath("talosctl", env);
  if (!onPath || `v${await versionOf(onPath, ["version", "--client", "--short"], env)}` !== version) return false;
  const target = talosctlBinary(env, version);
  mkdirSync(path.dirname(target), { recursive: true });
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    copyFileSync(onPath, temporary);
    renameSync(temporary, target);
  } finally {
    rmSync(temporary, { force: true });
  }
  return true;
}

/**
 * @param {string} version
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal} signal
 */
async function build(version, env, signal) {
  const module = toolModule(`talosctl-${version}`);
  if (!existsSync(module)) {
    throw new SetupError(
      `Pulumi.shared.yaml names Talos ${version}, but scripts/tools/talosctl-${version} does not exist: ` +
        `run "npm run pin -- talosctl ${version}" and commit the folder, or put talosctl ${version} on the PATH`,
    );
  }
  // The version that talosctl prints is a file inside its module; no linker flag is needed.
  const plan = {
    module,
    package: "github.com/siderolabs/talos/cmd/talosctl",
    target: talosctlBinary(env, version),
    otherwise: `put talosctl ${version} on the PATH`,
  };
  await buildFromModule(plan, env, signal);
}
