import { fileURLToPath } from "node:url";
import { fleetCommand } from "../command.ts";
import type { FleetOutcome } from "../outcome.ts";
import { shortPath } from "./short-path.ts";

/** The lab's kubectl. */
const kubectl = fileURLToPath(new URL("../../lab/bin/kubectl", import.meta.url));

/** Commands that a person in a folder may want to try after a run. */
export function nextSteps(outcome: FleetOutcome, folder: string): string[] {
  if (!outcome.ok) return [];
  if (outcome.verb === "preview") {
    const changed = outcome.stacks.filter(({ result }) => result === "planned").map(({ stack }) => stack);
    return changed.length > 0 ? [fleetCommand("up", changed, outcome)] : [];
  }
  if (outcome.verb === "destroy") return [];
  const clusters = outcome.stacks.flatMap((stack) => (stack.summary?.kind === "cluster" ? [stack] : []));
  const first = clusters[0];
  if (first?.summary?.kind !== "cluster") return [];
  const change = `change Pulumi.${first.stack}.yaml, then: ${fleetCommand("preview", [first.stack], outcome)}`;
  if (outcome.lab) {
    // There is no --only for the two.
    const place = { ...outcome, only: false };
    const status = outcome.verb === "status" ? [] : [fleetCommand("status", [], place)];
    // It answers from the lab of the checkout that it is in.
    const look =
      outcome.folder === undefined
        ? [`${shortPath(kubectl, folder)} --kubeconfig ${shortPath(first.summary.kubeconfig, folder)} get pods -A`]
        : [];
    return [change, ...look, ...status, fleetCommand("destroy", [first.stack], place)];
  }
  return [
    `kubectl --kubeconfig ${shortPath(first.summary.kubeconfig, folder)} get pods -A`,
    `talosctl --talosconfig ${shortPath(first.summary.talosconfig, folder)} dashboard`,
    change,
  ];
}
