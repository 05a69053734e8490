import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineStack } from "../../../fleet/engine.ts";
import { Tracker } from "../../../fleet/progress/tracker.ts";
import type { DeploymentResource } from "../../../fleet/resume/identities.ts";
import { withNotes } from "../../../fleet/resume/notes.ts";
import { differenceOf } from "../../../fleet/resume/ownership.ts";
import type { ExportedState } from "../../../fleet/resume/repair.ts";
import { settle, settleFailed } from "../../../fleet/resume/settle.ts";

const types = {
  vm: "proxmoxve:index/vmLegacy:VmLegacy",
  vnet: "proxmoxve:sdn/vnet:Vnet",
  group: "proxmoxve:cluster/firewall/security/groupLegacy:GroupLegacy",
  rules: "proxmoxve:firewall/rulesLegacy:RulesLegacy",
  ipset: "proxmoxve:firewall/ipsetLegacy:IpsetLegacy",
  pci: "proxmoxve:hardware/mapping/pci:Pci",
};

type Bag = Record<string, unknown>;

function resource(type: string, name: string, inputs: Bag, more: Bag = {}): DeploymentResource {
  return { urn: `urn:pulumi:luna::orrery::${type}::${name}`, type, custom: true, inputs, ...more };
}

const vm = { vmId: 102_013, name: "lunacp03", description: "control plane of cluster luna", tags: ["luna", "talos"] };
const vnet = resource(
  types.vnet,
  "luna-vnet",
  { resourceId: "vnet102", zone: "evpnz1" },
  { id: "vnet102", outputs: {} },
);

describe("fleet/resume: ownership", () => {
  const cases: [string, string, Bag, Bag, string | undefined][] = [
    ["a VM with the cluster's marks", types.vm, vm, { ...vm, tags: ["talos", "luna"], started: false }, undefined],
    ["a VM of another name", types.vm, vm, { ...vm, name: "web" }, 'its name is "web", not "lunacp03"'],
    ["a VM without tags", types.vm, vm, { ...vm, tags: [] }, 'its tags is [], not ["luna","talos"]'],
    ["a VM of another description", types.vm, vm, { ...vm, description: "" }, "its description is"],
    ["a VNet of another tag", types.vnet, { zone: "z", tag: 10_102 }, { zone: "z", tag: 5 }, "its tag is 5, not 10102"],
    ["a VNet whose tag came as text", types.vnet, { zone: "z", tag: 10_102 }, { zone: "z", tag: "10102" }, undefined],
    ["a group without comment", types.group, { name: "luna" }, { name: "luna", comment: "" }, undefined],
    ["a group of somebody else", types.group, { name: "luna" }, { comment: "mine" }, 'its comment is "mine", not ""'],
    [
      "rules of which some were made",
      types.rules,
      { rules: [{ dport: "1", __defaults: [] }, { dport: "2" }] },
      { rules: [{ dport: "2", pos: 0 }] },
      undefined,
    ],
    ["other rules", types.rules, { rules: [{ dport: "1" }] }, { rules: [{ dport: "9" }] }, "its rules is"],
    ["an empty IP set", types.ipset, { cidrs: [{ name: "10.0.0.0/8" }] }, { cidrs: [] }, undefined],
    ["another IP set", types.ipset, { cidrs: [{ name: "10.0.0.0/8" }] }, { cidrs: [{ name: "::/0" }] }, "its cidrs is"],
    [
      "another device",
      types.pci,
      { maps: [{ node: "a", id: "1" }] },
      { maps: [{ node: "a", id: "2" }] },
      "its maps is",
    ],
  ];
  for (const [what, type, inputs, outputs, difference] of cases) {
    it(`${difference ? "refuses" : "knows"} ${what}`, () => {
      const found = differenceOf(resource(type, "x", inputs), resource(type, "x", inputs, { outputs }));
      assert.equal(found?.slice(0, difference?.length), difference);
    });
  }
});

describe("fleet/progress: creates that failed", () => {
  it("are kept as the engine was about to record them, until they are settled", () => {
    const tracker = new Tracker();
    const state = { ...resource(types.vm, "lunacp03", vm), parent: "urn:parent", provider: "urn:provider::id" };
    const step = { op: "create", urn: state.urn, type: types.vm, provider: "", new: { ...state, id: "", outputs: {} } };
    for (const op of ["create", "update"]) {
      const metadata = { ...step, op } as never;
      tracker.take({ sequence: 1, timestamp: 1, resOpFailedEvent: { metadata, status: 0, steps: 1 } });
    }
    assert.deepEqual(tracker.failedCreates, [state]);
    tracker.forgive();
    assert.deepEqual([tracker.failedCreates, [...tracker.failed], tracker.errors], [[], [], []]);
  });
});

