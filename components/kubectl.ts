import { withPrivateFolder } from "./private-folder.ts";
import { run, ToolError } from "./tools.ts";

/**
 * Flag of every command that changes an object somebody else applies.
 *
 * Fact: github.com/fluxcd/kustomize-controller, internal/controller/kustomization_controller.go, and fluxcd/pkg, ssa/patch.go:
 * with each apply, fields of managers go whose names begin with `kubectl`, as those do that kubectl chooses itself.
 */
export const fieldManager = "--field-manager=orrery";

/** Runs kubectl against one cluster and answers its standard output. */
export type Kubectl = (...args: string[]) => Promise<string>;

/** Writes a file that only this user can read and that is gone afterwards; answers its path. */
export type WriteFile = (name: string, content: string) => Promise<string>;

/**
 * Lets some work use kubectl.
 * @param work gets kubectl, and what writes files for it
 * @throws Error that begins with `purpose` and ends with what kubectl says
 */
export async function withKubectl<T>(
  kubeconfig: string,
  purpose: string,
  work: (kubectl: Kubectl, write: WriteFile) => Promise<T>,
): Promise<T> {
  try {
    return await withPrivateFolder(async ({ write }) => {
      // A file and not an argument: arguments are visible to every user of the machine.
      const file = await write("kubeconfig", kubeconfig);
      return work((...args) => answerOf(["--kubeconfig", file, ...args]), write);
    });
  } catch (error) {
    throw new Error(`${purpose}: ${error instanceof Error ? error.message : String(error)}`);
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
    await withKubectl(kubeconfig, `cannot change ${type} ${place}`, async (kubectl, write) => {
      const file = await write("patch.json", JSON.stringify(content));
      const where = namespace === undefined ? [] : ["--namespace", namespace];
      await kubectl("patch", type, name, ...where, "--type", "merge", "--patch-file", file, fieldManager);
    });
    return true;
  } catch (error) {
    if (/\(NotFound\)|doesn't have a resource type/.test((error as Error).message)) return false;
    throw error;
  }
}

async function answerOf(args: string[]): Promise<string> {
  const answer = await run("kubectl", args);
  if (answer.code === 0) return answer.stdout;
  throw new ToolError(answer.stderr.trim() || `kubectl ended with ${answer.code}`, answer);
}
