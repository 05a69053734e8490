import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** How long Kubernetes may take to answer, in milliseconds. */
const timeoutMs = 15_000;

/**
 * Asks a cluster by kubectl.
 * @param kubeconfig path of the credentials
 * @returns undefined when it cannot be asked
 */
export async function askCluster(kubeconfig: string, ...args: string[]): Promise<string | undefined> {
  try {
    const options = { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 };
    return (await promisify(execFile)("kubectl", ["--kubeconfig", kubeconfig, ...args], options)).stdout;
  } catch {
    return undefined;
  }
}
