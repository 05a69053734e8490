import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readStackFiles } from "../../config/load.ts";
import { Engine } from "../../fleet/engine.ts";
import { foldersOf } from "../../fleet/folders.ts";
import { openLabSession } from "../../fleet/lab/session.ts";
import { argumentsSeen, holds, secretsOf } from "./support/secrets.ts";
import { TestSite } from "./support/site.ts";

describe("first up in the lab", () => {
  const site = new TestSite();
  const seen = argumentsSeen();
  after(() => site.remove());

  let output = "";

  it("brings up shared, then luna, and every node is ready", async () => {
    const outcomes = await site.succeed("up luna", seen);
    output = JSON.stringify(outcomes);
    const { shared, luna } = outcomes;
    assert.equal(shared?.result, "changed");
    assert.equal(luna?.result, "changed");
    assert.ok(luna.summary?.kind === "cluster");
    assert.deepEqual(
      luna.summary.nodes.map(({ name, role, vmId, state }) => [name, role, vmId, state]),
      [
        ["lunacp01", "controlplane", 102011, "ready"],
        ["lunacp02", "controlplane", 102012, "ready"],
        ["lunacp03", "controlplane", 102013, "ready"],
        ["lunawk01", "worker", 102021, "ready"],
        ["lunawk02", "worker", 102022, "ready"],
        ["lunawk03", "worker", 102023, "ready"],
      ],
    );
    assert.deepEqual(luna.warnings, []);
    assert.deepEqual(
      luna.changes.filter(({ operation }) => operation !== "create"),
      [],
    );
  });

  it("keeps kubeconfig and talosconfig for the owner only", () => {
    for (const file of [".orrery/lab/luna/kubeconfig", ".orrery/lab/luna/talosconfig", ".orrery/lab/vault.key"]) {
      assert.equal(site.mode(file), 0o600, file);
    }
  });

  it("leaves the stack files as they were", () => {
    assert.doesNotMatch(site.read("Pulumi.luna.yaml"), /encryptionsalt|secretsprovider|encryptedkey|secure/);
  });

  it("changes nothing the second time", async () => {
    const { shared, luna } = await site.succeed("up luna");
    assert.equal(shared?.result, "unchanged");
    assert.equal(luna?.result, "unchanged");
    assert.deepEqual(luna.changes, []);
  });

  it("shows the same without running the program", async () => {
    const { luna } = await site.succeed("status luna");
    assert.ok(luna?.summary?.kind === "cluster");
    assert.equal(luna.summary.nodes.filter(({ state }) => state === "ready").length, 6);
  });

  it("has a state that the fleet program reads as the engine prints it", async () => {
    const folders = foldersOf(site.folder, true);
    const session = await openLabSession(folders, readStackFiles(site.folder));
    try {
      const printed = await new Engine(folders, session).open("luna");
      const read = await new Engine(folders, { ...session, stateFolder: folders.state }).open("luna");
      assert.ok(printed?.opened.deployment?.resources?.length);
      assert.deepEqual(read?.opened, printed.opened);
    } finally {
      await session.close();
    }
  });

  describe("the secrets of the cluster", () => {
    let canaries: string[] = [];
    before(() => {
      const files = site.files().filter((file) => /\.orrery\/lab\/talos\//.test(file));
      const configurations = files.map((file) => readFileSync(file, "utf8")).filter((text) => /machine:/.test(text));
      const kubeconfig = site.read(".orrery/lab/luna/kubeconfig");
      const talosconfig = site.read(".orrery/lab/luna/talosconfig");
      canaries = [
        ...new Set([
          ...configurations.flatMap(secretsOf),
          ...secretsOf(talosconfig),
          ...[...kubeconfig.matchAll(/client-key-data: *(\S+)/g)].map((match) => match[1] ?? ""),
          site.read(".orrery/lab/vault.key").trim(),
        ]),
      ];
    });

    it("are known, so that they can be looked for", () => {
      assert.ok(canaries.length >= 10, `${canaries.length} secrets`);
    });

    it("stand nowhere in the clear in state, its backups and history", () => {
      const files = site.files().filter((file) => file.startsWith(join(site.folder, ".orrery/lab/state")));
      assert.ok(files.length >= 3);
      for (const file of files) {
        const text = readFileSync(file, "utf8");
        for (const canary of canaries) assert.ok(!holds(text, canary), `${file} holds a secret in the clear`);
      }
    });

    it("stand nowhere in the clear in stack files, outputs and the world's diary", () => {
      const { records } = site.world();
      for (const text of [output, site.read("Pulumi.luna.yaml"), JSON.stringify(records)]) {
        for (const canary of canaries) assert.ok(!holds(text, canary));
      }
    });

    it("are given to no process as an argument", () => {
      assert.ok(
        [...seen.lines].some((line) => line.includes("talosctl")),
        "tools were seen at work",
      );
      for (const line of seen.lines) for (const canary of canaries) assert.ok(!holds(line, canary), line.slice(0, 200));
    });
  });
});
