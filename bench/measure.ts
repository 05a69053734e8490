import { counters, type FleetRun, runFleet, stateBytes } from "./fleet-run.ts";
import { median } from "./numbers.ts";
import { type Scenario, writeScenario } from "./scenario.ts";

/** What one size of fleet costs. */
export interface Measurement {
  clusters: number;
  nodesPerCluster: number;
  /** The first `up` of everything. */
  up: Cost;
  /** `up` of one cluster when nothing changed. */
  upAgain: Cost;
  /** `preview` of one cluster when nothing changed. */
  preview: Cost;
  /** `preview` of everything when nothing changed; absent for one cluster. */
  previewAll?: Cost;
  /** State of one cluster. */
  stateBytes: number;
  stateBytesPerNode: number;
  /** Resources in the state of one cluster. */
  resources: number;
  /** Boot images downloaded by or uploaded to hosts, in all runs together. */
  downloads: number;
  /** How many there have to be: one per release and storage. */
  images: number;
}

/** One kind of run. */
export interface Cost {
  /** Whole command, median. */
  wallMs: number;
  /** On a processor, all processes together, median. */
  cpuMs: number;
  /** The cluster's part of it: opening the stack and the engine's work, median. */
  stackMs: number;
  /** Highest peak. */
  peakMiB: number;
  /** Resources of the cluster that stayed as they are. */
  unchangedResources: number;
  /** Calls that reached the lab in one run. */
  calls: Record<string, number>;
}

/** Brings a fleet of the given size up in a folder of its own and measures it. */
export async function measure(
  folder: string,
  size: { clusters: number; nodes: number },
  runs: number,
  tell: (what: string) => void,
): Promise<Measurement> {
  const scenario = writeScenario(folder, size.clusters, size.nodes);
  const stack = scenario.stacks[0] ?? "";
  const repeat = async (verb: string, stacks: string[], times = runs): Promise<Cost> => {
    const all: FleetRun[] = [];
    for (let run = 0; run < times; run += 1) {
      tell(`${verb} ${stacks.join(" ") || "everything"}, run ${run + 1} of ${times}`);
      all.push(await runFleet(scenario, verb, stacks));
    }
    return costOf(all, stack);
  };
  const up = await repeat("up", [], 1);
  const preview = await repeat("preview", [stack]);
  const upAgain = await repeat("up", [stack]);
  const previewAll = size.clusters > 1 ? await repeat("preview", [], 1) : undefined;
  const bytes = stateBytes(scenario, stack);
  const resources = preview.unchangedResources;
  return {
    clusters: size.clusters,
    nodesPerCluster: size.nodes,
    up,
    upAgain,
    preview,
    previewAll,
    stateBytes: bytes,
    stateBytesPerNode: bytes / size.nodes,
    resources,
    downloads: downloadsOf(scenario),
    images: scenario.images,
  };
}

function costOf(runs: FleetRun[], stack: string): Cost {
  const outcomeIn = (run?: FleetRun) => run?.outcome.stacks.find((outcome) => outcome.stack === stack);
  return {
    wallMs: median(runs.map(({ wallMs }) => wallMs)),
    cpuMs: median(runs.map(({ cpuMs }) => cpuMs)),
    stackMs: median(runs.map((run) => (outcomeIn(run)?.seconds ?? Number.NaN) * 1000)),
    peakMiB: Math.max(...runs.map(({ peakMiB }) => peakMiB)),
    unchangedResources: outcomeIn(runs.at(-1))?.unchangedResources ?? 0,
    calls: runs.at(-1)?.calls ?? {},
  };
}

/** Boot images that reached storages: fetched by a host, or uploaded through one. */
function downloadsOf(scenario: Scenario): number {
  const all = counters(scenario);
  const route = "proxmox.POST /nodes/{node}/storage/{storage}";
  return (all[`${route}/download-url`] ?? 0) + (all[`${route}/upload`] ?? 0);
}
