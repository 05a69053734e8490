import path from "node:path";
import { dependenciesTask } from "./dependencies.js";
import { planNode } from "./node.js";
import { projectFolder, toolsFolder } from "./places.js";
import { runTasks } from "./progress.js";
import { planPulumi } from "./pulumi.js";
import { planTalosctl } from "./talosctl.js";

/**
 * Makes everything ready that the program needs and says what is being done; silent and quick when all is there.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal} signal stops builds and downloads
 * @param {string[]} stackFolders folders whose stack files are going to be used
 * @returns {Promise<{ node: string, env: NodeJS.ProcessEnv }>} the Node.js to use and the environment for it
 */
export async function setUp(env, signal, stackFolders) {
  const node = planNode(process.versions.node, env);
  const pulumi = await planPulumi(env);
  const talosctl = planTalosctl(env, stackFolders);
  const tasks = [dependenciesTask(projectFolder, env), node.task, pulumi.task, ...talosctl].filter(isTask);
  if (tasks.length > 0) await runTasks(tasks, process.stderr, signal);

  const folders = [pulumi.folder, node.file === process.execPath ? undefined : path.dirname(node.file)];
  return {
    node: node.file,
    env: {
      ...env,
      PATH: [...folders.filter(Boolean), env.PATH].join(path.delimiter),
      ORRERY_TOOLS: toolsFolder(env),
      PULUMI_SKIP_UPDATE_CHECK: "true",
    },
  };
}

/**
 * @template T
 * @param {T | undefined} task
 * @returns {task is T}
 */
function isTask(task) {
  return task !== undefined;
}
