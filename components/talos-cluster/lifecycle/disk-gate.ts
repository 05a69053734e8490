/**
 * The gate that every change of a VM's disks goes through. The provider takes all disks off a VM that are not in its
 * arguments as soon as one of them changes, out of the running guest, and a new disk that gets the interface of such a one is
 * that one. The CSI plugin for Proxmox plugs the volumes of pods into the VMs. So a node's disks change while none is there:
 * its pods are moved elsewhere, and the plugin takes their volumes along.
 *
 * Facts: github.com/bpg/terraform-provider-proxmox, v0.111.1: proxmoxtf/resource/vm/vm.go (`vmUpdate`) and disk/disk.go
 * (`Read`, `Update`); github.com/sergelogvinov/proxmox-csi-plugin, v0.19.1: pkg/csi/driver.go and utils.go (`attachVolume`).
 */
import { ClusterTools, type RunningCluster } from "./cluster-tools.ts";
import { cordonFor, type DrainOptions } from "./drain.ts";
import type { Attachment, Kubectl } from "./kubectl.ts";
import { messageOf } from "./message.ts";
import { Turns } from "./turns.ts";
import { tryUntil, waitUntil } from "./wait.ts";

/** Name of the plugin's driver. */
const driver = "csi.proxmox.sinextra.dev";

/** What the gate has to know. */
export interface DiskGateOptions extends DrainOptions {
  cluster: RunningCluster;
  healthTimeoutSeconds: number;
}

/** A node whose disks are being changed. */
interface Passage {
  cordoned: boolean;
  /** Lets the next one go. */
  done: () => void;
}

/** Lets the disks of one node after the other change. */
export class DiskGate {
  private readonly options: DiskGateOptions;
  private readonly tools: ClusterTools;
  private readonly passing = new Map<string, Passage>();
  private readonly turns = new Turns();

  constructor(options: DiskGateOptions) {
    this.options = options;
    this.tools = new ClusterTools(options.cluster);
  }

  /**
   * Before the disks of a node's VM change: sees to it that no volume of a pod is plugged into it.
   * @throws Error when volumes stay, or when it cannot be told; nothing was changed then
   */
  async before(name: string): Promise<void> {
    try {
      await this.tools.use(async ({ talosctl, kubectl }) => {
        const api = await this.apiWithPlugin(kubectl, () => this.tools.notBootstrapped(talosctl));
        if (api) await this.pass(name, api);
      });
    } catch (error) {
      throw refusal(name, error);
    }
  }

  /**
   * After the disks of a node's VM changed, or the change failed: lets pods onto the node again.
   * @throws Error when they cannot be
   */
  async after(name: string): Promise<void> {
    const passage = this.passing.get(name);
    if (!passage) return;
    this.passing.delete(name);
    try {
      const reasons = passage.cordoned ? await this.uncordon(name) : [];
      if (reasons.length === 0) return;
      throw new Error(
        `${name} is still cordoned: ${reasons.join("; ")}; \`kubectl uncordon ${name}\` lets pods onto it`,
      );
    } finally {
      passage.done();
    }
  }

  private uncordon(name: string): Promise<string[]> {
    return this.tools.use(({ kubectl }) =>
      tryUntil(async () => (await kubectl()).uncordon(name), this.options.healthTimeoutSeconds),
    );
  }

  /** The API of a cluster in which the plugin is, or has left something; undefined where it is not. */
  private async apiWithPlugin(
    kubectl: () => Promise<Kubectl>,
    notBootstrapped: () => Promise<boolean>,
  ): Promise<Kubectl | undefined> {
    let found: Kubectl | undefined;
    const reasons = await waitUntil(async () => {
      try {
        const api = await kubectl();
        const there = (await api.hasCsiDriver(driver)) || (await api.attachments(driver)).length > 0;
        found = there ? api : undefined;
        return [];
      } catch (error) {
        return (await notBootstrapped()) ? [] : [messageOf(error)];
      }
    }, this.options.healthTimeoutSeconds);
    if (reasons.length > 0) throw new Error(reasons.join("; "));
    return found;
  }

  private async pass(name: string, api: Kubectl): Promise<void> {
    const done = await this.turns.take();
    try {
      const node = (await api.nodes()).find((each) => each.name === name);
      const cordoned = node !== undefined && (await cordonFor(node, api, this.options, () => this.empty(name, api)));
      // One that Kubernetes has been made to forget may have volumes still, which are taken off it by and by.
      if (!node) await this.waitUntilDetached(name, api);
      this.passing.set(name, { cordoned, done });
    } catch (error) {
      done();
      throw error;
    }
  }

  /** Moves the pods of a node elsewhere when one of them may have a volume, and waits until the volumes are off. */
  private async empty(name: string, api: Kubectl): Promise<void> {
    if ((await api.podsWithClaims(name)).length === 0 && (await attachedTo(name, api)).length === 0) return;
    await api.drain(name, this.options.drainTimeoutSeconds);
    await this.waitUntilDetached(name, api);
  }

  private async waitUntilDetached(name: string, api: Kubectl): Promise<void> {
    const left = await waitUntil(
      async () => (await attachedTo(name, api)).map(({ volume }) => `${volume} is still attached to ${name}`),
      this.options.drainTimeoutSeconds,
    );
    if (left.length > 0) throw new Error(left.join(", "));
  }
}

async function attachedTo(name: string, api: Kubectl): Promise<Attachment[]> {
  return (await api.attachments(driver)).filter(({ node }) => node === name);
}

function refusal(name: string, error: unknown): Error {
  return new Error(
    `the disks of ${name} were not changed, because volumes of pods that are attached to it would be pulled out: ` +
      `${messageOf(error)}; mend that and run \`up\` again`,
  );
}
