import { AsyncResource } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../../config/index.ts";
import type { ClusterFacts } from "../facts.ts";
import type { GateOptions } from "./lifecycle/gate.ts";

/**
 * The hooks that let changed configurations reach running nodes only through the gate. One pair serves all nodes; the
 * node is known by the name of its resource.
 */
export function rolloutHooks(
  cluster: pulumi.Resource,
  name: string,
  facts: ClusterFacts,
  config: ClusterConfig,
  talosconfig: pulumi.Output<string>,
  configurations: Map<string, pulumi.Output<string>>,
): { beforeUpdate: pulumi.ResourceHook[]; afterUpdate: pulumi.ResourceHook[] } {
  const options: GateOptions = {
    cluster: facts.name,
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
    machineConfiguration: (node) => whenKnown(configurations.get(node) ?? pulumi.output("")),
    healthTimeoutSeconds: config.rollout.healthTimeoutSeconds,
    drainTimeoutSeconds: config.rollout.drainTimeoutSeconds,
    requireReady: config.rollout.requireReady,
    // Hooks run outside of the program, where the engine does not hear what is logged.
    log: AsyncResource.bind((message: string) => void pulumi.log.warn(message, cluster)),
  };
  // The gate is only loaded when a node is about to change, because most runs change none.
  const gate = lazily(async () => new (await import("./lifecycle/gate.ts")).Gate(options));
  const before = new pulumi.ResourceHook(`${name}-gate`, async ({ name: node }) => (await gate()).before(node));
  const after = new pulumi.ResourceHook(`${name}-healthy`, async ({ name: node }) => (await gate()).after(node));
  return { beforeUpdate: [before], afterUpdate: [after] };
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
