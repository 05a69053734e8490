import assert from "node:assert/strict";
import { newCentre, partialState, talosIso, tokens, vmArgs } from "./data-centre.ts";

const apid = { type: "in", action: "ACCEPT", proto: "tcp", dport: "50000", source: "10.0.0.0/8" };

describe("firewall of the lab", () => {
  it("keeps a security group with its rules", async () => {
    const centre = newCentre();
    const state = await centre.create(tokens.group, { name: "luna-nodes", rules: [apid] });
    assert.equal(state.id, "luna-nodes");
    assert.deepEqual(state.outputs.rules, [{ enabled: true, ...apid, pos: 0 }]);
    const rules = [apid, { ...apid, dport: "6443" }];
    await centre.update(tokens.group, state, { name: "luna-nodes", rules });
    assert.equal(centre.centre.state.securityGroups["luna-nodes"]?.rules.length, 2);
    await centre.remove(tokens.group, state);
    assert.deepEqual(centre.centre.state.securityGroups, {});
  });

  it("leaves a half-made group under a temporary id, and the next update fails on it", async () => {
    const centre = newCentre();
    const args = { name: "luna-nodes", rules: [apid, { ...apid, source: "+missing" }] };
    const { message, state } = await partialState(centre.create(tokens.group, args));
    assert.match(message, /source: no such ipset 'missing'/);
    assert.match(state.id, /^rule-\d+$/);
    assert.equal(centre.centre.state.securityGroups["luna-nodes"]?.rules.length, 1);
    await assert.rejects(
      centre.update(tokens.group, { ...state, inputs: args }, { name: "luna-nodes", rules: [apid] }),
      /no such security group 'rule-\d+'/,
    );
  });

  it("has one owner of the rules of a target", async () => {
    const centre = newCentre();
    await centre.create(tokens.download, talosIso);
    await centre.create(tokens.vm, vmArgs(102_011));
    await centre.create(tokens.group, { name: "luna-nodes", rules: [apid] });
    const target = { nodeName: "pve01", vmId: 102_011 };
    const state = await centre.create(tokens.rules, { ...target, rules: [{ securityGroup: "luna-nodes" }] });
    await assert.rejects(
      centre.create(tokens.rules, { ...target, rules: [apid] }),
      /Existing rules detected. Aborting.../,
    );
    const found = await centre.read(tokens.rules, "vm/pve01/102011");
    assert.equal(found?.id, state.id);
    assert.deepEqual(found?.inputs, { ...target, rules: [{ securityGroup: "luna-nodes" }] });
    await centre.remove(tokens.rules, state);
    await assert.rejects(
      centre.create(tokens.rules, { ...target, rules: [{ securityGroup: "other" }] }),
      /no such security group 'other'/,
    );
  });

  it("knows sets and aliases by name", async () => {
    const centre = newCentre();
    const set = await centre.create(tokens.ipset, { name: "management", cidrs: [{ name: "10.0.0.0/8" }] });
    assert.equal(set.id, "management");
    await centre.create(tokens.group, { name: "luna-nodes", rules: [{ ...apid, source: "+dc/management" }] });
    await assert.rejects(
      partialState(centre.create(tokens.ipset, { name: "management" })),
      /'management' already exists/,
    );
  });

  it("wants a protocol with a port", async () => {
    const { proto: _proto, ...rule } = apid;
    const { message } = await partialState(newCentre().create(tokens.group, { name: "nodes", rules: [rule] }));
    assert.match(message, /dport: missing 'proto' property/);
  });

  it("of a VM goes with it", async () => {
    const centre = newCentre();
    await centre.create(tokens.download, talosIso);
    const vm = await centre.create(tokens.vm, vmArgs(102_011));
    const options = await centre.create(tokens.options, { nodeName: "pve01", vmId: 102_011, enabled: true });
    await centre.remove(tokens.vm, vm);
    assert.deepEqual(centre.centre.state.firewall, {});
    await centre.remove(tokens.options, options);
    await assert.rejects(
      centre.create(tokens.options, { nodeName: "pve01", vmId: 102_011 }),
      /Configuration file 'qemu-server\/102011.conf' does not exist/,
    );
  });

  it("of the data centre is set and taken back", async () => {
    const centre = newCentre();
    const state = await centre.create(tokens.clusterFirewall, { enabled: true, inputPolicy: "ACCEPT" });
    assert.equal(centre.centre.state.firewall.cluster?.options?.enabled, true);
    await centre.remove(tokens.clusterFirewall, state);
    assert.equal(centre.centre.state.firewall.cluster?.options, undefined);
  });

  it("refuses words it does not know", () => {
    const { failures } = newCentre().check(tokens.group, { name: "nodes", rules: [{ ...apid, action: "ALLOW" }] });
    assert.deepEqual(failures, ['rules[0].action: expected one of ACCEPT, DROP, REJECT, got "ALLOW"']);
  });
});

