import type { DeploymentResource } from "./identities.ts";
import { hasMarks } from "./ownership.ts";
import type { ExportedState } from "./repair.ts";

/** How events of the engine show a secret. */
const hidden = "[secret]";

/**
 * Notes creates that failed as operations that were interrupted: an answer may have been lost on its way, and the object
 * exists. Only those are noted that can be told from other people's objects afterwards.
 * @param failed has what the engine was about to record
 * @returns undefined when there is nothing to note
 */
export function noteFailed(exported: ExportedState, failed: DeploymentResource[]): ExportedState | undefined {
  const { deployment = {} } = exported;
  const resources = deployment.resources ?? [];
  const known = new Set(resources.map(({ urn }) => urn));
  const noted = failed.filter(
    ({ type, inputs, parent }) =>
      hasMarks(type) &&
      !JSON.stringify(inputs ?? {}).includes(hidden) &&
      (parent === undefined || known.has(String(parent))),
  );
  if (noted.length === 0) return undefined;
  // Nothing that is there can need an object whose create failed, so it goes first when all is destroyed.
  const dependencies = [
    ...new Set(
      resources.filter((each) => each.custom && !each.type.startsWith("pulumi:") && !each.delete).map(({ urn }) => urn),
    ),
  ];
  const pending = noted.map((resource) => ({
    resource: { ...resource, dependencies: dependencies.filter((urn) => urn !== resource.urn) },
    type: "creating",
  }));
  return {
    ...exported,
    deployment: { ...deployment, pending_operations: [...(deployment.pending_operations ?? []), ...pending] },
  };
}
