#!/usr/bin/env node
/**
 * `node scripts/run.js <file> [arguments]`: sets up what is missing, then runs a file of this project with the
 * supported Node.js. Without a file it only sets up. Plain JavaScript without dependencies, for Node.js 20 or newer,
 * because it runs before anything is installed.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import path from "node:path";
import { nodeFlags } from "./node-flags.js";
import { setUp } from "./setup/index.js";
import { exampleFolder, projectFolder } from "./setup/places.js";
import { SetupError } from "./setup/run-quietly.js";

const [entry, ...args] = process.argv.slice(2);
const stopped = new AbortController();
const stop = () => stopped.abort();
process.on("SIGINT", stop).on("SIGTERM", stop);

try {
  const ready = await setUp(process.env, stopped.signal, [
    projectFolder,
    ...(usesExamples(entry) ? [exampleFolder] : []),
  ]);
  if (entry) run(ready.node, path.resolve(projectFolder, entry), args, ready.env);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(stopped.signal.aborted ? "set-up: interrupted" : `set-up: ${error.message}`);
  process.exitCode = stopped.signal.aborted ? 130 : 1;
}

/**
 * Tests and benchmarks look at the stack files that the project comes with, whatever those of the user say.
 *
 * @param {string} [file] what is to be run
 */
function usesExamples(file = "") {
  return file.includes("mocha") || file.startsWith("bench/");
}

/**
 * @param {string} node
 * @param {string} file
 * @param {string[]} rest
 * @param {NodeJS.ProcessEnv} env
 */
function run(node, file, rest, env) {
  // Tools such as Mocha run long and make much: a small nursery costs them time.
  const flags = file.includes(`${path.sep}node_modules${path.sep}`)
    ? nodeFlags.filter((flag) => !flag.startsWith("--max-semi-space"))
    : nodeFlags;
  const child = spawn(node, [...flags, file, ...rest], { stdio: "inherit", env });
  process.off("SIGINT", stop).off("SIGTERM", stop);
  // A terminal sends Ctrl-C to the child too; this process waits until it has tidied up.
  process.on("SIGINT", () => {});
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    console.error(`${node}: ${error.message}`);
    process.exitCode = 1;
  });
  child.on("close", (code, signal) => {
    process.exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0);
  });
}
