import { z } from "zod";
import { askCluster } from "./ask-cluster.ts";

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

/** Asks a cluster for the state of its nodes, by name; undefined when it cannot be asked. */
export async function askNodeStates(kubeconfig: string): Promise<Map<string, string> | undefined> {
  const text = await askCluster(kubeconfig, "get", "nodes", "-o", "json");
  return text === undefined ? undefined : parseNodeStates(text);
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
