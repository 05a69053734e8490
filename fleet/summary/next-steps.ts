import type { FleetOutcome } from "../outcome.ts";
import { shortPath } from "./render.ts";

/** Commands that a person may want to try after a run. */
export function nextSteps(outcome: FleetOutcome, folder: string): string[] {
  if (!outcome.ok) return [];
  const lab = outcome.lab ? " --lab" : "";
  if (outcome.verb === "preview") {
    const changed = outcome.stacks.filter(({ result }) => result === "planned").map(({ stack }) => stack);
    return changed.length > 0 ? [`npm run fleet -- up ${changed.join(" ")}${lab}`] : [];
  }
  if (outcome.verb === "destroy") return [];
  const clusters = outcome.stacks.flatMap((stack) => (stack.summary?.kind === "cluster" ? [stack] : []));
  const first = clusters[0];
  if (first?.summary?.kind !== "cluster") return [];
  const change = `change Pulumi.${first.stack}.yaml, then: npm run fleet -- preview ${first.stack}${lab}`;
  if (outcome.lab) {
    const status = outcome.verb === "status" ? [] : ["npm run fleet -- status --lab"];
    return [change, ...status, `npm run fleet -- destroy ${first.stack} --lab`];
  }
  return [
    `kubectl --kubeconfig ${shortPath(first.summary.kubeconfig, folder)} get pods -A`,
    `talosctl --talosconfig ${shortPath(first.summary.talosconfig, folder)} dashboard`,
    change,
  ];
}
