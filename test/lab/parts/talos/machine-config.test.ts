import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { machineRequirements } from "../../../../components/platform-addons/plan.ts";
import { readStackFiles } from "../../../../config/index.ts";
import { planCluster } from "../../../../stacks/plan.ts";
import { fleet } from "../../../support/fleet.ts";
import { home } from "../../../unit/components/talos-cluster/fixtures.ts";
import { type NodePatches, nodePatches, patchesOf } from "../../../unit/components/talos-cluster/node-patches.ts";

describe("machine configurations, checked by Talos", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "orrery-test-"));
    await run("v1.11.5", ["gen", "secrets", "-o", join(folder, "secrets.yaml")]);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const files = readStackFiles(fleet);
  const site = { ...files, clusters: { ...files.clusters, home } };
  for (const stack of [...Object.keys(site.clusters)]) {
    it(`takes every machine configuration of the stack ${stack}`, async () => {
      const { facts, config, shared, addons } = planCluster(stack, site);
      await validated(nodePatches(facts, config, shared, machineRequirements(addons)));
    });
  }

  for (const cluster of ["luna", "ceres"]) {
    it(`takes all that a stack file can say, on Talos ${patchesOf(cluster)[0]?.talos}`, async () => {
      await validated(patchesOf(cluster));
    });
  }

  async function validated(configurations: NodePatches[]): Promise<void> {
    const answers = await inPairs(configurations, async ({ node, patches, talos, kubernetes }) => {
      const file = join(folder, `${node.name}.yaml`);
      const flag = node.role === "controlplane" ? "--config-patch-control-plane" : "--config-patch-worker";
      await run(talos, [
        ...["gen", "config", "test", "https://[fd00::10]:6443", "--kubernetes-version", kubernetes, "--force"],
        ...["--talos-version", talos, "--with-secrets", join(folder, "secrets.yaml"), "-t", node.role, "-o", file],
        ...["--with-docs=false", "--with-examples=false", ...patches.flatMap((patch) => [flag, patch])],
      ]);
      const mode = node.metal ? "metal" : "cloud";
      return { mode, text: await run(talos, ["validate", "--strict", "--mode", mode, "-c", file]) };
    });
    assert.ok(answers.length > 0);
    for (const { mode, text } of answers) assert.match(text, new RegExp(`is valid for ${mode} mode`));
  }

  it("refuses a hostname document on Talos 1.11, which is why there is none", async () => {
    const file = join(folder, "refused.yaml");
    const document = "apiVersion: v1alpha1\nkind: HostnameConfig\nauto: off\nhostname: x\n";
    await assert.rejects(
      run("v1.11.5", ["gen", "config", "x", "https://x:6443", "-t", "worker", "-o", file, "--config-patch", document]),
      /HostnameConfig/,
    );
  });
});

/** Runs the `talosctl` of a Talos version; set-up has put it where this looks. */
function run(talos: string, args: string[]): Promise<string> {
  const tools = process.env.ORRERY_TOOLS ?? join(homedir(), ".orrery", "tools");
  const program = join(tools, "talosctl", talos, "talosctl");
  assert.ok(existsSync(program), `there is no talosctl ${talos}: run \`npm run setup\``);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += chunk));
    child.on("close", (code) => (code === 0 ? resolve(text) : reject(new Error(`talosctl ${args[0]}: ${text}`))));
  });
}

/** Two at a time: the tool is quick, and starting many at once only makes each of them slow. */
async function inPairs<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let index = 0; index < items.length; index += 2) {
    results.push(...(await Promise.all(items.slice(index, index + 2).map(work))));
  }
  return results;
}
