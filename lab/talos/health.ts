import type { TalosApi } from "./api.ts";
import type { ClientCredentials } from "./credentials.ts";
import { TalosError } from "./errors.ts";
import type { ConnectedKubernetes } from "./interface.ts";

/** What a health check asks. */
export interface HealthQuestion {
  endpoints: string[];
  /** Addresses as etcd advertises them. */
  controlPlanes: string[];
  workers: string[];
  credentials: ClientCredentials;
  skipKubernetes: boolean;
}

/** The first thing that a health check of a cluster finds wrong; undefined when all is well. */
export function healthProblem(
  api: TalosApi,
  kubernetes: ConnectedKubernetes | undefined,
  { endpoints, controlPlanes, workers, credentials, skipKubernetes }: HealthQuestion,
): string | undefined {
  const endpoint = endpoints.find((address) => api.machines.at(address));
  if (!endpoint) return "waiting for the Talos API: no endpoint can be reached";
  try {
    const sessions = [...controlPlanes, ...workers].map((node) => api.connect(endpoint, node, credentials));
    for (const address of controlPlanes) {
      const cluster = api.etcdOf(api.connect(endpoint, address, credentials));
      const members = cluster.members.map((member) => member.address).sort();
      if (members.join() !== [...controlPlanes].sort().join()) {
        return `etcd member ips [${members.join(" ")}] are not subset of control plane node ips [${controlPlanes.join(" ")}]`;
      }
      const silent = cluster.members.find((member) => !api.etcd.runs(member));
      if (silent) return `etcd member ${silent.name} does not run`;
    }
    if (skipKubernetes) return undefined;
    const clusterId = sessions[0]?.machine.active?.clusterId ?? "";
    if (!kubernetes?.list(clusterId, "nodes")) return "waiting for the Kubernetes API";
    const unready = sessions
      .filter(({ machine }) => !machine.ready)
      .map(({ machine }) => machine.active?.nodeName ?? "");
    return unready.length > 0 ? `some nodes are not ready: [${unready.join(" ")}]` : undefined;
  } catch (error) {
    if (error instanceof TalosError) return error.message;
    throw error;
  }
}
