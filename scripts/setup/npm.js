import path from "node:path";
import { executable } from "./places.js";

/**
 * How to call npm: the one that called us, else the one on the PATH.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ file: string, args: string[] }}
 */
export function npmCommand(env) {
  const caller = env.npm_execpath;
  if (caller && /npm-cli\.c?js$/.test(path.basename(caller))) return { file: process.execPath, args: [caller] };
  return { file: process.platform === "win32" ? "npm.cmd" : executable("npm"), args: [] };
}
