/** All patches of a node, in order: what all nodes share, the role's, the node's own, the add-ons', then the free ones. */
import { stringify } from "yaml";
import type { NodePlan } from "../../facts.ts";
import { bgpDocument } from "./bgp.ts";
import { clusterNetworkPatch, registriesPatch } from "./cluster.ts";
import { apiServerPatch, certificatesPatch, etcdPatch, managersPatch, schedulingPatch } from "./control-plane.ts";
import { kubeletPatch, nodeObjectPatch } from "./kubelet.ts";
import { hostnamePatch, interfacesPatch, servicesPatch } from "./network.ts";
import {
  containerdPatch,
  featuresPatch,
  installPatch,
  nodeSysctlsPatch,
  sysctlsPatch,
  watchdogPatch,
} from "./system.ts";
import type { Patch, PatchContext, PatchNode } from "./types.ts";
import { encryptionPatches, userVolumePatches } from "./volumes.ts";

/** Patches of one cluster; what nodes have in common is written once. */
export interface ClusterPatches {
  /** YAML texts in the order in which they are applied. */
  of(node: PatchNode): string[];
}

/** The patches of every node of a cluster. */
export function clusterPatches(context: PatchContext): ClusterPatches {
  const common = {
    controlplane: texts([...commonPatches(context), ...controlPlanePatches(context)]),
    worker: texts(commonPatches(context)),
  };
  const free = {
    controlplane: texts([...context.config.machine.patches, ...context.config.machine.controlPlanePatches]),
    worker: texts([...context.config.machine.patches, ...context.config.machine.workerPatches]),
  };
  return {
    of: ({ node, installer }) => [
      ...common[node.role],
      ...texts(nodePatches(context, node, installer)),
      ...texts(requiredPatches(context, node)),
      ...free[node.role],
      ...texts(node.settings.patches ?? []),
    ],
  };
}

/** What every node of the cluster gets. */
export function commonPatches(context: PatchContext): Patch[] {
  return present([
    sysctlsPatch(context.facts),
    featuresPatch(),
    containerdPatch(),
    servicesPatch(context),
    kubeletPatch(context),
    clusterNetworkPatch(context),
    registriesPatch(context),
    ...encryptionPatches(context),
  ]);
}

/** What control planes get besides. */
export function controlPlanePatches(context: PatchContext): Patch[] {
  return present([
    certificatesPatch(context),
    apiServerPatch(context),
    managersPatch(context),
    etcdPatch(context),
    schedulingPatch(context),
  ]);
}

/** What a node gets for itself. */
export function nodePatches(context: PatchContext, node: NodePlan, installer: string): Patch[] {
  return present([
    hostnamePatch(context.facts, node),
    interfacesPatch(context.facts, node),
    installPatch(node, installer),
    nodeObjectPatch(context.facts, node),
    nodeSysctlsPatch(node),
    ...userVolumePatches(context, node),
    watchdogPatch(node),
    bgpDocument(context.facts, node),
  ]);
}

/** What add-ons ask of a node. */
export function requiredPatches({ requirements }: PatchContext, node: NodePlan): Patch[] {
  return requirements
    .filter(({ nodes }) => {
      if (typeof nodes === "object") return nodes.name === node.name;
      return nodes === "all" || nodes === node.role;
    })
    .map(({ patch }) => patch);
}

/** Keys keep the order in which the functions write them, so that the same plan always gives the same text. */
function texts(patches: Patch[]): string[] {
  return patches.map((patch) => stringify(patch, { lineWidth: 0 }));
}

function present(patches: (Patch | undefined)[]): Patch[] {
  return patches.filter((patch) => patch !== undefined);
}
