import { mkdirSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { StackFiles } from "../../config/load.ts";
import type { FaultRule } from "../../lab/world/faults.ts";
import type { Folders } from "../folders.ts";

/** The lab while a run of the fleet program uses it. */
export interface LabSession {
  /** What the engine needs to know to work in the lab. */
  env: Record<string, string>;
  /** URL of what encrypts the secrets of its stacks. */
  secretsProvider: string;
  close(): Promise<void>;
}

/**
 * Opens the lab. Its environment is also this process's own until it is closed, because resource hooks run here and start
 * the same tools as providers; so is the work folder, because the lab's providers run here and are given relative paths.
 */
export async function openLabSession(
  folders: Folders,
  files: StackFiles,
  mishaps: { faults?: FaultRule[]; seed?: number } = {},
): Promise<LabSession> {
  // Loaded here, because nobody who works on real hosts needs it.
  const { openLab } = await import("../../lab/lab.ts");
  const { siteOf } = await import("../../lab/site.ts");
  const lab = await openLab({
    folder: folders.root,
    site: siteOf(files),
    faults: mishaps.faults,
    seed: mishaps.seed,
  });
  mkdirSync(folders.state, { recursive: true, mode: 0o700 });
  const env = {
    ...lab.env,
    // Without files of attributes beside the state's: they are not needed, and a killed engine tears them.
    PULUMI_BACKEND_URL: `${pathToFileURL(folders.state).href}?metadata=skip`,
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
  const restore = applyEnvironment(env);
  const folder = process.cwd();
  process.chdir(folders.work);
  return {
    env,
    secretsProvider: lab.secretsProvider,
    async close() {
      process.chdir(folder);
      restore();
      await lab.close();
    },
  };
}

/** Sets variables of this process and answers how to take that back. */
function applyEnvironment(env: Record<string, string>): () => void {
  const before = Object.keys(env).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, env);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
