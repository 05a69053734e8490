import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { nodeFlags } from "../scripts/node-flags.js";
import { median } from "./numbers.ts";

const project = resolve(import.meta.dirname, "..");

/** Start-up times in milliseconds. */
export interface StartUp {
  /** Node.js that loads `@pulumi/pulumi` and nothing else. */
  bareMs: number;
  /** Node.js that loads `@pulumi/pulumi`, as the language host does, and then all that a cluster's program needs. */
  programMs: number;
}

const bare = `await import("@pulumi/pulumi");`;
const program = `${bare}
await import("./index.ts");
await import("./stacks/index.ts");
(await import("./components/platform-addons/catalogue/index.ts")).catalogue();`;

/** Starts both by turns, so that what else the machine does hits both alike; the first turn only warms up. */
export function measureStartUp(runs: number): StartUp {
  const bareTimes: number[] = [];
  const programTimes: number[] = [];
  for (let run = 0; run <= runs; run += 1) {
    const times = [load(bare), load(program)] as const;
    if (run === 0) continue;
    bareTimes.push(times[0]);
    programTimes.push(times[1]);
  }
  return { bareMs: median(bareTimes), programMs: median(programTimes) };
}

function load(code: string): number {
  const args = [...nodeFlags, "--input-type=module", "--eval", `${code} process.exit()`];
  const started = performance.now();
  const result = spawnSync(process.execPath, args, { cwd: project, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`the program could not be loaded: ${result.stderr}`);
  return performance.now() - started;
}
