import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../../config/index.ts";
import type { ClusterFacts } from "../facts.ts";
import { hookLog, previewHook, whenKnown } from "../hooks.ts";
import type { RunningCluster } from "./lifecycle/cluster-tools.ts";
import type { ConfigurationPreviewOptions } from "./lifecycle/configuration-preview.ts";
import type { DrainOptions } from "./lifecycle/drain.ts";
import { disksDiffer } from "./vm-disks.ts";

/** How long a preview waits for values that it may never have, in milliseconds; those that it has are there at once. */
const knownWithinMs = 2_000;

/** What the hooks of a cluster are made of. */
export interface HooksArgs {
  facts: ClusterFacts;
  config: ClusterConfig;
  talosconfig: pulumi.Output<string>;
}

/** What hooks of configurations have to know besides. */
export interface ConfigurationHooksArgs extends HooksArgs {
  configurations: Map<string, pulumi.Output<string>>;
  /** Whether the whole cluster goes, so that no node has to leave in order. */
  destroying: boolean;
  /** The resource that gives a node its configuration. */
  resourceOf: (node: string) => pulumi.Resource | undefined;
}

/**
 * The hooks that let changed configurations reach running nodes only through the gate, and let nodes go only after they have left
 * the cluster. One set serves all nodes; the node is known by the name of its resource.
 */
export function configurationHooks(
  component: pulumi.Resource,
  name: string,
  { configurations, destroying, resourceOf, ...args }: ConfigurationHooksArgs,
): pulumi.ResourceHookBinding {
  const { requireReady } = args.config.rollout;
  const common = { ...commonOptions(component, args), requireReady };
  const machineConfiguration = (node: string) => whenKnown(configurations.get(node) ?? pulumi.output(""));
  // Both are only loaded when a node is about to change or to go, because in most runs none does.
  const gate = lazily(async () => new (await import("./lifecycle/gate.ts")).Gate({ ...common, machineConfiguration }));
  const removal = lazily(async () => new (await import("./lifecycle/removal.ts")).Removal(common));
  const before = new pulumi.ResourceHook(`${name}-gate`, async ({ name: node }) => (await gate()).before(node));
  const after = new pulumi.ResourceHook(`${name}-healthy`, async ({ name: node }) => (await gate()).after(node));
  const leave = new pulumi.ResourceHook(`${name}-leave`, async ({ name: node, oldInputs }) => {
    if (destroying) return;
    const { node: address, endpoint } = oldInputs as { node: string; endpoint?: string };
    await (await removal()).leave({ name: node, address, staysOn: endpoint !== undefined });
  });
  const what = { cluster: common.cluster, machineConfiguration };
  const beforeUpdate = [pulumi.runtime.isDryRun() ? tellChanges(name, what, resourceOf) : before];
  return { beforeUpdate, afterUpdate: [after], beforeDelete: [leave] };
}

/** Tells in a preview what a changed configuration does to its node. */
function tellChanges(
  name: string,
  options: ConfigurationPreviewOptions,
  resourceOf: ConfigurationHooksArgs["resourceOf"],
): pulumi.ResourceHook {
  const preview = lazily(
    async () => new (await import("./lifecycle/configuration-preview.ts")).ConfigurationPreview(options),
  );
  return previewHook(
    `${name}-what-changes`,
    async ({ name: node }) => {
      // Where the cluster's secrets are made anew, nothing is known before the update.
      const known = Promise.all([options.machineConfiguration(node), options.cluster.talosconfig()]);
      const given = await Promise.race([known, sleep(knownWithinMs, undefined, { ref: false })]);
      return given && (await preview()).describe(node);
    },
    resourceOf,
  );
}

/**
 * The hooks that let the disks of a running VM change only while no volume of a pod is plugged into it. One set serves all
 * VMs; other changes of a VM pass at once.
 */
export function diskHooks(component: pulumi.Resource, name: string, args: HooksArgs): pulumi.ResourceHookBinding {
  const options = commonOptions(component, args);
  const gate = lazily(async () => new (await import("./lifecycle/disk-gate.ts")).DiskGate(options));
  const changing = new Set<string>();
  const end = async (node: string) => {
    if (changing.delete(node)) await (await gate()).after(node);
  };
  const before = new pulumi.ResourceHook(`${name}-disks`, async ({ name: node, newInputs, oldOutputs }) => {
    if (!disksDiffer(disksIn(oldOutputs), disksIn(newInputs))) return;
    changing.add(node);
    await (await gate()).before(node);
  });
  const after = new pulumi.ResourceHook(`${name}-disks-changed`, ({ name: node }) => end(node));
  // An update that fails has no hook after it.
  const failed = new pulumi.ErrorHook(`${name}-disks-failed`, async ({ name: node }) => {
    await end(node);
    return false;
  });
  return { beforeUpdate: [before], afterUpdate: [after], onError: [failed] };
}

/** What all that acts on running nodes has to know. */
function commonOptions(
  component: pulumi.Resource,
  { facts, config: { rollout }, talosconfig }: HooksArgs,
): DrainOptions & { cluster: RunningCluster; healthTimeoutSeconds: number } {
  const nodes = facts.nodes.map((node) => ({
    name: node.name,
    role: node.role,
    address: node.addresses[0] ?? "",
    ...(node.metal && node.metal.maintenanceAddress !== node.addresses[0]
      ? { maintenanceAddress: node.metal.maintenanceAddress }
      : {}),
  }));
  const { name, release } = facts;
  return {
    cluster: { name, talos: release.talos, nodes, talosconfig: () => whenKnown(talosconfig) },
    healthTimeoutSeconds: rollout.healthTimeoutSeconds,
    drainTimeoutSeconds: rollout.drainTimeoutSeconds,
    log: hookLog("warn", component),
  };
}

function disksIn(properties: unknown): unknown {
  return (properties as { disks?: unknown } | undefined)?.disks;
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
