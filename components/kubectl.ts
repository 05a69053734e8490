import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Runs kubectl against one cluster and answers its standard output. */
export type Kubectl = (...args: string[]) => Promise<string>;

/**
 * Lets some work use kubectl.
 * @param work gets kubectl and a folder of its own, which only its owner reads and which is gone afterwards
 * @throws Error that begins with `purpose` and ends with what kubectl says
 */
export async function withKubectl<T>(
  kubeconfig: string,
  purpose: string,
  work: (kubectl: Kubectl, folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "orrery-"));
  try {
    const file = join(folder, "kubeconfig");
    // A file and not an argument: arguments are visible to every user of the machine.
    await writeFile(file, kubeconfig, { mode: 0o600 });
    const options = { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 };
    return await work(
      async (...args) => (await run("kubectl", ["--kubeconfig", file, ...args], options)).stdout,
      folder,
    );
  } catch (error) {
    throw new Error(`${purpose}: ${reasonOf(error)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Where kubectl finds an object; one of the cluster as a whole has no namespace. */
export interface KubernetesName {
  /** Resource type in full: `applications.argoproj.io`. */
  type: string;
  name: string;
  namespace?: string;
}

/**
 * Changes an object by a JSON merge patch.
 * @returns false when the object, or its whole kind, is not there
 * @throws Error with what kubectl says
 */
export async function patchObject(
  kubeconfig: string,
  { type, name, namespace }: KubernetesName,
  content: Record<string, unknown>,
): Promise<boolean> {
  const place = namespace === undefined ? name : `${namespace}/${name}`;
  try {
    await withKubectl(kubeconfig, `cannot change ${type} ${place}`, async (kubectl, folder) => {
      const file = join(folder, "patch.json");
      await writeFile(file, JSON.stringify(content), { mode: 0o600 });
      const where = namespace === undefined ? [] : ["--namespace", namespace];
      await kubectl("patch", type, name, ...where, "--type", "merge", "--patch-file", file);
    });
    return true;
  } catch (error) {
    if (/\(NotFound\)|doesn't have a resource type/.test((error as Error).message)) return false;
    throw error;
  }
}

function reasonOf(error: unknown): string {
  const { code, stderr, message } = error as { code?: unknown; stderr?: string; message: string };
  if (code === "ENOENT") return "kubectl is not on the PATH";
  return stderr?.trim() || message;
}
