import type { Kubectl, KubernetesNode } from "./kubectl.ts";

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
    if (!cordoned) await kubectl.uncordon(name);
    throw error;
  }
  return !cordoned;
}
