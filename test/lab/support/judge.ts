import assert from "node:assert/strict";
import type { StackOutcome } from "../../../fleet/outcome.ts";
import type { Change } from "../../../fleet/progress/tracker.ts";
import type { WorldRecord } from "../../../lab/world/world.ts";

/** Names of the resources that were changed in one way, with their types: `VmLegacy lunawk04`, sorted. */
export function changed(outcome: StackOutcome | undefined, operation: Change["operation"]): string[] {
  assert.ok(outcome);
  return outcome.changes
    .filter((change) => change.operation === operation)
    .map(({ urn }) => `${urn.split("::")[2]?.split(":").at(-1)} ${urn.split("::").at(-1)}`)
    .sort();
}

/** Asserts that etcd had its quorum whenever the diary looked, and says with how few members it ran. */
export function fewestMembers(records: WorldRecord[]): number {
  let fewest = Number.POSITIVE_INFINITY;
  for (const { details } of records.filter(({ kind }) => kind === "etcd.quorum")) {
    assert.equal(details?.quorum, true, JSON.stringify(details));
    fewest = Math.min(fewest, details?.running as number);
  }
  return fewest;
}

/** Asserts that no node was taken down before the one before it ran again, and answers the nodes in their order. */
export function rebootOrder(records: WorldRecord[]): string[] {
  const order: string[] = [];
  let down: string | undefined;
  for (const { kind, subject } of records) {
    if (kind === "node.reboot") {
      assert.equal(down, undefined, `${subject} rebooted while ${down} was down`);
      down = subject;
      order.push(subject);
    }
    if (kind === "node.ready" && subject === down) down = undefined;
  }
  assert.equal(down, undefined, `${down} did not become ready`);
  return order;
}
