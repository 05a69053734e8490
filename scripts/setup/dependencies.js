import { statSync } from "node:fs";
import path from "node:path";
import { npmCommand } from "./npm.js";
import { runQuietly } from "./run-quietly.js";

/** @import { Task } from "./progress.js" */

/**
 * Installs the npm packages when they are missing or older than the lock file.
 *
 * @param {string} folder the project's
 * @param {NodeJS.ProcessEnv} env
 * @returns {Task | undefined} nothing when they are there
 */
export function dependenciesTask(folder, env) {
  // npm writes its own copy of the lock file last, so an interrupted installation has none.
  const installed = modified(path.join(folder, "node_modules", ".package-lock.json"));
  if (installed !== undefined && installed >= (modified(path.join(folder, "package-lock.json")) ?? 0)) return undefined;
  return {
    title: "npm packages",
    async run(report, signal) {
      report("npm ci");
      const npm = npmCommand(env);
      const args = [...npm.args, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
      await runQuietly(npm.file, args, { cwd: folder, env, signal, what: "npm ci" });
    },
  };
}

/** @param {string} file */
function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
