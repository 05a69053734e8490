import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { median } from "./numbers.ts";

const project = resolve(import.meta.dirname, "..");

/** Start-up times in milliseconds. */
export interface StartUp {
  /** Node.js that loads `@pulumi/pulumi` and nothing else. */
  bareMs: number;
  /** Node.js that loads the whole program. */
  programMs: number;
}

/** Starts both by turns, so that what else the machine does hits both alike. */
export function measureStartUp(runs: number): StartUp {
  const bare: number[] = [];
  const program: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    bare.push(load("@pulumi/pulumi"));
    program.push(load("./index.ts"));
  }
  return { bareMs: median(bare), programMs: median(program) };
}

function load(module: string): number {
  const args = [
    "--disable-warning=ExperimentalWarning",
    "--input-type=module",
    "--eval",
    `await import("${module}"); process.exit()`,
  ];
  const started = performance.now();
  const result = spawnSync(process.execPath, args, { cwd: project, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`loading ${module} failed: ${result.stderr}`);
  return performance.now() - started;
}
