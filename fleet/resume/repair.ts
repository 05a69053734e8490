import { specialSigKey } from "@pulumi/pulumi/runtime/rpc.js";
import { resourceOf } from "../progress/urn.ts";
import { type Bag, type DeploymentResource, identityOf } from "./identities.ts";
import { differenceOf } from "./ownership.ts";

/** An operation that the engine had begun and of whose end nothing is known. */
export interface PendingOperation {
  resource: DeploymentResource;
  /** `creating`, `updating`, `deleting`, `reading`. */
  type: string;
}

/** A stack's state as `pulumi stack export` prints it; what is not named here is kept as it is. */
export interface ExportedState extends Bag {
  deployment?: Bag & {
    resources?: DeploymentResource[];
    pending_operations?: PendingOperation[];
  };
}

/** Outputs of the stack itself without the secret ones; undefined when it has none. */
export function plainOutputs({ deployment }: ExportedState): Bag | undefined {
  const root = deployment?.resources?.find(({ type }) => type === "pulumi:pulumi:Stack");
  const outputs = Object.entries(root?.outputs ?? {});
  if (outputs.length === 0) return undefined;
  return Object.fromEntries(outputs.filter(([, value]) => !JSON.stringify(value).includes(specialSigKey)));
}

/** What was decided about the operations that an interrupted run left behind. */
export interface Repair {
  /** The state without pending operations. */
  state: ExportedState;
  /** Objects that may exist: they stand in the state now and have to be looked up. */
  adopted: { urn: string; id: string }[];
  /** Operations that are simply done again, by URN. */
  cleared: { urn: string; operation: string }[];
}

/** Security groups have this temporary id while their rules are being created. */
const temporaryGroupId = /^rule-\d+$/;

/**
 * Takes pending operations out of a state: creates of objects that can be found again become resources, everything else
 * is forgotten, because doing it again is safe.
 */
export function repair(exported: ExportedState): Repair {
  const deployment = exported.deployment ?? {};
  const result: Repair = { state: exported, adopted: [], cleared: [] };
  const resources = (deployment.resources ?? []).map((resource) => settleGroup(resource, result));
  for (const { resource, type } of deployment.pending_operations ?? []) {
    const id = type === "creating" ? identityOf(resource, resources) : undefined;
    if (id === undefined || resources.some((other) => other.urn === resource.urn && other.id === id)) {
      result.cleared.push({ urn: resource.urn, operation: type });
      continue;
    }
    for (const other of resources) if (other.urn === resource.urn) other.delete = true;
    resources.push({ ...resource, custom: true, id, outputs: { ...resource.inputs } });
    result.adopted.push({ urn: resource.urn, id });
  }
  const { pending_operations, ...rest } = deployment;
  result.state = { ...exported, deployment: { ...rest, resources } };
  return result;
}

/**
 * Takes objects out of a state again that were looked up and turned out to be somebody else's.
 * @param before is the state with its pending operations
 * @param after is the state when what may exist was looked up
 */
export function dropForeign(before: ExportedState, after: ExportedState): { state: ExportedState; refused: string[] } {
  const refused: string[] = [];
  let resources = after.deployment?.resources ?? [];
  for (const { resource, type } of before.deployment?.pending_operations ?? []) {
    const id = type === "creating" ? identityOf(resource, resources) : undefined;
    const found = resources.find((each) => each.urn === resource.urn && each.id === id);
    const known = before.deployment?.resources?.filter(({ urn }) => urn === resource.urn) ?? [];
    if (!found || known.some((each) => each.id === id)) continue;
    const difference = differenceOf(resource, found);
    if (!difference) continue;
    refused.push(`${resourceOf(resource.urn)} exists as ${id} and is somebody else's: ${difference}`);
    // What it should have replaced stays.
    resources = resources
      .filter((each) => each !== found)
      .map((each) => known.find(({ urn, id: old }) => urn === each.urn && old === each.id) ?? each);
  }
  return { state: { ...after, deployment: { ...after.deployment, resources } }, refused };
}

/** A security group whose rules could not all be created is found under its name, not under its temporary id. */
function settleGroup(resource: DeploymentResource, result: Repair): DeploymentResource {
  if (!temporaryGroupId.test(resource.id ?? "") || !resource.type.endsWith(":GroupLegacy")) return { ...resource };
  const id = identityOf(resource, []);
  if (id === undefined) return { ...resource };
  result.adopted.push({ urn: resource.urn, id });
  return { ...resource, id };
}
