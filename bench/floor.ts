import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** What a preview without changes costs the engine for resources that do nothing. */
export interface Floor {
  /** Each further resource, in milliseconds. */
  perResourceMs: number;
}

/** Inputs of a node's resources have about this size on average. */
const bytesEach = 5000;

/** Measures two sizes; the difference leaves start-up out. */
export function measureFloor(folder: string, small = 60, large = 240): Floor {
  const [less, more] = [small, large].map((count) => preview(join(folder, `floor-${count}`), count));
  return { perResourceMs: ((more ?? 0) - (less ?? 0)) / (large - small) };
}

function preview(folder: string, count: number): number {
  const program = join(import.meta.dirname, "floor-program.ts");
  const args = ["--disable-warning=ExperimentalWarning", program, folder, String(count), String(bytesEach)];
  const result = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (result.status !== 0) throw new Error(`the bare program failed: ${result.stderr}`);
  return JSON.parse(result.stdout).previewMs;
}
