/**
 * A command-line tool of the lab while nobody has that open: `node client.js <tool> [arguments]` opens the lab's folder
 * itself. Plain JavaScript without dependencies, because any Node.js may start it.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isOffline, realTalosctl } from "./offline.js";

/** @typedef {import("./tool.ts").ToolResult} ToolResult */

const [tool = "", ...args] = process.argv.slice(2);
const { stdout, stderr, code } = await run();
process.stdout.write(stdout);
process.stderr.write(stderr);
process.exitCode = code;

/** @returns {Promise<ToolResult> | ToolResult} */
function run() {
  if (tool === "talosctl" && isOffline(args)) {
    const real = realTalosctl(process.env);
    return "file" in real ? replaceBy(real.file, args) : failed(127, real.problem);
  }
  const folder = process.env.ORRERY_LAB_FOLDER ?? fileURLToPath(new URL("../../.orrery/lab", import.meta.url));
  if (!existsSync(join(folder, "world.json"))) {
    return failed(125, `${tool}: there is no lab: ORRERY_LAB names none and ${folder} holds none\n`);
  }
  return process.features.typescript ? openFolder(folder) : runAgain();
}

/**
 * @param {string} folder
 * @returns {Promise<ToolResult>}
 */
async function openFolder(folder) {
  const { callInFolder } = await import("./folder.ts");
  const { gather, placeFiles } = await import("./gather.ts");
  const cwd = process.cwd();
  const result = await callInFolder(folder, tool, gather({ args, env: process.env, cwd }));
  placeFiles(result, cwd);
  return result;
}

/**
 * Runs this command once more with the Node.js that set-up made ready: this one does not know TypeScript.
 *
 * @returns {Promise<ToolResult>}
 */
async function runAgain() {
  const { oldestNode, planNode } = await import("../../scripts/setup/node.js");
  const { file, task } = planNode(process.versions.node, process.env);
  if (task) return failed(125, `${tool}: Node.js ${oldestNode} or newer is needed; run npm run setup\n`);
  // The flag is for one that can, and was told not to: without it this would not end.
  return replaceBy(file, ["--experimental-strip-types", ...process.argv.slice(1)]);
}

/**
 * @param {string} file
 * @param {string[]} given
 * @returns {ToolResult}
 */
function replaceBy(file, given) {
  return failed(spawnSync(file, given, { stdio: "inherit" }).status ?? 1, "");
}

/**
 * @param {number} exitCode
 * @param {string} message
 * @returns {ToolResult}
 */
function failed(exitCode, message) {
  return { stdout: "", stderr: message, code: exitCode };
}
