import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "mocha";
import { planAddresses } from "../../components/network/addresses.ts";
import { planDownstreamAddresses } from "../../components/network/downstream.ts";
import { vyosPlan } from "../../components/network/router.ts";
import { downstreamVyosPlan } from "../../components/network/router-downstream.ts";
import { applyCommand, removeCommand, routerScript } from "../../components/network/router-script.ts";
import type { VyosPlan } from "../../components/network/router-vyos.ts";
import { downstreamSchema } from "../../config/downstream.ts";
import { openCommand } from "../../lab/command/index.ts";
import type { ResourceType } from "../../lab/protocol/provider.ts";
import type { Properties } from "../../lab/protocol/values.ts";
import { openTools, type ToolServer } from "../../lab/tools/server.ts";
import { factoryRouter, type RouterState, showCommands } from "../../lab/vyos/router.ts";
import { schemaOf } from "../../lab/vyos/schema.ts";
import { routersOf, vyosTool } from "../../lab/vyos/tool.ts";
import { linesOf } from "../../lab/vyos/tree.ts";
import { emptyWorld } from "../../lab/world/store.ts";
import { World } from "../../lab/world/world.ts";
import { testCluster, testShared } from "../support/site.ts";

const host = "10.0.0.1";
const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHk";
const context = {
  urn: "urn:pulumi:terra::orrery::command:remote:Command::terra-router",
  preview: false,
  timeoutSeconds: 0,
};

function planOf(id: number, nodes: string[], changes: Partial<VyosPlan> = {}): VyosPlan {
  const list = `CLUSTER-${id}-V4`;
  const group = `CLUSTER-${id}`;
  return {
    notes: [],
    own: [
      `interfaces ethernet eth1 vif ${id}`,
      `service dhcp-server shared-network-name ${group}`,
      `policy prefix-list ${list}`,
      `protocols bgp peer-group ${group}`,
      `protocols bgp neighbor * peer-group '${group}'`,
    ],
    need: ["protocols bgp system-as '4200001000'"],
    prefer: ["protocols bgp parameters bestpath as-path multipath-relax"],
    set: [
      `interfaces ethernet eth1 vif ${id} address '10.${id}.0.254/24'`,
      `service dhcp-server shared-network-name ${group} subnet 10.${id}.0.0/24 static-mapping one ip-address '10.${id}.0.11'`,
      `service dhcp-server shared-network-name ${group} subnet 10.${id}.0.0/24 static-mapping one mac-address 'bc:24:11:00:00:11'`,
      `policy prefix-list ${list} rule 10 action 'permit'`,
      `policy prefix-list ${list} rule 10 description 'pods'`,
      `policy prefix-list ${list} rule 10 prefix '10.${id}.128.0/17'`,
      `protocols bgp peer-group ${group} address-family ipv4-unicast prefix-list import '${list}'`,
      ...nodes.flatMap((address) => [
        `protocols bgp neighbor ${address} peer-group '${group}'`,
        `protocols bgp neighbor ${address} remote-as '4210103011'`,
      ]),
    ],
    ...changes,
  };
}

/** The plan of the downstream clusters of a management cluster. */
function downstreamPlan(managementId: number, vlanId: number, clusters: Record<string, { id: number }>): VyosPlan {
  const net = vlanId - 30;
  const downstream = downstreamSchema.parse({
    clusters,
    network: {
      vlanId,
      nodeSubnet: `10.${net}.40.0/24`,
      gateway: `10.${net}.40.1`,
      loadBalancerRange: `10.${net}.50.0/24`,
    },
  });
  const { network } = downstream;
  const { plans } = planDownstreamAddresses(downstream);
  return downstreamVyosPlan({ managementId, network, plans, router: { interface: "eth1" } });
}

