/**
 * What a changed machine configuration does to a running node, for those who review a preview: to the engine it is a secret, so
 * that it tells of a changed hash and no more.
 */

import { ClusterTools, type RunningCluster } from "./cluster-tools.ts";
import { changedPathsOf } from "./configuration-diff.ts";
import type { GateNode } from "./health.ts";
import { messageOf } from "./message.ts";

/** What has to be known to look. */
export interface ConfigurationPreviewOptions {
  cluster: RunningCluster;
  /** The machine configuration that a node is to get. */
  machineConfiguration: (node: string) => Promise<string>;
  /**
   * How long a node may take to answer; who reviews a change is often where no node can be reached.
   * @default 10
   */
  timeoutSeconds?: number;
}

/** How many paths are named; who changes more than that knows what. */
const named = 4;

/** Looks at nodes of one cluster. */
export class ConfigurationPreview {
  private readonly options: ConfigurationPreviewOptions;
  private readonly tools: ClusterTools;
  private answered = false;
  private silent = false;

  constructor(options: ConfigurationPreviewOptions) {
    this.options = options;
    this.tools = new ClusterTools(options.cluster);
  }

  /**
   * What an `up` changes on a node, in words without any value: `machine.sysctls["vm.max_map_count"], without a reboot`.
   * Why that is not known, where the node cannot be asked; undefined when that was said of another node already.
   */
  async describe(name: string): Promise<string | undefined> {
    const node = this.options.cluster.nodes.find((candidate) => candidate.name === name);
    if (!node || this.silent) return undefined;
    if (node.maintenanceAddress) {
      return `nothing before \`maintenanceAddress\` is taken out of the stack file: the node was installed and has the address ${node.address} now`;
    }
    try {
      const changes = await this.look(node);
      this.answered = true;
      return changes;
    } catch (error) {
      // Where the first node does not answer, the next would keep the preview waiting as long.
      this.silent = !this.answered;
      return `not known, because ${messageOf(error)}`;
    }
  }

  private look(node: GateNode): Promise<string> {
    return this.tools.use(async ({ talosctl, write }) => {
      const next = await this.options.machineConfiguration(node.name);
      const { timeoutSeconds = 10 } = this.options;
      const paths = changedPathsOf(await talosctl.machineConfiguration(node, { timeoutSeconds }), next);
      if (paths.length === 0) return "how it is written, and nothing else";
      const { reboot } = await talosctl.dryRun(node, await write(`${node.name}.yaml`, next));
      return `${listed(paths)}, ${reboot ? "with" : "without"} a reboot`;
    });
  }
}

function listed(paths: string[]): string {
  const more = paths.length > named ? [`${paths.length - named + 1} more`] : [];
  return [...paths.slice(0, more.length > 0 ? named - 1 : named), ...more].join(", ");
}
