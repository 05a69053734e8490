import { spawn } from "node:child_process";

/** A mistake or a lack that the user can do something about; shown without a stack trace. */
export class SetupError extends Error {}

/**
 * Runs a program without showing its output, unless it fails.
 *
 * @param {string} file
 * @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, signal: AbortSignal, what: string, timeoutMs?: number }} options
 *   `what` says in an error what was being done
 * @returns {Promise<void>}
 */
export function runQuietly(file, args, { cwd, env, signal, what, timeoutMs }) {
  return new Promise((resolve, reject) => {
    const options = { cwd, env, signal, timeout: timeoutMs, killSignal: /** @type {const} */ ("SIGTERM") };
    const child = spawn(file, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    /** @type {string[]} */
    const lines = [];
    const keep = (/** @type {Buffer} */ chunk) => {
      lines.push(
        ...chunk
          .toString()
          .split("\n")
          .filter((line) => line.trim() !== ""),
      );
      // The beginning names the cause, the end the consequence; npm puts a page of usage between them.
      if (lines.length > 40) lines.splice(20, lines.length - 40);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", (error) => reject(new SetupError(`${what} failed: ${error.message}`)));
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new SetupError(`${what} failed:\n${lines.join("\n")}`));
    });
  });
}
