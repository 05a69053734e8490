import assert from "node:assert/strict";
import { TestSite } from "./support/site.ts";

describe("first up in the lab", () => {
  const site = new TestSite();
  after(() => site.remove());

  it("brings up shared, then luna, and every node is ready", async () => {
    const { shared, luna } = await site.succeed("up luna");
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
});
