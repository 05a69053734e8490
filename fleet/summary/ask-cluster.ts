import { run } from "../../components/tools.ts";

/** How long Kubernetes may take to answer. */
const timeoutSeconds = 15;

/**
 * Asks a cluster by kubectl.
 * @param kubeconfig path of the credentials
 * @returns undefined when it cannot be asked
 */
export async function askCluster(kubeconfig: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { code, stdout } = await run("kubectl", ["--kubeconfig", kubeconfig, ...args], { timeoutSeconds });
    return code === 0 ? stdout : undefined;
  } catch {
    return undefined;
  }
}
