import { withPrivateFolder } from "../../private-folder.ts";
import { bootstrapState } from "./bootstrap.ts";
import type { GateNode } from "./health.ts";
import { Kubectl } from "./kubectl.ts";
import { requireTools } from "./required-tools.ts";
import { Talosctl } from "./talosctl.ts";

/** A running cluster and how to get at it. Credentials are asked for when they are needed, never in a preview. */
export interface RunningCluster {
  name: string;
  /** Talos version of the release. */
  talos: string;
  /** The nodes of the plan. */
  nodes: GateNode[];
  talosconfig: () => Promise<string>;
}

/** What asks and tells a cluster, while its credentials stand in files. */
export interface Tools {
  talosctl: Talosctl;
  kubectl: () => Promise<Kubectl>;
  /** Keeps a text beside the credentials; answers its path. */
  write: (name: string, content: string) => Promise<string>;
}

/** Lends the tools of one cluster. */
export class ClusterTools {
  private readonly cluster: RunningCluster;
  /** Fetched once in a run. */
  private kubeconfig?: string;

  constructor(cluster: RunningCluster) {
    this.cluster = cluster;
  }

  /** Gives the tools to `work`; the files with credentials are gone afterwards. */
  async use<T>(work: (tools: Tools) => Promise<T>): Promise<T> {
    const { talos, talosconfig } = this.cluster;
    requireTools(talos);
    return withPrivateFolder(async ({ write }) => {
      const talosctl = new Talosctl(talos, await write("talosconfig", await talosconfig()));
      return work({ talosctl, write, kubectl: () => this.kubectl(talosctl, write) });
    });
  }

  /** True where an interrupted first `up` has left nodes but no cluster; there is nothing to protect then. */
  async notBootstrapped(talosctl: Talosctl): Promise<boolean> {
    return (await bootstrapState(this.controlPlanes(), talosctl)) === "empty";
  }

  private async kubectl(talosctl: Talosctl, write: Tools["write"]): Promise<Kubectl> {
    this.kubeconfig ??= await this.fetchKubeconfig(talosctl);
    return new Kubectl(await write("kubeconfig", this.kubeconfig));
  }

  /** Kubernetes' credentials come from any control plane that answers; one that reboots may be among them. */
  private async fetchKubeconfig(talosctl: Talosctl): Promise<string> {
    let reason: unknown = new Error("the cluster has no control plane");
    for (const node of this.controlPlanes()) {
      try {
        return await talosctl.kubeconfig(node);
      } catch (error) {
        reason = error;
      }
    }
    throw reason;
  }

  private controlPlanes(): GateNode[] {
    return this.cluster.nodes.filter(({ role }) => role === "controlplane");
  }
}
