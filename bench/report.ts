import type { Floor } from "./floor.ts";
import type { Cost, Measurement } from "./measure.ts";
import { bytes, duration, slope } from "./numbers.ts";
import type { StartUp } from "./startup.ts";

/** One line of the result: what was measured, the bar it has to hold, and whether it does. */
export interface Line {
  what: string;
  bar: string;
  measured: string;
  holds: boolean;
}

/** Everything that one run of the benchmark found. */
export interface Results {
  startUp: StartUp;
  floor: Floor;
  /** One cluster of growing size. */
  nodes: Measurement[];
  /** Growing numbers of clusters of the same size. */
  clusters: Measurement[];
}

/** The bars and what was measured against each of them. */
export function linesOf({ startUp, floor, nodes, clusters }: Results): Line[] {
  const lines: Line[] = [];
  const [smallest] = nodes;
  const add = (what: string, bar: string, measured: string, holds: boolean) =>
    lines.push({ what, bar, measured, holds });
  if (smallest) {
    const { stackMs, peakMiB } = smallest.preview;
    const size = `${smallest.nodesPerCluster} nodes, nothing changed`;
    add(`preview, ${size}`, "2.5 s", duration(stackMs), stackMs <= 2500);
    add(`memory over all processes, preview, ${size}`, "400 MB", `${inMB(peakMiB)} MB`, inMB(peakMiB) <= 400);
  }
  const perNode = slope(nodes.map((at) => ({ x: at.nodesPerCluster, y: at.preview.stackMs })));
  if (Number.isFinite(perNode)) {
    add("preview, each further node", "6 ms", `${perNode.toFixed(1)} ms`, perNode <= 6);
    const perResource = slope(nodes.map((at) => ({ x: at.resources, y: at.preview.stackMs })));
    const bare = `bare engine: ${floor.perResourceMs.toFixed(1)} ms`;
    add("preview, each further resource", "-", `${perResource.toFixed(1)} ms; ${bare}`, true);
    add("growth of preview with nodes", "linear or better", ...growth(nodes, (at) => at.nodesPerCluster));
  }
  const stateOfNode = slope(nodes.map((at) => ({ x: at.nodesPerCluster, y: at.stateBytes })));
  if (Number.isFinite(stateOfNode)) {
    add("state, each further node", "30 kB", bytes(stateOfNode), stateOfNode <= 30_000);
  }
  if (clusters.length > 1) {
    add("growth of one cluster's preview with clusters", "linear or better", ...growth(clusters, (at) => at.clusters));
  }
  for (const at of clusters) {
    const what = `image transfers, ${at.clusters} clusters (one per release and storage)`;
    add(what, String(at.images), String(at.downloads), at.downloads === at.images);
  }
  if (smallest) {
    const perVm = sum(smallest.up, /^proxmox\..*\/(qemu|cluster\/resources)/) / smallest.nodesPerCluster;
    add("Proxmox API calls for a VM, first up", "counted", perVm.toFixed(1), true);
  }
  const added = startUp.programMs - startUp.bareMs;
  add(`start-up above bare @pulumi/pulumi (${duration(startUp.bareMs)})`, "150 ms", duration(added), added <= 150);
  return lines;
}

/** The table of bars, in Markdown. */
export function barsTable(lines: Line[]): string {
  return table(
    ["what", "bar", "measured", ""],
    lines.map(({ what, bar, measured, holds }) => [what, bar, measured, verdict(bar, holds)]),
  );
}

function verdict(bar: string, holds: boolean): string {
  if (bar === "-" || bar === "counted") return "";
  return holds ? "holds" : "misses";
}

/** All values, in Markdown, one row per size. */
export function sizesTable(measurements: Measurement[]): string {
  const head = [
    "clusters",
    "nodes each",
    "resources each",
    "first up",
    "up again",
    "preview",
    "preview, CPU",
    "preview of all",
    "most memory",
    "state",
    "calls, first up",
    "calls, preview",
  ];
  return table(
    head,
    measurements.map((at) => [
      String(at.clusters),
      String(at.nodesPerCluster),
      String(at.resources),
      duration(at.up.wallMs),
      duration(at.upAgain.wallMs),
      `${duration(at.preview.stackMs)} (${duration(at.preview.wallMs)})`,
      duration(at.preview.cpuMs),
      at.previewAll ? duration(at.previewAll.wallMs) : "-",
      `${inMB(Math.max(at.up.peakMiB, at.preview.peakMiB, at.previewAll?.peakMiB ?? 0))} MB`,
      `${bytes(at.stateBytes)} (${bytes(at.stateBytesPerNode)} a node)`,
      calls(at.up),
      calls(at.preview),
    ]),
  );
}

/** Twice the size may cost twice as much and no more, with a tenth for noise. */
function growth(points: Measurement[], size: (at: Measurement) => number): [string, boolean] {
  const text = points.map((at) => `${size(at)}: ${duration(at.preview.stackMs)}`).join(", ");
  const linear = points.slice(1).every((at, index) => {
    const before = points[index];
    return before === undefined || at.preview.stackMs / before.preview.stackMs <= (size(at) / size(before)) * 1.1;
  });
  return [text, linear];
}

/** Calls to providers, to Proxmox' API behind them and to command-line tools; counters by type are parts of others. */
function calls(cost: Cost): string {
  const providers = sum(cost, /^(proxmoxve|talos|kubernetes|command)\.[a-z]+$/i);
  return `${providers} / ${sum(cost, /^proxmox\./)} / ${sum(cost, /^(talosctl|kubectl)\.[^:]+$/)}`;
}

function sum({ calls: counters }: Cost, pattern: RegExp): number {
  return Object.entries(counters).reduce((total, [name, count]) => (pattern.test(name) ? total + count : total), 0);
}

function inMB(mib: number): number {
  return Math.round(mib * 1.048576);
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
