import Table from "cli-table3";
import { renderFailure } from "../failure.ts";
import { countChanges, type FleetOutcome, type StackOutcome } from "../outcome.ts";
import { duration } from "../progress/format.ts";
import { nameOf, typeOf } from "../progress/urn.ts";
import type { ClusterSummary, SharedSummary } from "./cluster.ts";
import { renderMoves } from "./moves.ts";
import { nextSteps } from "./next-steps.ts";
import { shortPath } from "./short-path.ts";

/**
 * The text at the end of a run.
 * @param folder is where it is read: paths are short from there
 */
export function renderOutcome(outcome: FleetOutcome, folder: string): string {
  const parts = outcome.stacks.map((stack) => renderStack(outcome, stack, folder));
  if (outcome.state) parts.push(`state: ${shortPath(outcome.state, folder)}`);
  const next = nextSteps(outcome, folder);
  if (next.length > 0) parts.push(["what to try next:", ...next.map((line) => `  ${line}`)].join("\n"));
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function renderStack(outcome: FleetOutcome, stack: StackOutcome, folder: string): string {
  const lines = [headline(outcome, stack)];
  for (const urn of stack.adopted)
    lines.push(`  taken over, because it was there already: ${typeOf(urn)} ${nameOf(urn)}`);
  for (const urn of stack.cleared) lines.push(`  interrupted, done again: ${typeOf(urn)} ${nameOf(urn)}`);
  if (stack.letGo.length > 0) lines.push(renderLetGo(outcome, stack.letGo));
  lines.push(...renderMoves(stack.moves, stack.result === "planned"));
  for (const warning of stack.warnings) lines.push(`  warning: ${warning.replaceAll("\n", "\n    ")}`);
  if (stack.result === "planned") lines.push(...renderChanges(stack));
  if (stack.summary?.kind === "cluster") lines.push(renderCluster(stack.summary, folder));
  if (stack.summary?.kind === "shared") lines.push(renderShared(stack.summary));
  if (stack.failure) lines.push(renderFailure(stack.stack, stack.failure));
  return lines.join("\n");
}

function headline(outcome: FleetOutcome, stack: StackOutcome): string {
  const seconds = duration(stack.seconds);
  switch (stack.result) {
    case "changed":
      return `${stack.stack}: ${countChanges(stack.changes)}, ${stack.unchangedResources} unchanged, in ${seconds}`;
    case "planned":
      return `${stack.stack}: ${countChanges(stack.changes, true)}, ${stack.unchangedResources} unchanged`;
    case "unchanged":
      return `${stack.stack}: no changes, ${stack.unchangedResources} resources, in ${seconds}`;
    case "destroyed":
      return `${stack.stack}: ${countChanges(stack.changes)}, in ${seconds}`;
    case "absent":
      return `${stack.stack}: ${outcome.verb === "destroy" ? "nothing to destroy" : "was never brought up"}`;
    case "skipped":
      return `${stack.stack}: skipped, ${stack.skipped}`;
    case "failed":
      return `${stack.stack}: ${stack.failure?.interrupted ? "interrupted" : "failed"} after ${seconds}, ${countChanges(stack.changes)}`;
    default:
      return `${stack.stack}:`;
  }
}

/** In one line, because it is many at once: all that Git holds. */
function renderLetGo({ verb }: FleetOutcome, urns: string[]): string {
  const names = urns.map((urn) => `${typeOf(urn)} ${nameOf(urn)}`);
  const more = names.length > 3 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
  const what =
    verb === "preview" ? "up leaves to Git, and deletes nothing of it" : "left to Git, nothing of it was deleted";
  return `  ${what}: ${more.join(", ")}`;
}

const marks = { create: "+", update: "~", replace: "±", delete: "-" };

/**
 * One line per change; properties by name, never by value. The engine tells of them in an order of its own each time; sorted,
 * two previews can be compared.
 */
function renderChanges(stack: StackOutcome): string[] {
  const order = Object.keys(marks);
  const sorted = stack.changes.toSorted(
    (a, b) =>
      order.indexOf(a.operation) - order.indexOf(b.operation) ||
      typeOf(a.urn).localeCompare(typeOf(b.urn)) ||
      nameOf(a.urn).localeCompare(nameOf(b.urn), "en", { numeric: true }),
  );
  return sorted.map(({ urn, operation, properties, effect = properties.join(", ") }) => {
    const what = effect === "" ? "" : `: ${effect.replaceAll("\n", "\n      ")}`;
    return `  ${marks[operation]} ${operation.padEnd(7)} ${typeOf(urn)} ${nameOf(urn)}${what}`;
  });
}

function renderCluster(cluster: ClusterSummary, folder: string): string {
  const table = new Table({
    head: ["node", "role", "host", "VM id", "addresses", "state"],
    style: { head: [], border: [], compact: true },
  });
  for (const { name, role, host, vmId, addresses, state } of cluster.nodes) {
    table.push([name, role, host ?? "bare metal", vmId ?? "", addresses.join("\n"), state]);
  }
  const { release } = cluster;
  const facts: [string, string][] = [
    ["endpoint", cluster.endpoint],
    ["release", `${release.name} (Talos ${release.talos}, Kubernetes ${release.kubernetes})`],
    ["purpose", cluster.purpose],
    ["owner", [cluster.owner, ...cluster.contacts].filter((text) => text !== "").join(", ")],
    ["add-ons", cluster.addons.map(renderAddon).join(", ")],
    ["downstream", cluster.downstream.map(({ name, state }) => `${name}: ${state}`).join("\n")],
    ["kubeconfig", shortPath(cluster.kubeconfig, folder)],
    ["talosconfig", shortPath(cluster.talosconfig, folder)],
  ];
  return indent([table.toString(), ...factLines(facts)].join("\n"));
}

/** Who delivers it is said where it is not Pulumi itself. */
function renderAddon({ name, version, delivery }: ClusterSummary["addons"][number]): string {
  return [name, version, delivery === "direct" ? "" : `by ${delivery}`].filter((word) => word !== "").join(" ");
}

function renderShared(shared: SharedSummary): string {
  const releases = inOrder(shared.releases).map(
    ([name, { talos, kubernetes }]) => `${name} (Talos ${talos}, Kubernetes ${kubernetes})`,
  );
  const files = inOrder(shared.images).map(([name, { fileIds }]) => `${name} on ${Object.keys(fileIds).join(", ")}`);
  const facts: [string, string][] = [
    ["releases", releases.join(", ")],
    ["images", files.join("; ")],
    ["SDN zone", shared.sdn?.zone ?? ""],
  ];
  return indent(factLines(facts).join("\n"));
}

/** The engine gives keys in another order than the program did. */
function inOrder<T>(values: Record<string, T>): [string, T][] {
  return Object.entries(values).sort(([a], [b]) => a.localeCompare(b));
}

function factLines(facts: [string, string][]): string[] {
  return facts.filter(([, text]) => text !== "").map(([name, text]) => `${name.padEnd(12)}${wrapList(text)}`);
}

/** What of a list fits into a line of a terminal with 80 columns, besides indentation and name. */
const listWidth = 66;

/** Breaks lists that are longer than a line should be, behind commas; every line of the text is a list of its own. */
function wrapList(text: string): string {
  const lines: string[] = [];
  for (const list of text.split("\n")) {
    const [first = "", ...items] = list.split(/(?<=,) /);
    lines.push(first);
    for (const item of items) {
      const last = lines.at(-1) ?? "";
      if (last.length + item.length < listWidth) lines[lines.length - 1] = `${last} ${item}`;
      else lines.push(item);
    }
  }
  return lines.join(`\n${" ".repeat(12)}`);
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
