import type { Kubectl, KubernetesNode } from "./kubectl.ts";
import { messageOf } from "./message.ts";

/** How a node is emptied. */
export interface DrainOptions {
  drainTimeoutSeconds: number;
  /** Tells people what is going on. */
  log: (message: string) => void;
}

/**
 * Keeps new pods away from a node while some work is done on it.
 * @param work is done on the cordoned node; when it fails, the node is as it was before
 * @returns whether it is now cordoned because of this, and not because somebody else had done it before
 */
export async function cordonFor(
  node: KubernetesNode,
  kubectl: Kubectl,
  { log }: DrainOptions,
  work: () => Promise<void>,
): Promise<boolean> {
  const { name, cordoned } = node;
  if (cordoned) log(`${name} was cordoned before and stays so; \`kubectl uncordon ${name}\` ends it`);
  else await kubectl.cordon(name);
  try {
    await work();
  } catch (error) {
    throw cordoned ? error : await uncordonAfter(error, name, kubectl);
  }
  return !cordoned;
}

/**
 * Lets pods onto a node again, because work on it failed.
 * @returns the error of the work; it says that the node is still cordoned where that failed as well
 */
export async function uncordonAfter(error: unknown, name: string, kubectl: Kubectl): Promise<unknown> {
  try {
    await kubectl.uncordon(name);
    return error;
  } catch {
    return new Error(`${messageOf(error)}; ${name} is still cordoned, \`kubectl uncordon ${name}\` ends that`);
  }
}
