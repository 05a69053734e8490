import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Tests start many engines that live for a second or two: what they leave behind is not worth collecting.
process.env.GOGC ??= "off";
process.env.GOMEMLIMIT ??= "1GiB";

// They save their state once, at the end, and not after every step, which takes a third of the time where there is much of
// it. What is about interruptions asks for all of it: see `kill-engine.ts`.
process.env.PULUMI_SKIP_CHECKPOINTS ??= "true";

// Nor is a log of each of them worth writing: it would take a tenth of the time, and fill the home folder of whoever runs the
// tests. The engine goes on without one when the folder for it cannot be made.
const name = "orrery-pulumi-home-";
// Mocha's workers find that of the process that started them.
if (!process.env.PULUMI_HOME?.includes(name)) {
  const home = mkdtempSync(join(tmpdir(), name));
  writeFileSync(join(home, "logs"), "");
  process.env.PULUMI_HOME = home;
  process.once("exit", () => rmSync(home, { recursive: true, force: true }));
}