describe("fleet/resume: creates whose answer was lost", () => {
  const folder = mkdtempSync(join(tmpdir(), "orrery-takeover-"));
  after(() => rmSync(folder, { recursive: true }));
  const options = { onEvent: () => {}, signal: new AbortController().signal };

  /** An engine with one state, whose look-up finds what there is; like the real one it imports no pending operations. */
  class FakeStack {
    readonly name = "luna";
    readonly notesFile = join(folder, "luna.pending.json");
    refreshed: string[] = [];
    state: ExportedState;
    there: Record<string, Bag>;
    reachable = true;

    constructor(resources: DeploymentResource[], there: Record<string, Bag>) {
      this.state = { version: 3, deployment: { resources } };
      this.there = there;
    }
    get opened() {
      return this.state;
    }
    async exportState() {
      return structuredClone(this.state);
    }
    async importState({ deployment, ...rest }: ExportedState) {
      const { pending_operations, ...kept } = structuredClone(deployment ?? {});
      this.state = { ...rest, deployment: kept };
    }
    async refresh(urns: string[]) {
      if (!this.reachable) throw new Error("no route to host");
      this.refreshed.push(...urns);
      const resources = (this.state.deployment?.resources ?? []).flatMap((each) => {
        const found = this.there[each.id ?? ""];
        if (!urns.includes(each.urn)) return [each];
        return found ? [{ ...each, outputs: found }] : [];
      });
      this.state = { ...this.state, deployment: { ...this.state.deployment, resources } };
    }
    get ids() {
      return this.state.deployment?.resources?.map(({ id }) => id);
    }
    get engine() {
      return this as unknown as EngineStack;
    }
  }

  const failed = resource(types.vm, "lunacp03", vm);

  it("become resources when the object is there and the stack's own; all else is needed after them", async () => {
    const stack = new FakeStack([vnet], { 102013: vm });
    const settled = await settleFailed(stack.engine, [failed], options);
    assert.deepEqual(settled, { adopted: [failed.urn], cleared: [], refused: [] });
    assert.deepEqual(stack.ids, ["vnet102", "102013"]);
    assert.deepEqual(stack.state.deployment?.resources?.[1]?.dependencies, [vnet.urn]);
    assert.equal(existsSync(stack.notesFile), false);
  });

  it("stay failures when there is nothing", async () => {
    const stack = new FakeStack([vnet], {});
    const settled = await settleFailed(stack.engine, [failed], options);
    assert.deepEqual(settled, { adopted: [], cleared: [failed.urn], refused: [] });
    assert.deepEqual(stack.ids, ["vnet102"]);
  });

  it("never take over what is somebody else's", async () => {
    const stack = new FakeStack([vnet], { 102013: { ...vm, name: "web" } });
    const { adopted, refused } = await settleFailed(stack.engine, [failed], options);
    assert.deepEqual(adopted, []);
    assert.deepEqual(refused, [
      'VmLegacy lunacp03 exists as 102013 and is somebody else\'s: its name is "web", not "lunacp03"',
    ]);
    assert.deepEqual(stack.ids, ["vnet102"]);
  });

  it("leave what a replacement should have replaced as it was", async () => {
    const old = resource(types.vm, "lunacp03", { ...vm, vmId: 7 }, { id: "7", outputs: vm });
    const stack = new FakeStack([old], { 7: vm, 102013: { ...vm, tags: [] } });
    await settleFailed(stack.engine, [failed], options);
    assert.deepEqual(stack.state.deployment?.resources, [old]);
  });

  it("are not looked up when they have no marks, hide secrets, or have a parent that is not there", async () => {
    const stack = new FakeStack([vnet], { 102013: vm });
    const command = resource("command:local/command:Command", "x", { create: "true" });
    const hidden = resource(types.vm, "lunacp02", { ...vm, initialization: { userAccount: "[secret]" } });
    const orphan = { ...failed, parent: "urn:pulumi:luna::orrery::orrery:index:TalosCluster::luna" };
    const settled = await settleFailed(stack.engine, [command, hidden, orphan], options);
    assert.deepEqual([settled.adopted, stack.refreshed], [[], []]);
  });

  it("are looked up by the next run when nobody answers, whatever that run is for", async () => {
    const stack = new FakeStack([vnet], { 102013: vm });
    stack.reachable = false;
    await assert.rejects(settleFailed(stack.engine, [failed], options), /no route/);
    assert.deepEqual(stack.ids, ["vnet102"]);
    await assert.rejects(settle(stack.engine, undefined, options), /no route/);
    stack.reachable = true;
    assert.deepEqual((await settle(stack.engine, undefined, options)).adopted, [failed.urn]);
    assert.deepEqual(stack.ids, ["vnet102", "102013"]);
    stack.refreshed = [];
    assert.deepEqual((await settle(stack.engine, undefined, options)).adopted, []);
    assert.deepEqual(stack.refreshed, []);
  });

  it("are looked up again when the look-up was killed, unless others depend on them by now", () => {
    const half = { ...failed, id: "102013", outputs: vm };
    const note = { resource: failed, type: "creating" };
    const state = (resources: DeploymentResource[]): ExportedState => ({ version: 3, deployment: { resources } });
    const open = withNotes(state([vnet, half]), [note]).deployment;
    assert.deepEqual([open?.resources, open?.pending_operations], [[vnet], [note]]);
    const user = resource("talos:machine/configurationApply:ConfigurationApply", "lunacp03", {}, { id: "x" });
    const used = withNotes(state([half, { ...user, dependencies: [half.urn] }]), [note]).deployment;
    assert.deepEqual([used?.resources?.length, used?.pending_operations], [2, []]);
  });
});