describe("cluster-wide objects of the lab", () => {
  it("are HA resources of VMs that exist, and rules about them", async () => {
    const centre = newCentre();
    await assert.rejects(
      centre.create(tokens.haResource, { resourceId: "vm:102011" }),
      /unable to find configuration for 'vm:102011'/,
    );
    await centre.create(tokens.download, talosIso);
    await centre.create(tokens.vm, vmArgs(102_011));
    const rule = { rule: "luna-cp", type: "resource-affinity", affinity: "negative", resources: ["vm:102011"] };
    await assert.rejects(centre.create(tokens.haRule, rule), /resource 'vm:102011' is not managed by HA/);
    await centre.create(tokens.haResource, { resourceId: "vm:102011" });
    assert.equal((await centre.create(tokens.haRule, rule)).id, "luna-cp");
  });

  it("are pools that have to be empty to go", async () => {
    const centre = newCentre();
    const pool = await centre.create(tokens.pool, { poolId: "luna", comment: "staging" });
    await centre.create(tokens.download, talosIso);
    const vm = await centre.create(tokens.vm, vmArgs(102_011, { poolId: "luna" }));
    await assert.rejects(centre.remove(tokens.pool, pool), /pool 'luna' is not empty/);
    await centre.remove(tokens.vm, vm);
    await centre.remove(tokens.pool, pool);
    assert.deepEqual(centre.centre.state.pools, {});
  });

  it("are members of pools", async () => {
    const centre = newCentre();
    await centre.create(tokens.pool, { poolId: "luna" });
    const member = await centre.create(tokens.membership, { poolId: "luna", storageId: "rbd-vm" });
    assert.equal(member.id, "luna/storage/rbd-vm");
    await centre.remove(tokens.membership, member);
    assert.deepEqual(centre.centre.state.pools.luna?.storageIds, []);
  });

  it("are PCI mappings to hosts that exist", async () => {
    await assert.rejects(
      newCentre().create(tokens.pci, { name: "gpu", maps: [{ id: "8086:46a6", node: "pve09", path: "0000:00:02.0" }] }),
      /hostname lookup 'pve09' failed/,
    );
  });

  it("are seen by the provider's functions", async () => {
    const { functions } = newCentre().provider;
    const nodes = await functions["proxmoxve:index/getNodesLegacy:getNodesLegacy"]?.({}, { preview: false });
    assert.ok(nodes && "result" in nodes);
    assert.deepEqual(nodes.result.names, ["pve01", "pve02"]);
    const stores = await functions["proxmoxve:index/getDatastores:getDatastores"]?.(
      { nodeName: "pve01", filters: { contentTypes: ["images"] } },
      { preview: false },
    );
    assert.ok(stores && "result" in stores);
    assert.deepEqual(
      (stores.result.datastores as { id: string }[]).map(({ id }) => id),
      ["local", "rbd-vm"],
    );
  });

  it("list their VMs and containers, each host by a call of its own", async () => {
    const centre = newCentre();
    await centre.create(tokens.download, talosIso);
    await centre.create(tokens.vm, vmArgs(102_012, { nodeName: "pve02" }));
    await centre.create(tokens.vm, vmArgs(102_011));
    centre.centre.state.containers = { 102030: { host: "pve01", name: "dns" } };
    const list = async (name: string, args: Record<string, unknown> = {}) => {
      const answer = await centre.provider.functions[`proxmoxve:index/${name}:${name}`]?.(args, { preview: true });
      assert.ok(answer);
      if ("failures" in answer) return answer.failures;
      const guests = (answer.result.vms ?? answer.result.containers) as { vmId: number; nodeName: string }[];
      return guests.map(({ vmId, nodeName }) => `${vmId} ${nodeName}`);
    };
    const before = centre.calls();
    assert.deepEqual(await list("getVmsLegacy"), ["102011 pve01", "102012 pve02"]);
    assert.equal((centre.calls()["GET /nodes/{node}/qemu"] ?? 0) - (before["GET /nodes/{node}/qemu"] ?? 0), 2);
    assert.deepEqual(await list("getContainersLegacy"), ["102030 pve01"]);
    assert.deepEqual(await list("getVmsLegacy", { nodeName: "pve02" }), ["102012 pve02"]);
    assert.deepEqual(await list("getVmsLegacy", { tags: ["talos", "sol"] }), []);
    const filter = { name: "name", regex: true, values: ["11$"] };
    assert.deepEqual(await list("getVmsLegacy", { filters: [filter] }), ["102011 pve01"]);
    await assert.rejects(list("getVmsLegacy", { filters: [{ ...filter, name: "nodeName" }] }), /unknown filter name/);
    await assert.rejects(list("getVmsLegacy", { nodeName: "pve09" }), /hostname lookup 'pve09' failed/);
    assert.deepEqual(await list("getVmsLegacy", { node: "pve01" }), [{ property: "node", reason: "unknown property" }]);
    await assert.rejects(centre.create(tokens.vm, vmArgs(102_030)), /CT 102030 already exists on node 'pve01'/);
  });

  it("need the lab's token when one is given", async () => {
    const { provider, apiToken } = newCentre();
    await provider.configure?.({ apiToken }, { urn: "" });
    await assert.rejects(
      Promise.resolve(provider.configure?.({ apiToken: "root@pam!x=1" }, { urn: "" })),
      /invalid token value/,
    );
    assert.deepEqual(provider.checkConfig({ endpoint: "http://pve01:8006" }), [
      { property: "endpoint", reason: 'must be an https URL without path, got "http://pve01:8006"' },
    ]);
  });
});

describe("tasks of the lab", () => {
  it("lose their answer by rule: the object is there and the caller does not know", async () => {
    const centre = newCentre([{ kind: "lost", provider: "proxmox", operation: "POST /nodes/{node}/qemu" }]);
    await centre.create(tokens.download, talosIso);
    await assert.rejects(centre.create(tokens.vm, vmArgs(102_011)), /injected fault/);
    assert.ok(centre.centre.state.vms[102_011]);
    await assert.rejects(centre.create(tokens.vm, vmArgs(102_011)), /config file already exists/);
  });
});
