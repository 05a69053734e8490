import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import type { FleetOutcome } from "../fleet/outcome.ts";
import { nodeFlags } from "../scripts/node-flags.js";
import { endedChildrenCpuMs, TreeMemory } from "./processes.ts";
import type { Scenario } from "./scenario.ts";

const project = resolve(import.meta.dirname, "..");

/** One command of the fleet program, measured from outside. */
export interface FleetRun {
  /** From start to end of the process. */
  wallMs: number;
  /** Time that all processes together were on a processor; hardly depends on what else the machine does. */
  cpuMs: number;
  /** Most memory over all processes: fleet program, lab, Pulumi CLI, tools. */
  peakMiB: number;
  outcome: FleetOutcome;
  /** Calls that reached the lab, by counter name. */
  calls: Record<string, number>;
}

/**
 * Runs `fleet <verb> --lab --json` in the scenario's folder.
 * @throws Error with the program's words when it fails
 */
export async function runFleet(
  scenario: Scenario,
  verb: string,
  stacks: string[],
  more: string[] = [],
): Promise<FleetRun> {
  const before = counters(scenario);
  const cpuBefore = endedChildrenCpuMs();
  const args = [...nodeFlags, join(project, "fleet/main.ts"), verb, ...stacks];
  const started = performance.now();
  const child = spawn(process.execPath, [...args, "--lab", "--json", "--yes", "--folder", scenario.folder, ...more], {
    cwd: project,
    stdio: ["ignore", "pipe", "pipe"],
  });
  // A bench that is stopped leaves no fleet behind that goes on.
  const stop = () => child.kill();
  process.once("exit", stop);
  const memory = new TreeMemory(child.pid ?? process.pid);
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  const wallMs = performance.now() - started;
  memory.close();
  process.off("exit", stop);
  if (code !== 0)
    throw new Error(`fleet ${verb} ${stacks.join(" ")} ended with ${code}:\n${errors}${output.slice(-4000)}`);
  return {
    wallMs,
    cpuMs: endedChildrenCpuMs() - cpuBefore,
    peakMiB: memory.takePeakMiB(),
    outcome: JSON.parse(output),
    calls: increase(before, counters(scenario)),
  };
}

/** Bytes of a stack's state file. */
export function stateBytes(scenario: Scenario, stack: string): number {
  const [file] = globSync(`.orrery/lab/state/.pulumi/stacks/**/${stack}.json`, { cwd: scenario.folder });
  if (!file) throw new Error(`no state of stack ${stack} below ${scenario.folder}`);
  return statSync(join(scenario.folder, file)).size;
}

/** The lab's counters as they stand in its world on disk. */
export function counters(scenario: Scenario): Record<string, number> {
  const [file] = globSync(".orrery/lab/**/world.json", { cwd: scenario.folder });
  return file ? JSON.parse(readFileSync(join(scenario.folder, file), "utf8")).counters : {};
}

function increase(before: Record<string, number>, after: Record<string, number>): Record<string, number> {
  const changed = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(changed.filter(([, count]) => count > 0));
}
