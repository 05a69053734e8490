import { existsSync } from "node:fs";
import { z } from "zod";
import type { ClusterPlan } from "../../stacks/plan.ts";
import type { EngineStack } from "../engine.ts";
import { plainOutputs } from "../resume/repair.ts";
import { askCluster } from "../summary/ask-cluster.ts";
import { clusterFiles, keepClusterFiles } from "../summary/cluster-files.ts";
import type { Work } from "./context.ts";

const exported = z.object({ release: z.object({ talos: z.string() }) });

const nodeList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      status: z.object({ nodeInfo: z.object({ osImage: z.string() }) }),
    }),
  ),
});

/**
 * A running node does not take the configuration of another Talos version, so a release only moves to one that the nodes run
 * already. Asked is only when it has moved.
 * @throws Error that names the nodes which run another one
 */
export async function refuseOtherTalos(work: Work, stack: EngineStack, { facts }: ClusterPlan): Promise<void> {
  const { talos } = facts.release;
  const before = exported.safeParse(plainOutputs(stack.opened) ?? {});
  if (!before.success || before.data.release.talos === talos) return;
  const { folders } = work.context;
  const { kubeconfig } = clusterFiles(folders, work.stack);
  if (!existsSync(kubeconfig)) keepClusterFiles(folders, work.stack, await stack.outputs());
  const answer = await askCluster(kubeconfig, "get", "nodes", "-o", "json");
  const others = answer === undefined ? undefined : nodesOn(answer, facts.nodes, talos);
  if (others?.length === 0) return;
  const found = others
    ? `${others.join(", ")} ${others.length === 1 ? "runs" : "run"} another Talos`
    : "the cluster does not answer, so that nobody knows what its nodes run";
  throw new Error(
    `release "${facts.releaseName}" has Talos ${talos}, and ${work.stack} was brought up with ${before.data.release.talos}: ${found}; running nodes are not upgraded by a change of the release: upgrade them before, one after the other, or take the change back`,
  );
}

/** Names of the plan's nodes that do not run this version. */
function nodesOn(json: string, nodes: readonly { name: string }[], talos: string): string[] {
  const images = new Map(
    nodeList.parse(JSON.parse(json)).items.map(({ metadata, status }) => [metadata.name, status.nodeInfo.osImage]),
  );
  return nodes.map(({ name }) => name).filter((name) => images.has(name) && images.get(name) !== `Talos (${talos})`);
}
