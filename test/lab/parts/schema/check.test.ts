import assert from "node:assert/strict";
import { unknown } from "../../../../lab/protocol/values.ts";
import { checkFunction, checkResource } from "../../../../lab/schema/check.ts";
import { loadSchema, parseType } from "../../../../lab/schema/tables.ts";

const proxmox = loadSchema("proxmoxve");
const vm = "proxmoxve:index/vmLegacy:VmLegacy";

function failures(token: string, inputs: Record<string, unknown>): string[] {
  return checkResource(proxmox, token, inputs).map(({ property, reason }) => `${property}: ${reason}`);
}

describe("strict check of property bags", () => {
  const cases: [string, Record<string, unknown>, string[]][] = [
    ["accepts the smallest VM", { nodeName: "pve01" }, []],
    ["accepts an unknown value anywhere", { nodeName: unknown, cpu: unknown, disks: [unknown], tags: [unknown] }, []],
    ["refuses a missing property", {}, ["nodeName: required property is missing"]],
    [
      "suggests the nearest property",
      { nodeName: "pve01", vmid: 101 },
      ['vmid: unknown property; did you mean "vmId"?'],
    ],
    ["suggests nothing far-fetched", { nodeName: "pve01", colour: "red" }, ["colour: unknown property"]],
    [
      "looks into nested objects",
      { nodeName: "pve01", cpu: { core: 2 } },
      ['cpu.core: unknown property; did you mean "cores"?'],
    ],
    [
      "looks into lists",
      { nodeName: "pve01", disks: [{ interface: "scsi0" }, { size: "40" }] },
      ["disks[1].size: expected a number, got a string", "disks[1].interface: required property is missing"],
    ],
    [
      "refuses an object for a list",
      { nodeName: "pve01", disks: { interface: "scsi0" } },
      ["disks: expected a list, got an object"],
    ],
    ["takes null as absent", { nodeName: null }, ["nodeName: required property is missing"]],
    ["lets the bridge's own keys pass", { nodeName: "pve01", __defaults: [], cpu: { __defaults: ["cores"] } }, []],
  ];
  for (const [title, inputs, expected] of cases) {
    it(title, () => assert.deepEqual(failures(vm, inputs), expected));
  }

  it("checks maps by their values", () => {
    const rule = { resources: ["vm:101"], rule: "r", type: "node-affinity", nodes: { pve01: "1" } };
    assert.deepEqual(failures("proxmoxve:index/harule:Harule", rule), [
      'nodes["pve01"]: expected a number, got a string',
    ]);
  });

  it("never repeats a value, which may be secret", () => {
    const [failure] = checkResource(proxmox, vm, { nodeName: "pve01", vmId: "hunter2" });
    assert.doesNotMatch(failure?.reason ?? "", /hunter2/);
  });

  it("checks functions too", () => {
    assert.deepEqual(checkFunction(proxmox, "proxmoxve:index/getFiles:getFiles", { datastoreId: "local" }), [
      { property: "nodeName", reason: "required property is missing" },
    ]);
  });

  it("says when a resource type is not offered", () => {
    assert.match(checkResource(proxmox, "proxmoxve:index/vm:Vm", {})[0]?.reason ?? "", /no resource type/);
  });

  it("parses unions of lists and maps", () => {
    assert.deepEqual(parseType("string|[@A|string]|{number}"), {
      kind: "union",
      options: [
        { kind: "string" },
        { kind: "list", item: { kind: "union", options: [{ kind: "object", table: "A" }, { kind: "string" }] } },
        { kind: "map", item: { kind: "number" } },
      ],
    });
  });
});
