import assert from "node:assert/strict";
import type { Properties } from "../../../../lab/protocol/values.ts";
import { ignoreSpeed, newCentre, talosIso, tokens, vmArgs } from "./data-centre.ts";

const rule = { type: "in", action: "ACCEPT", proto: "tcp", dport: "50000" };
const onVm = { nodeName: "pve01", vmId: 102_011 };

/** One of everything, in an order in which it can be made. */
const everything: [string, Properties][] = [
  [tokens.download, talosIso],
  [tokens.pool, { poolId: "luna", comment: "staging" }],
  [tokens.controller, { sdnControllerEvpnId: "evpnctl", asn: 65_000, peers: ["10.0.0.1"] }],
  [tokens.zone, { resourceId: "evpnz1", controller: "evpnctl", vrfVxlan: 4096, exitNodes: ["pve01"] }],
  [tokens.vnet, { resourceId: "vnet102", zone: "evpnz1", tag: 10_102 }],
  [tokens.subnet, { vnet: "vnet102", cidr: "fd00:102::/64", gateway: "fd00:102::fffe" }],
  [tokens.applier, { onDestroy: false }],
  [tokens.pci, { name: "gpu", maps: [{ id: "8086:46a6", node: "pve01", path: "0000:00:02.0" }] }],
  [tokens.clusterFirewall, { enabled: true, inputPolicy: "ACCEPT" }],
  [tokens.nodeFirewall, { nodeName: "pve01", ndp: true }],
  [tokens.ipset, { name: "management", cidrs: [{ name: "10.0.0.0/8" }] }],
  [tokens.alias, { name: "gateway", cidr: "10.0.0.1" }],
  [tokens.group, { name: "nodes", comment: "all nodes", rules: [rule, { ...rule, source: "+management" }] }],
  [
    tokens.vm,
    vmArgs(102_011, { networkDevices: [{ bridge: "vnet102" }], hostpcis: [{ device: "hostpci0", mapping: "gpu" }] }),
  ],
  [tokens.membership, { poolId: "luna", vmId: 102_011 }],
  [tokens.options, { ...onVm, enabled: true, inputPolicy: "DROP" }],
  [tokens.rules, { ...onVm, rules: [{ securityGroup: "nodes" }] }],
  [tokens.haResource, { resourceId: "vm:102011", state: "started" }],
  [tokens.haRule, { rule: "apart", type: "resource-affinity", affinity: "negative", resources: ["vm:102011"] }],
];

describe("refresh in the lab", () => {
  it("finds everything as it was made, and destroying it leaves nothing", async () => {
    const centre = newCentre();
    const made = [];
    for (const [token, args] of everything) made.push({ token, args, state: await centre.create(token, args) });
    for (const { token, args, state } of made) {
      const read = await centre.read(token, state.id, state.inputs);
      assert.ok(read, `${token} is not found again`);
      assert.equal(read.id, state.id, token);
      const refreshed = { id: read.id, inputs: read.inputs ?? state.inputs, outputs: read.outputs };
      assert.deepEqual(await centre.diff(token, refreshed, args, ignoreSpeed), { changed: [], replaces: [] }, token);
      if (token !== tokens.zone) assert.deepEqual(read.outputs, state.outputs, token);
    }
    for (const { token, state } of made.reverse()) await centre.remove(token, state);
    const { vms, files, sdn, firewall, securityGroups, pciMappings, haResources, haRules, pools } = centre.centre.state;
    assert.deepEqual(
      { vms, files, wanted: sdn.wanted, firewall, securityGroups, pciMappings, haResources, haRules, pools },
      {
        vms: {},
        files: {},
        wanted: {},
        firewall: {},
        securityGroups: {},
        pciMappings: {},
        haResources: {},
        haRules: {},
        pools: {},
      },
    );
  });

  it("finds what was destroyed behind its back gone", async () => {
    for (const [token, args] of everything.filter(
      ([token]) => ![tokens.applier, tokens.clusterFirewall].includes(token),
    )) {
      const centre = newCentre();
      for (const [earlier, inputs] of everything) {
        if (earlier === token) break;
        await centre.create(earlier, inputs);
      }
      const state = await centre.create(token, args);
      await centre.remove(token, state);
      assert.equal(await centre.read(token, state.id, state.inputs), undefined, token);
    }
  });
});
