/**
 * The lab's side of a command-line tool: hands the command to the lab that runs, else opens the lab's folder itself. Plain
 * JavaScript without dependencies, because it starts for every command.
 */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// `import` of this module would evaluate all it exports, among it an HTTP client for browsers' code: half of the start-up.
const { request } = process.getBuiltinModule("node:http");

/** @typedef {{ tool: string, args: string[], files: Record<string, string>, folders: string[], env: Record<string, string>, cwd: string }} Request */
/** @typedef {{ stdout: string, stderr: string, code: number, files?: Record<string, string> }} Answer */

/** Larger files are no configuration. */
const largestBytes = 8 * 1024 * 1024;

/**
 * Runs a tool of the lab with the arguments of this process and ends as the tool does.
 *
 * @param {string} tool
 */
export async function runInLab(tool) {
  const call = gather(tool, process.argv.slice(2));
  const answer = await ask(call);
  for (const [path, text] of Object.entries(answer.files ?? {})) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: 0o600 });
  }
  process.stdout.write(answer.stdout);
  process.stderr.write(answer.stderr);
  process.exitCode = answer.code;
}

/**
 * Reads every file that the arguments or the environment name: the lab sees nothing else of this process.
 *
 * @param {string} tool
 * @param {string[]} args
 * @returns {Request}
 */
function gather(tool, args) {
  const { HOME = "", KUBECONFIG = "", TALOSCONFIG = "" } = process.env;
  /** @type {Record<string, string>} */
  const env = { HOME };
  if (KUBECONFIG) env.KUBECONFIG = KUBECONFIG;
  if (TALOSCONFIG) env.TALOSCONFIG = TALOSCONFIG;
  const named = args.map((argument) =>
    argument.startsWith("--") ? argument.slice(argument.indexOf("=") + 1) : argument,
  );
  const standard = [
    join(HOME, ".talos", "config"),
    join(HOME, ".kube", "config"),
    KUBECONFIG,
    TALOSCONFIG,
    "kubeconfig",
  ];
  /** @type {Record<string, string>} */
  const files = {};
  /** @type {string[]} */
  const folders = [];
  for (const path of [...named, ...standard]) {
    if (path === "" || path.startsWith("-") || !existsSync(path)) continue;
    const about = statSync(path);
    if (about.isDirectory()) folders.push(path);
    else if (about.isFile() && about.size <= largestBytes) files[path] = readFileSync(path, "utf8");
  }
  return { tool, args, files, folders, env, cwd: process.cwd() };
}

/**
 * @param {Request} call
 * @returns {Promise<Answer>}
 */
async function ask(call) {
  const { ORRERY_LAB, ORRERY_LAB_FOLDER } = process.env;
  if (ORRERY_LAB) {
    try {
      return await post(ORRERY_LAB, call);
    } catch (error) {
      if (!ORRERY_LAB_FOLDER || /** @type {NodeJS.ErrnoException} */ (error).code !== "ECONNREFUSED") {
        const reason = error instanceof Error ? error.message : String(error);
        return { stdout: "", stderr: `${call.tool}: the lab at ${ORRERY_LAB} does not answer: ${reason}\n`, code: 125 };
      }
    }
  }
  const folder = ORRERY_LAB_FOLDER ?? fileURLToPath(new URL("../../.orrery/lab", import.meta.url));
  if (!existsSync(join(folder, "world.json"))) {
    const stderr = `${call.tool}: there is no lab: ORRERY_LAB names none and ${folder} holds none\n`;
    return { stdout: "", stderr, code: 125 };
  }
  if (!process.features.typescript) return { stdout: "", stderr: "", ...(await runAgain(call.tool)) };
  const { callInFolder } = await import("./folder.ts");
  return callInFolder(folder, call.tool, call);
}

/**
 * Runs this command once more with the Node.js that set-up made ready: this one does not know TypeScript.
 *
 * @param {string} tool
 * @returns {Promise<{ code: number, stderr?: string }>}
 */
async function runAgain(tool) {
  const { spawnSync } = await import("node:child_process");
  const { oldestNode, planNode } = await import("../../scripts/setup/node.js");
  const { file, task } = planNode(process.versions.node, process.env);
  if (task) return { code: 125, stderr: `${tool}: Node.js ${oldestNode} or newer is needed; run npm run setup\n` };
  // The flag is for one that can, and was told not to: without it this would not end.
  const { status } = spawnSync(file, ["--experimental-strip-types", ...process.argv.slice(1)], { stdio: "inherit" });
  return { code: status ?? 1 };
}

/**
 * @param {string} lab host and port
 * @param {Request} call
 * @returns {Promise<Answer>}
 */
function post(lab, call) {
  return new Promise((resolve, reject) => {
    const sent = request(`http://${lab}/`, { method: "POST", agent: false }, (response) => {
      /** @type {Buffer[]} */
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        try {
          resolve(JSON.parse(Buffer.concat(chunks).toString("utf8")));
        } catch (error) {
          reject(error);
        }
      });
    });
    sent.on("error", reject);
    sent.end(JSON.stringify(call));
  });
}
