/**
 * Deletes a `Cluster`, or the `TenantCluster` that one is made of, and waits until Cluster API has taken down all of its machines, telling how far it is. The provider
 * would wait, too, and say nothing.
 */
import type { Kubectl } from "../../kubectl.ts";
import { inWords, machinesOf, resourceTypes } from "./machines.ts";

/** How long kubectl watches before somebody is told how far it is. */
const watchSeconds = 30;

/** What a cluster that is taken down is called, and how much patience there is. */
export interface TakeDown {
  name: string;
  /** What is deleted. @default the `Cluster` */
  type?: string;
  timeoutSeconds: number;
  /** Hears how far it is. */
  tell: (message: string) => void;
}

/**
 * Takes a cluster down; does nothing when it is gone. It can be repeated: a cluster that is being deleted stays so.
 * @throws Error that names the machines that are left when it takes too long
 */
export async function takeDown(
  kubectl: Kubectl,
  { name, type = resourceTypes.cluster, timeoutSeconds, tell }: TakeDown,
): Promise<void> {
  if (!(await isThere(kubectl, name, type))) return;
  const place = [type, name, "--namespace", name];
  tell(`cluster ${name}: its machines are being taken down`);
  // In the foreground: it is there until what it owns is gone.
  await kubectl("delete", ...place, "--ignore-not-found", "--cascade=foreground", "--wait=false");
  for (let waited = 0; !(await isGone(kubectl, place)); ) {
    waited += watchSeconds;
    const left = await machinesOf(kubectl, name);
    if (waited >= timeoutSeconds) throw new Error(giveUp(name, timeoutSeconds, inWords(left)));
    tell(`cluster ${name}: ${left.length > 0 ? `still has ${inWords(left)}` : "its machines are gone"}`);
  }
}

/**
 * A cluster that somebody else has applied is somebody else's to take down: what its machines need would go with its namespace,
 * and the machines would stay.
 * @throws Error when the cluster is there
 */
export async function refuseWhileThere(kubectl: Kubectl, name: string): Promise<void> {
  if (!(await isThere(kubectl, name))) return;
  throw new Error(
    `${stillThere(name)}, and its machines would stay for ever; take it out of the repository, or ` +
      `run kubectl delete ${resourceTypes.cluster} ${name} --namespace ${name}, and then the same command again`,
  );
}

/** How the refusal of {@link refuseWhileThere} begins. */
export function stillThere(name: string): string {
  return `the cluster ${name} is still there`;
}

/** Whether a cluster is there; it is not where its kind is not. */
async function isThere(kubectl: Kubectl, name: string, type: string = resourceTypes.cluster): Promise<boolean> {
  try {
    const place = [type, name, "--namespace", name];
    return (await kubectl("get", ...place, "--ignore-not-found", "--output", "name")).trim() !== "";
  } catch (error) {
    if ((error as { stderr?: string }).stderr?.includes("doesn't have a resource type")) return false;
    throw error;
  }
}

async function isGone(kubectl: Kubectl, place: string[]): Promise<boolean> {
  try {
    await kubectl("wait", ...place, "--for=delete", `--timeout=${watchSeconds}s`);
    return true;
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    if (stderr.includes("timed out waiting")) return false;
    // It may be gone before it is watched.
    if (stderr.includes("(NotFound)")) return true;
    throw error;
  }
}

function giveUp(name: string, timeoutSeconds: number, left: string): string {
  return (
    `it is still there after ${timeoutSeconds} seconds, with ${left || "no machines"}; Cluster API goes on. ` +
    `Look with kubectl get machines --namespace ${name} --output yaml, see to the cause, and run the same command again: it goes on from here`
  );
}