describe("a router of the lab and the script that configures it", () => {
  let world: World;
  let tools: ToolServer;
  let router: RouterState;
  let command: ResourceType;
  let close: () => void;
  let factory: string;

  const inputs = (plan: VyosPlan): Properties => ({
    connection: { host, port: 22, user: "vyos", hostKey, privateKey: "key" },
    create: applyCommand,
    delete: removeCommand,
    stdin: routerScript(plan),
    addPreviousOutputInEnv: false,
  });
  const apply = async (plan: VyosPlan) => String((await command.create(inputs(plan), context)).outputs.stdout);
  const remove = (plan: VyosPlan) => command.delete("id", inputs(plan), inputs(plan), context);
  const commits = () =>
    world.state.records.filter(({ kind }) => kind === "router.commit").map(({ details }) => details);
  const has = (line: string) => showCommands(router).includes(`set ${line}`);

  before(async () => {
    world = new World(emptyWorld(), () => {});
    tools = openTools(world);
    tools.register("vyos", vyosTool(world));
    const lab = openCommand(world, { env: { ...process.env, ORRERY_LAB: await tools.listen() } });
    command = lab.provider.resources["command:remote:Command"] as ResourceType;
    close = () => lab.close();
  });
  after(() => {
    close();
    tools.close();
  });
  beforeEach(() => {
    world.faults.clear();
    world.state.records.length = 0;
    router = factoryRouter({ version: "1.4", port: 22, user: "vyos", hostKey }, 4_200_001_000);
    routersOf(world)[host] = router;
    factory = showCommands(router);
  });

  it("gets what the plan says, and keeps it over a restart", async () => {
    const plan = planOf(103, ["10.103.0.11"]);
    const said = await apply(plan);
    for (const line of [...plan.set, ...plan.need, ...plan.prefer]) assert.ok(has(line), line);
    assert.match(said, /^set interfaces ethernet eth1 vif 103 address '10\.103\.0\.254\/24'$/m);
    assert.deepEqual(router.saved, router.running);
  });

  it("is left alone when nothing differs", async () => {
    const plan = planOf(103, ["10.103.0.11"]);
    await apply(plan);
    assert.match(await apply(plan), /^Saving configuration/);
    assert.equal(commits().length, 1);
  });

  it("gets only the difference", async () => {
    await apply(planOf(103, ["10.103.0.11", "10.103.0.12"]));
    const plan = planOf(103, ["10.103.0.11", "10.103.0.13"]);
    plan.set = plan.set.map((line) => line.replace("description 'pods'", "description 'pods-of-nodes'"));
    await apply(plan);
    assert.deepEqual(commits()[1], {
      removed: [
        "policy prefix-list CLUSTER-103-V4 rule 10 description 'pods'",
        "protocols bgp neighbor 10.103.0.12 peer-group 'CLUSTER-103'",
        "protocols bgp neighbor 10.103.0.12 remote-as '4210103011'",
      ],
      added: [
        "policy prefix-list CLUSTER-103-V4 rule 10 description 'pods-of-nodes'",
        "protocols bgp neighbor 10.103.0.13 peer-group 'CLUSTER-103'",
        "protocols bgp neighbor 10.103.0.13 remote-as '4210103011'",
      ],
    });
  });

  for (const part of ["protocols bgp", "service dhcp-server"]) {
    it(`is as it was when it refuses the part "${part}", whatever it had taken before`, async () => {
      await apply(planOf(103, ["10.103.0.11"]));
      const running = structuredClone(router.running);
      world.faults.add({ provider: "vyos", token: part, kind: "error", message: "no space left", times: 1 });
      const plan = planOf(103, ["10.103.0.12"]);
      plan.set = plan.set.map((line) => line.replaceAll("10.103.0.254", "10.103.0.253").replace("0.11'", "0.12'"));
      plan.set = plan.set.map((line) => line.replace("'10.103.128.0/17'", "'10.103.64.0/18'"));
      await assert.rejects(apply(plan), (error: Error) => {
        assert.match(error.message, /^Process exited with status 1: running "sg vyattacfg -c 'vbash -s apply'":/);
        assert.match(
          error.message,
          /no space left[\s\S]*Commit failed[\s\S]*refused the configuration and is as it was/,
        );
        return true;
      });
      assert.deepEqual(router.running, running);
      assert.deepEqual(router.saved, running);
    });
  }

  it("is as it was when the plan names something that it does not know", async () => {
    const plan = planOf(103, ["10.103.0.11"]);
    plan.set.push("protocols bgp neighbor 10.103.0.11 colour 'blue'");
    await assert.rejects(
      apply(plan),
      /Configuration path: protocols bgp neighbor 10\.103\.0\.11 \[colour\] is not valid/,
    );
    assert.equal(showCommands(router), factory);
  });

  it("says what is to be done when it cannot be put back", async () => {
    world.faults.add({ provider: "vyos", token: "protocols bgp", kind: "error", message: "first", times: 1 });
    world.faults.add({ provider: "vyos", token: "policy", kind: "error", message: "second", skip: 1, times: 1 });
    await assert.rejects(
      apply(planOf(103, ["10.103.0.11"])),
      /could not be put back; this would do it:\ndelete policy\n/,
    );
  });

  it("is not touched when it has what the cluster cannot live with", async () => {
    const plan = planOf(103, [], { need: ["protocols bgp system-as '65000'"] });
    await assert.rejects(
      apply(plan),
      /the router has: protocols bgp system-as '4200001000'\nthe cluster needs: .*'65000'/,
    );
    assert.deepEqual(commits(), []);
  });

  it("loses one cluster and keeps the other, and everything that is not a cluster's", async () => {
    const [one, other] = [planOf(103, ["10.103.0.11"]), planOf(104, ["10.104.0.11"])];
    await apply(one);
    const before = linesOf(router.running, schemaOf("1.4"));
    await apply(other);
    await remove(other);
    assert.deepEqual(linesOf(router.running, schemaOf("1.4")), before);
    await remove(one);
    assert.equal(
      showCommands(router),
      factory.replace(
        "set protocols bgp system-as",
        "set protocols bgp parameters bestpath as-path multipath-relax\nset protocols bgp system-as",
      ),
    );
    assert.deepEqual(router.saved, router.running);
  });

  it("keeps what clusters behind the same hosts share, and the rules of the one that stays", async () => {
    const shared = testShared({ routers: { edge: { host, hostKey, asn: 4_200_001_000 } } });
    const [one, other] = ([101, 102] as const).map((id) => {
      const { plan: addresses } = planAddresses(testCluster({ id }, `c${id}`), shared, `c${id}`);
      return vyosPlan({ addresses, nodes: [], hostAddresses: ["10.255.0.1"], router: shared.routers.edge });
    });
    assert.ok(one && other);
    await apply(one);
    const before = showCommands(router);
    await apply(other);
    assert.ok(has("policy prefix-list CLUSTERS-V4 rule 10220 prefix '10.102.128.0/17'"));
    await remove(other);
    assert.equal(showCommands(router), before);
    await remove(one);
    assert.ok(has("protocols bgp neighbor 10.255.0.1 peer-group 'CLUSTERS'"));
    assert.doesNotMatch(showCommands(router), /CLUSTERS-V[46] rule (?!65535)/);
  });

  it("is not talked to with another host key, user or address", async () => {
    const plan = planOf(103, []);
    const said = inputs(plan);
    const connections: [object, RegExp][] = [
      [{ hostKey: "ssh-ed25519 AAAAother" }, /ssh: host key mismatch/],
      [{ user: "root" }, /ssh: unable to authenticate/],
      [{ host: "10.0.0.9" }, /dial tcp 10\.0\.0\.9:22: connect: no route to host/],
    ];
    for (const [change, message] of connections) {
      const connection = { ...(said.connection as object), ...change };
      await assert.rejects(command.create({ ...said, connection }, context), message);
    }
  });

  it("has the downstream clusters of two management clusters side by side, and each goes alone", async () => {
    const sol = downstreamPlan(101, 40, { media: { id: 1 }, dev: { id: 2 } });
    await apply(sol);
    const alone = showCommands(router);
    const luna = downstreamPlan(102, 41, { lab: { id: 1 } });
    await apply(luna);
    assert.ok(has("protocols bgp listen range 10.10.40.0/24 peer-group 'DOWNSTREAM-101'"));
    assert.ok(has("protocols bgp listen range 10.11.40.0/24 peer-group 'DOWNSTREAM-102'"));
    assert.equal(await apply(sol).then((said) => /set |delete /.test(said)), false, "nothing differs");
    await remove(luna);
    assert.equal(showCommands(router), alone);
    const without = downstreamPlan(101, 40, { dev: { id: 2 } });
    assert.match(await apply(without), /delete policy prefix-list DOWNSTREAM-101-V4 rule 10\n/);
    assert.ok(has("policy prefix-list DOWNSTREAM-101-V4 rule 20 prefix '10.10.50.32/28'"));
    await remove(without);
    assert.ok(!/ vif |DOWNSTREAM/.test(showCommands(router)));
  });
});
