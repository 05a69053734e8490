import { AsyncResource } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../../config/index.ts";
import type { ClusterFacts } from "../facts.ts";
import type { RunningCluster } from "./lifecycle/cluster-tools.ts";

/** The hooks of a node's configuration. */
export interface NodeHooks {
  beforeUpdate: pulumi.ResourceHook[];
  afterUpdate: pulumi.ResourceHook[];
  beforeDelete: pulumi.ResourceHook[];
}

/** What the hooks are made of. */
export interface NodeHooksArgs {
  facts: ClusterFacts;
  config: ClusterConfig;
  talosconfig: pulumi.Output<string>;
  configurations: Map<string, pulumi.Output<string>>;
  /** Whether the whole cluster goes, so that no node has to leave in order. */
  destroying: boolean;
}

/**
 * The hooks that let changed configurations reach running nodes only through the gate, and let nodes go only after they have left
 * the cluster. One set serves all nodes; the node is known by the name of its resource.
 */
export function nodeHooks(component: pulumi.Resource, name: string, args: NodeHooksArgs): NodeHooks {
  const { facts, config, talosconfig, configurations, destroying } = args;
  const { healthTimeoutSeconds, drainTimeoutSeconds, requireReady } = config.rollout;
  const cluster: RunningCluster = {
    name: facts.name,
    talos: facts.release.talos,
    nodes: facts.nodes.map((node) => ({
      name: node.name,
      role: node.role,
      address: node.addresses[0] ?? "",
      ...(node.metal && node.metal.maintenanceAddress !== node.addresses[0]
        ? { maintenanceAddress: node.metal.maintenanceAddress }
        : {}),
    })),
    talosconfig: () => whenKnown(talosconfig),
  };
  // Hooks run outside of the program, where the engine does not hear what is logged.
  const log = AsyncResource.bind((message: string) => void pulumi.log.warn(message, component));
  const common = { cluster, healthTimeoutSeconds, drainTimeoutSeconds, requireReady, log };
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
  return { beforeUpdate: [before], afterUpdate: [after], beforeDelete: [leave] };
}

/** The value of an output. Hooks run in an update only, where every output gets one. */
function whenKnown<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply((value) => resolve(value as T));
  });
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
