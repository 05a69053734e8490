import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { readStackFiles } from "../../../config/load.ts";
import { type FleetRequest, parseArguments } from "../../../fleet/arguments.ts";
import type { FleetOutcome, StackOutcome } from "../../../fleet/outcome.ts";
import type { Display } from "../../../fleet/progress/display.ts";
import { type RunOptions, runFleet } from "../../../fleet/run.ts";
import { openLab, siteOf } from "../../../lab/lab.ts";
import type { WorldRecord, WorldState } from "../../../lab/world/world.ts";

/** What goes wrong during a run. */
export type Mishaps = Pick<RunOptions, "faults" | "seed">;

const project = join(import.meta.dirname, "..", "..", "..");
const examples = join(project, "examples");

/** Shows nothing. */
export const silent: Display = { phase() {}, finish() {}, async close() {} };

const { signal } = new AbortController();
const neverStopped = { run: signal, engine: signal };

/** A project folder of its own for a test, with the stack files that the project comes with and an empty lab. */
export class TestSite {
  readonly folder = mkdtempSync(join(tmpdir(), "orrery-lab-"));

  /**
   * @param stacks are the stacks whose files are there
   * @param others are those of the folder `examples` whose file was copied beside them
   */
  constructor(stacks = ["shared", "luna"], others: string[] = []) {
    const copy = (from: string, name: string) => copyFileSync(join(from, name), join(this.folder, name));
    copy(project, "Pulumi.yaml");
    for (const stack of stacks) copy(join(examples, "fleet"), `Pulumi.${stack}.yaml`);
    for (const name of others) copy(join(examples, name), `Pulumi.${name}.yaml`);
  }

  /** Runs the fleet program in the lab: `up luna`. */
  async run(line: string, display: Display = silent, mishaps: Mishaps = {}): Promise<FleetOutcome> {
    const request = parseArguments([...line.split(" "), "--lab", "--folder", this.folder]) as FleetRequest;
    const outcome = await runFleet(request, {
      display: () => display,
      stop: neverStopped,
      ...mishaps,
    });
    if (!outcome) throw new Error("the run was refused");
    return outcome;
  }

  /** The same, and throws with the reasons when a stack fails. */
  async succeed(line: string, display: Display = silent): Promise<Record<string, StackOutcome>> {
    const outcome = await this.run(line, display);
    const failures = outcome.stacks.filter(({ result }) => result === "failed" || result === "skipped");
    if (failures.length > 0) {
      throw new Error(
        failures
          .map(({ stack, failure, skipped, changes }) => {
            const wanted = changes.map(({ operation, urn }) => `${operation} ${urn.split("::").at(-1)}`);
            return `${stack}: ${JSON.stringify(failure ?? skipped)}; ${wanted.join(", ")}`;
          })
          .join("\n"),
      );
    }
    return Object.fromEntries(outcome.stacks.map((stack) => [stack.stack, stack]));
  }

  /** Changes what a stack file says. */
  edit(stack: string, change: (config: Record<string, unknown>) => void): void {
    const file = join(this.folder, `Pulumi.${stack}.yaml`);
    const content = parse(readFileSync(file, "utf8"));
    change(content.config[stack === "shared" ? "orrery:shared" : "orrery:cluster"]);
    writeFileSync(file, stringify(content));
  }

  /** The lab's world as it was saved. */
  world(): WorldState {
    return JSON.parse(this.read(".orrery/lab/world.json"));
  }

  /** Changes the world between two runs, as somebody else would. */
  changeWorld(change: (world: WorldState) => void): void {
    const world = this.world();
    change(world);
    writeFileSync(join(this.folder, ".orrery/lab/world.json"), JSON.stringify(world));
  }

  /** Lets time pass in the lab while nobody runs anything. */
  async pass(seconds: number): Promise<void> {
    const lab = await openLab({ folder: join(this.folder, ".orrery/lab"), site: siteOf(readStackFiles(this.folder)) });
    await lab.world.clock.pass(seconds * 1000);
    await lab.close();
  }

  /** What was written into the world's diary since a mark, by kind. */
  recordsSince(mark: number, kind?: string): WorldRecord[] {
    return this.world()
      .records.slice(mark)
      .filter((record) => kind === undefined || record.kind === kind);
  }

  /** Where the diary ends now. */
  mark(): number {
    return this.world().records.length;
  }

  /** Text of a file below the project folder. */
  read(path: string): string {
    return readFileSync(join(this.folder, path), "utf8");
  }

  /** Permission bits of a file below the project folder. */
  mode(path: string): number {
    return statSync(join(this.folder, path)).mode & 0o777;
  }

  /** All files below the project folder; links are not followed, the work folder has one to itself. */
  files(folder = this.folder): string[] {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return this.files(path);
      return entry.isFile() ? [path] : [];
    });
  }

  /** Removes the folder with everything in it. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
