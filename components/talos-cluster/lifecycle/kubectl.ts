/** All that the program asks of Kubernetes' nodes and of what is on them, by `kubectl`. */
import { run, type ToolAnswer, ToolError } from "../../tools.ts";

/** A Kubernetes node. */
export interface KubernetesNode {
  name: string;
  ready: boolean;
  /** What the kubelet says when it is not ready. */
  message: string;
  /** True when no new pods are put on it. */
  cordoned: boolean;
}

/** A persistent volume on the node that it is attached to, or is to be. */
export interface Attachment {
  node: string;
  /** Name of the persistent volume. */
  volume: string;
}

/** `kubectl` with the cluster's credentials. */
export class Kubectl {
  private readonly kubeconfig: string;

  /** @param kubeconfig path of the credentials */
  constructor(kubeconfig: string) {
    this.kubeconfig = kubeconfig;
  }

  /** True when the API answers that it is ready. */
  async ready(): Promise<boolean> {
    const answer = await this.tell(["get", "--raw", "/readyz"]);
    return answer.code === 0 && answer.stdout.trim() === "ok";
  }

  /** All nodes that the cluster knows. */
  async nodes(): Promise<KubernetesNode[]> {
    const { stdout } = await this.ask(["get", "nodes", "-o", "json"]);
    const items: NodeObject[] = JSON.parse(stdout).items ?? [];
    return items.map(({ metadata, spec, status }) => {
      const condition = status?.conditions?.find(({ type }) => type === "Ready");
      return {
        name: metadata.name,
        ready: condition?.status === "True",
        message: condition?.message ?? "",
        cordoned: spec?.unschedulable === true,
      };
    });
  }

  /** Keeps new pods away from a node. */
  async cordon(node: string): Promise<void> {
    await this.ask(["cordon", node]);
  }

  /** Lets new pods onto a node again. */
  async uncordon(node: string): Promise<void> {
    await this.ask(["uncordon", node]);
  }

  /** Moves the pods of a node elsewhere, respecting disruption budgets. */
  async drain(node: string, timeoutSeconds: number): Promise<void> {
    const args = ["drain", node, "--ignore-daemonsets", "--delete-emptydir-data", `--timeout=${timeoutSeconds}s`];
    await this.ask(args, timeoutSeconds + 30);
  }

  /** Lets Kubernetes forget a node; one that it does not know is no mistake. */
  async deleteNode(node: string): Promise<void> {
    await this.ask(["delete", "node", node, "--ignore-not-found"]);
  }

  /** True when a CSI driver is installed. */
  async hasCsiDriver(driver: string): Promise<boolean> {
    const { stdout } = await this.ask(["get", "csidrivers", driver, "--ignore-not-found", "-o", "name"]);
    return stdout.trim() !== "";
  }

  /**
   * Volumes that CSI drivers have attached to nodes, are attaching or are taking off.
   * @param driver only those of this one. @default those of all
   */
  async attachments(driver?: string): Promise<Attachment[]> {
    const { stdout } = await this.ask(["get", "volumeattachments", "-o", "json"]);
    const items: AttachmentObject[] = JSON.parse(stdout).items ?? [];
    return items
      .filter(({ spec }) => driver === undefined || spec.attacher === driver)
      .map(({ metadata, spec }) => ({
        node: spec.nodeName,
        volume: spec.source.persistentVolumeName ?? metadata.name,
      }));
  }

  /** Pods on a node that have a claim on a volume, whether it is attached yet or not: `<namespace>/<name>`. */
  async podsWithClaims(node: string): Promise<string[]> {
    const where = ["--all-namespaces", "--field-selector", `spec.nodeName=${node}`];
    const { stdout } = await this.ask(["get", "pods", ...where, "-o", "json"]);
    const items: PodObject[] = JSON.parse(stdout).items ?? [];
    return items
      .filter(({ status }) => status?.phase !== "Succeeded" && status?.phase !== "Failed")
      .filter(({ spec }) => spec?.volumes?.some((volume) => volume.persistentVolumeClaim || volume.ephemeral))
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  }

  private async ask(args: string[], timeoutSeconds?: number): Promise<ToolAnswer> {
    const answer = await this.tell(args, timeoutSeconds);
    if (answer.code === 0) return answer;
    const lines = answer.stderr.trim().split("\n");
    // The last line of a failed drain says which pod could not be moved and why.
    throw new ToolError(`kubectl ${args.slice(0, 2).join(" ")} failed: ${lines.at(-1) ?? ""}`, answer);
  }

  private tell(args: string[], timeoutSeconds?: number): Promise<ToolAnswer> {
    return run("kubectl", ["--kubeconfig", this.kubeconfig, ...args], { timeoutSeconds });
  }
}

interface NodeObject {
  metadata: { name: string };
  spec?: { unschedulable?: boolean };
  status?: { conditions?: { type: string; status: string; message?: string }[] };
}

interface AttachmentObject {
  metadata: { name: string };
  spec: { attacher: string; nodeName: string; source: { persistentVolumeName?: string } };
}

interface PodObject {
  metadata: { name: string; namespace: string };
  spec?: { volumes?: { persistentVolumeClaim?: object; ephemeral?: object }[] };
  status?: { phase?: string };
}
