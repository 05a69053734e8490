import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";

const nodeList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({ unschedulable: z.boolean().optional() }).optional(),
      status: z
        .object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) })
        .optional(),
    }),
  ),
});

/** How long Kubernetes may take to answer, in milliseconds. */
const timeoutMs = 15_000;

/** Asks a cluster for the state of its nodes, by name; undefined when it cannot be asked. */
export async function askNodeStates(kubeconfig: string): Promise<Map<string, string> | undefined> {
  try {
    const args = ["--kubeconfig", kubeconfig, "get", "nodes", "-o", "json"];
    const { stdout } = await promisify(execFile)("kubectl", args, { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 });
    return parseNodeStates(stdout);
  } catch {
    return undefined;
  }
}

/** Reads the answer of `kubectl get nodes -o json`. */
export function parseNodeStates(json: string): Map<string, string> {
  const states = new Map<string, string>();
  for (const { metadata, spec, status } of nodeList.parse(JSON.parse(json)).items) {
    const ready = status?.conditions.some(({ type, status }) => type === "Ready" && status === "True");
    states.set(metadata.name, `${ready ? "ready" : "not ready"}${spec?.unschedulable ? ", cordoned" : ""}`);
  }
  return states;
}
