/**
 * Objects of which Git alone says what becomes of them from now on leave the state before the engine runs: as resources that
 * left the program they would be deleted. What they are in the cluster does not change.
 */

import { repositoryObjects } from "../../components/downstream-clusters/plan.ts";
import type { KubernetesObject } from "../../components/platform-addons/addon.ts";
import { objectId, ownedByGit } from "../../components/platform-addons/delivery/from-git.ts";
import type { ClusterPlan } from "../../stacks/plan.ts";
import type { EngineStack } from "../engine.ts";
import type { DeploymentResource } from "./identities.ts";
import type { ExportedState } from "./repair.ts";

/** URNs of what a stack's state holds and Git owns. */
export function ownedInState(
  { deployment }: ExportedState,
  plan: Pick<ClusterPlan, "addons" | "downstream">,
): string[] {
  const owned = new Set(ownedBy(plan).map(objectId));
  if (owned.size === 0) return [];
  return (deployment?.resources ?? [])
    .filter(({ type, inputs }) => type.startsWith("kubernetes:") && isObject(inputs) && owned.has(objectId(inputs)))
    .map(({ urn }) => urn);
}

/** The state without some resources; others do not depend on them any more. */
export function without(state: ExportedState, urns: readonly string[]): ExportedState {
  const { deployment = {} } = state;
  const gone = new Set<unknown>(urns);
  const resources = (deployment.resources ?? [])
    .filter(({ urn }) => !gone.has(urn))
    .map(({ deletedWith, ...resource }): DeploymentResource => {
      const { dependencies, propertyDependencies } = resource;
      return {
        ...resource,
        ...(deletedWith === undefined || gone.has(deletedWith) ? {} : { deletedWith }),
        ...(Array.isArray(dependencies) ? { dependencies: dependencies.filter((urn) => !gone.has(urn)) } : {}),
        ...(propertyDependencies ? { propertyDependencies: rest(propertyDependencies as Lists, gone) } : {}),
      };
    });
  return { ...state, deployment: { ...deployment, resources } };
}

/** Lets Pulumi forget what Git owns; answers the URNs. */
export async function letGo(stack: EngineStack, plan: ClusterPlan): Promise<string[]> {
  if (ownedInState(stack.opened, plan).length === 0) return [];
  // What was read when the stack was opened may have been settled since.
  const state = await stack.exportState();
  const urns = ownedInState(state, plan);
  if (urns.length > 0) await stack.importState(without(state, urns));
  return urns;
}

function ownedBy({ addons, downstream }: Pick<ClusterPlan, "addons" | "downstream">): KubernetesObject[] {
  if (downstream?.delivery !== "git") return ownedByGit(addons);
  return [...ownedByGit(addons), ...repositoryObjects(downstream)];
}

type Lists = Record<string, readonly string[]>;

function rest(lists: Lists, gone: ReadonlySet<unknown>): Lists {
  return Object.fromEntries(Object.entries(lists).map(([key, urns]) => [key, urns.filter((urn) => !gone.has(urn))]));
}

function isObject(inputs: unknown): inputs is KubernetesObject {
  return typeof (inputs as { metadata?: { name?: unknown } } | undefined)?.metadata?.name === "string";
}
