import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { SharedFacts } from "../../../../components/facts.ts";
import { planAddresses } from "../../../../components/network/addresses.ts";
import { Network, type NetworkArgs } from "../../../../components/network.ts";
import { runMocked } from "../../../support/mocks.ts";
import { testCluster, testShared } from "../../../support/site.ts";

const network = "orrery:index:Network";
const applier = "proxmoxve:sdn/applier:Applier";
const vnet = "proxmoxve:sdn/vnet:Vnet";
const subnet = "proxmoxve:sdn/subnet:Subnet";
const group = "proxmoxve:cluster/firewall/security/groupLegacy:GroupLegacy";

const facts: SharedFacts = { releases: {}, images: {}, sdn: { zone: "evpnz1", mtu: 1450 } };

function run(cluster: Record<string, unknown> = {}, args: Partial<NetworkArgs> = {}) {
  const { plan } = planAddresses(testCluster(cluster), testShared(), "sol");
  const all = { addresses: plan, nodes: [], shared: facts, managementRanges: [], firewall: true, ...args };
  return runMocked(() => new Network("sol", all), {}, "sol");
}

function nameOf(resource: unknown): string {
  return (resource as { __name?: string }).__name ?? "";
}

describe("Network", () => {
  it("makes VNet and subnets between two appliers in mode sdn", async () => {
    const { result, resources } = await run();
    const tree = resources.map(({ type, name, parent, dependsOn }) => ({ type, name, parent, dependsOn }));
    // Resources that do not depend on each other are registered in any order.
    assert.deepEqual(
      tree.sort((one, other) => one.name.localeCompare(other.name)),
      [
        { type: network, name: "sol", parent: "", dependsOn: [] },
        {
          type: applier,
          name: "sol-sdn-applier",
          parent: "sol",
          dependsOn: ["sol-subnet-ipv4", "sol-subnet-ipv6", "sol-vnet"],
        },
        { type: applier, name: "sol-sdn-finalizer", parent: "sol", dependsOn: [] },
        { type: group, name: "sol-security-group", parent: "sol", dependsOn: [] },
        { type: subnet, name: "sol-subnet-ipv4", parent: "sol", dependsOn: ["sol-vnet"] },
        { type: subnet, name: "sol-subnet-ipv6", parent: "sol", dependsOn: ["sol-vnet"] },
        { type: vnet, name: "sol-vnet", parent: "sol", dependsOn: ["sol-sdn-finalizer"] },
      ].sort((one, other) => one.name.localeCompare(other.name)),
    );
    assert.deepEqual(result.ready.map(nameOf), ["sol-sdn-applier", "sol-security-group"]);
    assert.equal(result.securityGroup, "cluster-101");
  });

  it("gives the VNet a subnet for every global range that nodes have addresses in", async () => {
    const shared = testShared({ ipv6GlobalPrefixes: ["2001:db8:1000::/48"] });
    const { plan } = planAddresses(testCluster(), shared, "sol");
    const { resources } = await run({}, { addresses: plan });
    assert.deepEqual(resources.find(({ name }) => name === "sol-subnet-global-1")?.inputs, {
      vnet: "vnet101",
      cidr: "2001:db8:1000:65::/64",
      gateway: "2001:db8:1000:65::fffe",
      snat: false,
    });
    const applied = resources.find(({ name }) => name === "sol-sdn-applier");
    assert.ok(applied?.dependsOn.includes("sol-subnet-global-1"));
  });

  it("tells the provider exactly what it needs", async () => {
    const { resources } = await run();
    const inputs = Object.fromEntries(resources.map((resource) => [resource.name, resource.inputs]));
    assert.deepEqual(inputs["sol-sdn-finalizer"], { onCreate: false });
    assert.deepEqual(inputs["sol-sdn-applier"], { onDestroy: false });
    assert.deepEqual(inputs["sol-vnet"], { resourceId: "vnet101", zone: "evpnz1", tag: 10101, alias: "sol" });
    assert.deepEqual(inputs["sol-subnet-ipv6"], {
      vnet: "vnet101",
      cidr: "fd00:101::/64",
      gateway: "fd00:101::fffe",
      snat: true,
    });
    assert.deepEqual(inputs["sol-subnet-ipv4"], {
      vnet: "vnet101",
      cidr: "10.101.0.0/24",
      gateway: "10.101.0.254",
      snat: true,
    });
    assert.deepEqual(inputs.sol, {}, "arguments of the component stay out of the state");
  });

  it("applies again when the inputs of the SDN change, and only then", async () => {
    const trigger = async (cluster: Record<string, unknown>, args: Partial<NetworkArgs> = {}) => {
      const { resources } = await run(cluster, args);
      return resources.find(({ name }) => name === "sol-sdn-applier")?.replacementTrigger;
    };
    const first = await trigger({});
    assert.match(String(first), /^[0-9a-f]{16}$/);
    assert.equal(await trigger({ workers: { wk: { count: 5 } } }, { firewall: false }), first);
    assert.notEqual(await trigger({ network: { mode: "sdn", snat: false } }), first);
    assert.notEqual(await trigger({}, { shared: { ...facts, sdn: { zone: "evpnz2", mtu: 1450 } } }), first);
  });

  it("touches no SDN in mode vlan", async () => {
    const { result, resources } = await run({ network: { mode: "vlan" } });
    assert.deepEqual(
      resources.map(({ name }) => name),
      ["sol", "sol-security-group"],
    );
    assert.deepEqual(result.ready.map(nameOf), ["sol-security-group"]);
  });

  it("makes nothing where networks exist and the firewall is off", async () => {
    const external = {
      mode: "external",
      nodeSubnets: ["192.168.1.0/24"],
      gateways: ["192.168.1.1"],
      vip: "192.168.1.10",
      podSubnets: ["172.16.0.0/16"],
      serviceSubnets: ["172.17.0.0/16"],
    };
    const { result, resources } = await run({ network: external }, { firewall: false });
    assert.deepEqual(
      resources.map(({ name }) => name),
      ["sol"],
    );
    assert.deepEqual(result.ready, []);
    assert.equal(result.securityGroup, undefined);
  });

  it("hands the management ranges to the security group", async () => {
    const { resources } = await run({}, { managementRanges: ["10.0.10.0/24"] });
    const { name, rules } = (resources.find(({ type }) => type === group)?.inputs ?? {}) as {
      name: string;
      rules: { source?: string }[];
    };
    assert.equal(name, "cluster-101");
    assert.equal(rules[0]?.source, "10.0.10.0/24");
  });

  it("has the configuration of routers at hand as plain text", async () => {
    const { result } = await run({}, { hostAddresses: ["10.255.0.1"] });
    assert.match(result.routerConfiguration.frr, /^router bgp 4200001000 vrf vrf_evpnz1$/m);
    assert.match(result.routerConfiguration.vyos, /^set protocols bgp neighbor 10\.255\.0\.1 remote-as '4200001000'$/m);
  });

  it("configures the router of downstream clusters after the cluster's own, because both may be one", async () => {
    const { routers } = testShared({
      routers: { vyos01: { host: "10.0.0.1", hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHk" } },
    });
    const access = { config: routers.vyos01 ?? assert.fail(), privateKey: "key" };
    const set = ["interfaces ethernet eth0 vif 40 mtu '1500'"];
    const plan = { notes: [], own: ["interfaces ethernet eth0 vif 40"], need: [], prefer: [], set };
    const downstreamRouter = { ...access, plan };
    const { result, resources } = await run({ network: { mode: "vlan" } }, { router: access, downstreamRouter });
    assert.deepEqual(result.downstreamReady.map(nameOf), ["sol-downstream-router"]);
    assert.ok(!result.ready.map(nameOf).includes("sol-downstream-router"), "the cluster's own machines do not need it");
    const command = resources.find(({ name }) => name === "sol-downstream-router");
    assert.match(String(command?.inputs.stdin), /^set interfaces ethernet eth0 vif 40 mtu '1500'$/m);
    assert.deepEqual(command?.dependsOn, ["sol-router"]);
  });

  it("configures the router that the cluster names, and machines wait for it", async () => {
    const { routers } = testShared({
      routers: { vyos01: { host: "10.0.0.1", hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHk" } },
    });
    const config = routers.vyos01;
    assert.ok(config);
    const router = { config, privateKey: "key" };
    const { result, resources } = await run({ network: { mode: "vlan" } }, { router });
    const command = resources.find(({ type }) => type === "command:remote:Command");
    assert.ok(command);
    assert.equal(command.name, "sol-router");
    assert.deepEqual(result.ready.map(nameOf), ["sol-security-group", "sol-router"]);
    const { stdin, ...others } = command.inputs as Record<string, unknown>;
    assert.match(String(stdin), /^set interfaces ethernet eth0 vif 101 mtu '1500'$/m);
    assert.doesNotMatch(String(stdin), /@PLAN@|undefined/);
    const { connection, ...rest } = others;
    assert.match(JSON.stringify(connection), /"hostKey":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHk"/);
    assert.deepEqual(rest, {
      create: "sg vyattacfg -c 'vbash -s apply'",
      delete: "sg vyattacfg -c 'vbash -s remove'",
      triggers: [
        "10.0.0.1",
        "interfaces ethernet eth0 vif 101",
        "policy prefix-list6 CLUSTER-101-V6",
        "policy prefix-list CLUSTER-101-V4",
        "protocols bgp peer-group CLUSTER-101",
        "protocols bgp neighbor * peer-group 'CLUSTER-101'",
      ],
      addPreviousOutputInEnv: false,
    });
  });
});
