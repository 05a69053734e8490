import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { buildFromModule } from "./go.js";
import { npmCommand } from "./npm.js";
import { pinnedPulumi, pulumiBinary, toolModule } from "./places.js";
import { findOnPath, isRunnable, versionOf } from "./programs.js";
import { runQuietly } from "./run-quietly.js";
import { isAtLeast } from "./versions.js";

/** @import { Task } from "./progress.js" */

const officialSource = "https://get.pulumi.com/install.sh";

/**
 * The Pulumi CLI: from the PATH when it is new enough, else the pinned one, which is fetched, or built where the
 * official site cannot be reached.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ folder?: string, task?: Task }>} `folder` has to come first on the PATH
 */
export async function planPulumi(env) {
  const version = pinnedPulumi();
  const onPath = findOnPath("pulumi", env);
  if (onPath && isAtLeast(await versionOf(onPath, ["version"], env), version)) return {};
  const target = pulumiBinary(env, version);
  const folder = path.dirname(target);
  if (isRunnable(target)) return { folder };
  return {
    folder,
    task: {
      title: `Pulumi CLI ${version}`,
      expected: "a download, or 4 to 10 minutes of building",
      async run(report, signal) {
        report("looking for the official binary");
        if (await fetchOfficial(version, target, env, report, signal)) return;
        report("building from its Go module");
        await build(version, target, env, signal);
      },
    },
  };
}

/**
 * Lets the npm package `pulumi` install the official CLI, aside and then at once in its place.
 *
 * @param {string} version
 * @param {string} target
 * @param {NodeJS.ProcessEnv} env
 * @param {(what: string) => void} report
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} false when it cannot be had
 */
async function fetchOfficial(version, target, env, report, signal) {
  if (!(await isReachable(officialSource))) return false;
  report("downloading");
  const folder = path.dirname(path.dirname(target));
  mkdirSync(path.dirname(folder), { recursive: true });
  const temporary = mkdtempSync(`${folder}.`);
  const npm = npmCommand(env);
  const args = [
    ...npm.args,
    "exec",
    "--yes",
    "--ignore-scripts",
    `--package=pulumi@${version}`,
    "--",
    "pulumi",
    "version",
  ];
  const asideEnv = { ...env, PULUMI_HOME: temporary, PULUMI_VERSION: version, PULUMI_SKIP_UPDATE_CHECK: "true" };
  try {
    const options = { cwd: temporary, env: asideEnv, signal, what: "the download", timeoutMs: 300_000 };
    await runQuietly(npm.file, args, options);
    const fetched = path.dirname(path.dirname(pulumiBinary(asideEnv, version)));
    rmSync(folder, { recursive: true, force: true });
    renameSync(fetched, folder);
    return isRunnable(target);
  } catch (error) {
    if (signal.aborted) throw error;
    return false;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/**
 * @param {string} version
 * @param {string} target
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal} signal
 */
function build(version, target, env, signal) {
  const variable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
  const plan = {
    module: toolModule("pulumi"),
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    ldflags: `-X ${variable}=v${version}`,
    target,
    otherwise: `put pulumi >= ${version} on the PATH`,
  };
  return buildFromModule(plan, env, signal);
}

/** @param {string} url */
async function isReachable(url) {
  try {
    const answer = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(4000) });
    return answer.ok;
  } catch {
    return false;
  }
}
