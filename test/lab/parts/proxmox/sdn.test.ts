import assert from "node:assert/strict";
import { newCentre, partialState, type TestCentre, talosIso, tokens, vmArgs } from "./data-centre.ts";

const controller = { sdnControllerEvpnId: "evpnctl", asn: 4_200_001_000, peers: ["10.0.0.1", "10.0.0.2"] };
const zone = { resourceId: "evpnz1", controller: "evpnctl", vrfVxlan: 4096, nodes: ["pve01", "pve02"] };
const vnet = { resourceId: "vnet102", zone: "evpnz1", tag: 10_102 };
const subnet = { vnet: "vnet102", cidr: "10.102.0.0/24", gateway: "10.102.0.254" };

async function network(centre: TestCentre) {
  return {
    controller: await centre.create(tokens.controller, controller),
    zone: await centre.create(tokens.zone, zone),
    vnet: await centre.create(tokens.vnet, vnet),
    subnet: await centre.create(tokens.subnet, subnet),
  };
}

describe("software-defined network of the lab", () => {
  it("is pending until it is applied, and carries VMs from then on", async () => {
    const centre = newCentre();
    await centre.create(tokens.download, talosIso);
    const made = await network(centre);
    assert.equal(made.zone.outputs.state, "new");
    assert.equal(made.subnet.id, "evpnz1-10.102.0.0-24");
    const bridged = { networkDevices: [{ bridge: "vnet102", macAddress: "bc:24:11:00:00:11" }] };
    const failed = await partialState(centre.create(tokens.vm, vmArgs(102_011, bridged)));
    assert.match(failed.message, /bridge 'vnet102' does not exist/);
    await centre.create(tokens.applier, {});
    await centre.vms.start(102_011);
    assert.deepEqual(centre.power, ["on vm/102011"]);
  });

  it("exists only on the hosts of its zone", async () => {
    const centre = newCentre();
    await centre.create(tokens.download, talosIso);
    await centre.create(tokens.controller, controller);
    await centre.create(tokens.zone, { ...zone, nodes: ["pve02"] });
    await centre.create(tokens.vnet, vnet);
    await centre.create(tokens.applier, {});
    const args = vmArgs(102_011, { networkDevices: [{ bridge: "vnet102" }] });
    await assert.rejects(centre.create(tokens.vm, args), /bridge 'vnet102' does not exist/);
    await centre.create(tokens.vm, { ...args, vmId: 102_012, nodeName: "pve02" });
  });

  it("applies whatever anybody configured", async () => {
    const centre = newCentre();
    await network(centre);
    await centre.create(tokens.applier, {});
    assert.deepEqual(centre.centre.state.sdn.applied, centre.centre.state.sdn.wanted);
    assert.equal(centre.calls()["PUT /cluster/sdn"], 1);
  });

  it("is applied when an applier goes, if that is what it says", async () => {
    const centre = newCentre();
    const made = await network(centre);
    const applier = await centre.create(tokens.applier, { onDestroy: false });
    const finalizer = await centre.create(tokens.applier, { onCreate: false });
    await centre.remove(tokens.applier, applier);
    assert.equal(centre.calls()["PUT /cluster/sdn"], 1);
    await centre.remove(tokens.subnet, made.subnet);
    await centre.remove(tokens.vnet, made.vnet);
    await centre.remove(tokens.zone, made.zone);
    await centre.remove(tokens.controller, made.controller);
    await centre.remove(tokens.applier, finalizer);
    assert.deepEqual(centre.centre.state.sdn, { wanted: {}, applied: {} });
  });

  it("is taken apart from the leaves", async () => {
    const centre = newCentre();
    const made = await network(centre);
    await assert.rejects(centre.remove(tokens.vnet, made.vnet), /Can't delete vnet if subnets exists/);
    await assert.rejects(centre.remove(tokens.zone, made.zone), /zone evpnz1 is used by vnet vnet102/);
    await assert.rejects(
      centre.remove(tokens.controller, made.controller),
      /controller evpnctl is used by zone evpnz1/,
    );
  });

  it("shows as changed until it is applied again", async () => {
    const centre = newCentre();
    const made = await network(centre);
    await centre.create(tokens.applier, {});
    const changed = await centre.update(tokens.zone, made.zone, { ...zone, mtu: 1450 });
    assert.equal(changed.outputs.state, "changed");
    assert.equal(changed.outputs.pending, true);
  });

  const refused: [string, string, Record<string, unknown>, string[]][] = [
    [
      "ids of more than eight characters",
      tokens.vnet,
      { ...vnet, resourceId: "vnet10001" },
      ['resourceId: must be 2 to 8 letters and digits, starting with a letter, got "vnet10001"'],
    ],
    [
      "ids with a dash",
      tokens.zone,
      { ...zone, resourceId: "evpn-1" },
      ['resourceId: must be 2 to 8 letters and digits, starting with a letter, got "evpn-1"'],
    ],
    [
      "a gateway outside of the range",
      tokens.subnet,
      { ...subnet, gateway: "fe80::1" },
      ["gateway: gateway fe80::1 is not within the subnet 10.102.0.0/24"],
    ],
    ["an empty list of nodes", tokens.zone, { ...zone, nodes: [] }, ["nodes: must name nodes or be left out"]],
    [
      "a controller without peers",
      tokens.controller,
      { sdnControllerEvpnId: "evpnctl", asn: 65_000 },
      ["peers: one of peers and fabric must be set"],
    ],
  ];
  for (const [what, token, inputs, failures] of refused) {
    it(`is refused with ${what}`, () => assert.deepEqual(newCentre().check(token, inputs).failures, failures));
  }

  const clashes: [string, string, Record<string, unknown>, RegExp][] = [
    ["an id that is taken", tokens.vnet, vnet, /sdn vnet object ID 'vnet102' already defined/],
    [
      "a tag that is taken",
      tokens.vnet,
      { ...vnet, resourceId: "vnet103" },
      /tag 10102 is already used by vnet vnet102/,
    ],
    [
      "the zone's own VXLAN id",
      tokens.vnet,
      { ...vnet, resourceId: "vnet103", tag: 4096 },
      /tag 4096 is already used by zone evpnz1/,
    ],
    ["no tag", tokens.vnet, { resourceId: "vnet103", zone: "evpnz1" }, /missing vxlan tag/],
    [
      "a zone that is missing",
      tokens.vnet,
      { ...vnet, resourceId: "vnet103", zone: "other", tag: 7 },
      /zone other does not exist/,
    ],
    [
      "a controller that is missing",
      tokens.zone,
      { ...zone, resourceId: "z2", controller: "none", vrfVxlan: 5 },
      /controller none does not exist/,
    ],
    [
      "a host that is missing",
      tokens.zone,
      { ...zone, resourceId: "z2", nodes: ["pve09"], vrfVxlan: 5 },
      /hostname lookup 'pve09' failed/,
    ],
  ];
  for (const [what, token, inputs, message] of clashes) {
    it(`is refused by Proxmox with ${what}`, async () => {
      const centre = newCentre();
      await network(centre);
      await assert.rejects(centre.create(token, inputs), message);
    });
  }
});
