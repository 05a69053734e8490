import { readdirSync, readFileSync } from "node:fs";
import type { Display } from "../../../fleet/progress/display.ts";
import type { ProgressView } from "../../../fleet/progress/tracker.ts";

/** Kills the engine of this process, as a power failure would, as soon as the work on a stack has come to a point. */
export function killAt(
  stack: string,
  phase: string,
  reached: (view: ProgressView) => boolean,
): Display & { killed: boolean } {
  let timer: NodeJS.Timeout | undefined;
  const display = {
    killed: false,
    phase(name: string, entered: string, view: () => ProgressView) {
      clearInterval(timer);
      if (name !== stack || entered !== phase) return;
      timer = setInterval(() => {
        if (!reached(view())) return;
        clearInterval(timer);
        display.killed = killEngines();
      }, 2);
    },
    finish() {},
    async close() {
      clearInterval(timer);
    },
  };
  return display;
}

/** Kills the engines that this process has started; answers whether there were any. */
function killEngines(): boolean {
  let killed = false;
  for (const task of readdirSync("/proc/self/task")) {
    const children = readFileSync(`/proc/self/task/${task}/children`, "utf8").split(" ").filter(Boolean);
    for (const child of children) {
      if (!readFileSync(`/proc/${child}/comm`, "utf8").startsWith("pulumi")) continue;
      process.kill(Number(child), "SIGKILL");
      killed = true;
    }
  }
  return killed;
}

/** Lets the engine save its state after every step in a suite, as it does for users: see `test/support/engine.ts`. */
export function keepCheckpoints(): void {
  const name = "PULUMI_SKIP_CHECKPOINTS";
  const usual = process.env[name];
  before(() => {
    process.env[name] = "false";
  });
  after(() => {
    process.env[name] = usual;
  });
}
