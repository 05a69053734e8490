import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type DeploymentResource, identityOf } from "./identities.ts";
import type { ExportedState, PendingOperation } from "./repair.ts";

/** Creates whose objects have to be looked up still; a state that is imported cannot hold them. */
export function readNotes(file: string): PendingOperation[] {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
}

/** Keeps them until {@link removeNotes}, also when this process ends before. */
export function writeNotes(file: string, operations: PendingOperation[]): void {
  mkdirSync(dirname(file), { recursive: true });
  // The next run reads all of them or none.
  writeFileSync(`${file}.new`, JSON.stringify(operations), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Everything was looked up. */
export function removeNotes(file: string): void {
  rmSync(file, { force: true });
}

/**
 * A state with the noted operations pending. What a look-up that was not finished had put into the state is taken out
 * again; what other resources have come to depend on meanwhile is known to be there.
 */
export function withNotes(exported: ExportedState, notes: PendingOperation[]): ExportedState {
  if (notes.length === 0) return exported;
  const { deployment = {} } = exported;
  const resources = deployment.resources ?? [];
  const needed = new Set(resources.flatMap(({ dependencies }) => (Array.isArray(dependencies) ? dependencies : [])));
  const open = notes.filter(({ resource }) => !needed.has(resource.urn));
  const isOpen = (each: DeploymentResource): boolean =>
    open.some(({ resource }) => resource.urn === each.urn && identityOf(resource, resources) === each.id);
  return {
    ...exported,
    deployment: {
      ...deployment,
      resources: resources.filter((each) => !isOpen(each)),
      pending_operations: [...(deployment.pending_operations ?? []), ...open],
    },
  };
}
