import assert from "node:assert/strict";
import { changed, fewestMembers, rebootOrder } from "./support/judge.ts";
import { TestSite } from "./support/site.ts";

describe("changes to a running cluster in the lab", () => {
  const site = new TestSite();
  const controlPlanes = ["lunacp01", "lunacp02", "lunacp03"];
  const workers = ["lunawk01", "lunawk02", "lunawk03"];
  before(() => site.succeed("up luna"));
  after(() => site.remove());

  it("adds a worker, and another in a pool of its own, and touches nothing else", async () => {
    const mark = site.mark();
    site.edit("luna", (config) => {
      config.workers = { wk: { count: 4 }, db: { count: 1, firstSuffix: 41 } };
    });
    const { luna } = await site.succeed("up luna --only");
    assert.deepEqual(changed(luna, "create"), [
      "ConfigurationApply lunadb01",
      "ConfigurationApply lunawk04",
      "OptionsLegacy lunadb01",
      "OptionsLegacy lunawk04",
      "RulesLegacy lunadb01",
      "RulesLegacy lunawk04",
      "VmLegacy lunadb01",
      "VmLegacy lunawk04",
    ]);
    assert.deepEqual(changed(luna, "update").concat(changed(luna, "replace"), changed(luna, "delete")), []);
    assert.deepEqual(
      site.recordsSince(mark).filter(({ kind }) => /^(vm\.(stop|delete|config)|node\.(reboot|configure))$/.test(kind)),
      [],
    );
    assert.deepEqual(
      site
        .recordsSince(mark, "node.install")
        .map(({ subject }) => subject)
        .sort(),
      ["lunadb01", "lunawk04"],
    );
  });

  it("takes a worker and a pool away, drained and forgotten, and touches no other node", async () => {
    const mark = site.mark();
    const drains = site.world().counters["kubectl.drain"] ?? 0;
    site.edit("luna", (config) => {
      config.workers = { wk: { count: 3 } };
    });
    const { luna } = await site.succeed("up luna --only");
    assert.deepEqual(
      changed(luna, "delete").filter((name) => name.startsWith("VmLegacy")),
      ["VmLegacy lunadb01", "VmLegacy lunawk04"],
    );
    assert.deepEqual(
      luna?.changes.filter(({ urn }) => !/luna(db01|wk04)$/.test(urn)),
      [],
    );
    assert.deepEqual(
      site
        .recordsSince(mark, "vm.delete")
        .map(({ subject }) => subject)
        .sort(),
      ["vm/102024", "vm/102041"],
    );
    assert.deepEqual(site.recordsSince(mark, "node.reboot"), []);
    assert.equal((site.world().counters["kubectl.drain"] ?? 0) - drains, 2);
    assert.deepEqual(nodes(), { known: [...controlPlanes, ...workers], cordoned: [] });
  });

  it("rolls a sysctl through the nodes one after the other", async () => {
    const mark = site.mark();
    site.edit("luna", (config) => {
      config.nodes = { sysctls: { "vm.max_map_count": "262144" } };
    });
    const { luna } = await site.succeed("up luna --only");
    assert.deepEqual(
      changed(luna, "update"),
      [...controlPlanes, ...workers].map((name) => `ConfigurationApply ${name}`),
    );
    assert.equal(luna?.changes.length, 6);
    assert.deepEqual(
      site.recordsSince(mark, "node.configure").map(({ subject }) => subject),
      [...controlPlanes, ...workers],
    );
    assert.deepEqual(site.recordsSince(mark, "node.reboot"), [], "a sysctl needs no reboot");
    assert.deepEqual(luna?.warnings, []);
  });

  it("reboots nodes one after the other when a change needs it, drained, with quorum at every instant", async () => {
    const mark = site.mark();
    site.edit("luna", (config) => {
      config.machine = { patches: [{ machine: { udev: { rules: ['SUBSYSTEM=="drm", MODE="0660"'] } } }] };
    });
    const drains = site.world().counters["kubectl.drain"] ?? 0;
    const planned = (await site.succeed("preview luna --only")).luna;
    assert.deepEqual(
      planned?.changes.map(({ urn, effect }) => [urn.split("::").at(-1), effect]).sort(),
      [...controlPlanes, ...workers].map((name) => [name, "machine.udev, with a reboot"]),
    );
    const { luna } = await site.succeed("up luna --only");
    const records = site.recordsSince(mark);
    assert.deepEqual(rebootOrder(records), [...controlPlanes, ...workers]);
    assert.equal(fewestMembers(records), 2);
    assert.equal((site.world().counters["kubectl.drain"] ?? 0) - drains, 6);
    assert.deepEqual(luna?.warnings, []);
    assert.ok(luna?.summary?.kind === "cluster");
    assert.ok(luna.summary.nodes.every(({ state }) => state === "ready"));
  });

  it("gives workers more cores without replacing or rebooting a VM", async () => {
    const mark = site.mark();
    site.edit("luna", (config) => {
      config.workers = { wk: { count: 3, cores: 6 } };
    });
    const { luna } = await site.succeed("up luna --only");
    assert.deepEqual(
      changed(luna, "update"),
      workers.map((name) => `VmLegacy ${name}`),
    );
    assert.equal(luna?.changes.length, 3);
    assert.deepEqual(
      site.recordsSince(mark).filter(({ kind }) => /^(vm\.(create|delete|stop|start)|node\.reboot)$/.test(kind)),
      [],
    );
  });

  it("moves a node to another host with all that protects it, and makes nothing anew", async () => {
    site.edit("luna", (config) => {
      config.overrides = { lunawk01: { host: "pve03" } };
    });
    const { luna } = await site.succeed("up luna --only");
    assert.deepEqual(changed(luna, "update").sort(), [
      "ConfigurationApply lunawk01",
      "OptionsLegacy lunawk01",
      "RulesLegacy lunawk01",
      "VmLegacy lunawk01",
    ]);
    assert.equal(luna?.changes.length, 4);
    assert.equal((await site.succeed("up luna --only")).luna?.result, "unchanged");
  });

  it("lets no node go while another one is down", async () => {
    site.edit("luna", (config) => {
      config.nodes = { sysctls: { "vm.max_map_count": "524288" } };
      config.rollout = { healthTimeoutSeconds: 30 };
    });
    const mark = site.mark();
    // The first control plane never comes back to health: the answer that it took its configuration is all that is seen.
    const outcome = await site.run("up luna --only", undefined, {
      faults: [{ provider: "talosctl", operation: "etcd", kind: "error", message: "rpc error: code = Unavailable" }],
    });
    const luna = outcome.stacks.find(({ stack }) => stack === "luna");
    assert.equal(luna?.result, "failed");
    assert.match(
      luna.failure?.causes.map(({ message }) => message).join("\n") ?? "",
      /lunacp01 was not changed, because cluster luna cannot do without it now: /,
    );
    assert.deepEqual(site.recordsSince(mark, "node.configure"), []);
    await site.succeed("up luna --only");
  });

  it("is not moved to a Talos that its nodes do not run", async () => {
    site.edit("luna", (config) => {
      config.release = "candidate";
    });
    const nodes = [...controlPlanes, ...workers].join(", ");
    for (const verb of ["preview", "up"]) {
      const { stacks } = await site.run(`${verb} luna --only`);
      assert.deepEqual(stacks[0]?.failure?.causes, [
        {
          message: `release "candidate" has Talos v1.12.0, and luna was brought up with v1.11.5: ${nodes} run another Talos; running nodes are not upgraded by a change of the release: upgrade them before, one after the other, or take the change back`,
        },
      ]);
      assert.equal(stacks[0].failure.state, "nothing was changed");
      const again = `mend the cause, then: npm run fleet -- ${verb} luna --only --lab --folder ${site.folder}`;
      assert.equal(stacks[0].failure.next, again);
    }
    site.edit("luna", (config) => {
      config.release = "stable";
    });
    assert.equal((await site.succeed("up luna --only")).luna?.result, "unchanged");
  });

  it("keeps a control plane whose pods cannot be moved, and tells why", async () => {
    site.edit("luna", (config) => {
      config.controlPlanes = { count: 1 };
    });
    const mark = site.mark();
    const { stacks } = await site.run("up luna --only", undefined, {
      faults: [{ provider: "kubectl", operation: "drain", kind: "error", message: "error: a disruption budget" }],
    });
    assert.match(
      stacks[0]?.failure?.causes[0]?.message ?? "",
      /lunacp03 was not removed, because cluster luna cannot do without it now: kubectl drain lunacp03 failed: error: a disruption budget; mend that/,
    );
    assert.deepEqual(
      site.recordsSince(mark).filter(({ kind }) => /^(etcd\.leave|vm\.(stop|delete))$/.test(kind)),
      [],
    );
    assert.deepEqual(nodes(), { known: [...controlPlanes, ...workers], cordoned: [] });
  });

  it("lets control planes leave etcd and Kubernetes one after the other, and then deletes their machines", async () => {
    const mark = site.mark();
    const { luna } = await site.succeed("up luna --only");
    const records = site.recordsSince(mark);
    fewestMembers(records);
    const left = records.filter(({ kind }) => kind === "etcd.leave").map(({ subject }) => subject);
    assert.deepEqual(left, ["lunacp03", "lunacp02"]);
    for (const [name, vm] of [
      ["lunacp03", "vm/102013"],
      ["lunacp02", "vm/102012"],
    ]) {
      const leaves = records.findIndex(({ kind, subject }) => kind === "etcd.leave" && subject === name);
      const goes = records.findIndex(({ kind, subject }) => kind === "vm.delete" && subject === vm);
      assert.ok(leaves >= 0 && leaves < goes, `${name} leaves at ${leaves} and its machine goes at ${goes}`);
    }
    assert.deepEqual(nodes(), { known: ["lunacp01", ...workers], cordoned: [] });
    assert.ok(luna?.summary?.kind === "cluster");
    assert.deepEqual(
      luna.summary.nodes.map(({ state }) => state),
      Array(4).fill("ready"),
    );
    assert.deepEqual(luna.warnings, []);
  });

  it("takes control planes in again", async () => {
    site.edit("luna", (config) => {
      config.controlPlanes = { count: 3 };
      delete config.rollout;
    });
    const { luna } = await site.succeed("up luna --only");
    assert.ok(luna?.summary?.kind === "cluster");
    assert.deepEqual(
      luna.summary.nodes.map(({ state }) => state),
      Array(6).fill("ready"),
    );
    assert.deepEqual(nodes(), { known: [...controlPlanes, ...workers], cordoned: [] });
  });

  /** Names of the nodes that Kubernetes knows, and of those among them that get no pods. */
  function nodes(): { known: string[]; cordoned: string[] } {
    const [cluster] = Object.values(site.world().parts.kubernetes?.clusters ?? {});
    const known = Object.keys(cluster?.objects ?? {}).filter((key) => key.startsWith("Node.//"));
    return { known: known.map((key) => key.slice("Node.//".length)).sort(), cordoned: cluster?.unschedulable ?? [] };
  }

  it("destroys everything, and nothing is left in the lab: no node has to leave in order", async () => {
    const drains = site.world().counters["kubectl.drain"];
    site.edit("luna", (config) => {
      config.workers = { wk: { count: 2 } };
    });
    await site.succeed("destroy luna shared --yes");
    const { proxmox, kubernetes } = site.world().parts as unknown as {
      proxmox: { vms: object; sdn: { applied: object; pending?: object }; files: object };
      kubernetes: { clusters: object };
    };
    assert.equal(site.world().counters["kubectl.drain"], drains);
    assert.deepEqual(proxmox.vms, {});
    assert.deepEqual(proxmox.sdn.applied, {});
    assert.ok(kubernetes);
  });
});
