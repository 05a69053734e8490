import assert from "node:assert/strict";
import { beforeEach, describe, it } from "mocha";
import { commit, factoryRouter, type RouterState, save, showCommands } from "../../../../lab/vyos/router.ts";
import { emptyWorld } from "../../../../lab/world/store.ts";
import { World } from "../../../../lab/world/world.ts";

const about = { version: "1.4" as const, port: 22, user: "vyos", hostKey: "ssh-ed25519 AAAA" };
const factory = `set interfaces ethernet eth3 address '192.0.2.2/24'
set protocols bgp neighbor 192.0.2.1 remote-as '64500'
set protocols bgp system-as '4200001000'
set service ssh port '22'
set system host-name 'router'
`;

describe("routers of the lab", () => {
  let world: World;
  let router: RouterState;
  const change = (...lines: string[]) =>
    commit(
      world,
      "router",
      router,
      lines.map((line) => line.split(" ")),
    );

  beforeEach(() => {
    world = new World(emptyWorld(), () => {});
    router = factoryRouter(about, 4_200_001_000);
  });

  it("show their configuration as commands", () => assert.equal(showCommands(router), factory));

  it("replace the value of a leaf, and collect those of a list", async () => {
    await change("set system host-name edge", "set interfaces ethernet eth3 address 2001:db8::2/64");
    assert.match(showCommands(router), /host-name 'edge'/);
    assert.match(
      showCommands(router),
      /eth3 address '192\.0\.2\.2\/24'\nset interfaces ethernet eth3 address '2001:db8::2\/64'/,
    );
  });

  it("take a list away with its last name, and keep words that only group", async () => {
    await change(
      "set policy prefix-list A rule 10 action permit",
      "set policy prefix-list A rule 10 prefix 10.0.0.0/8",
    );
    await change("delete policy prefix-list A");
    assert.match(showCommands(router), /^set policy$/m);
    await change("delete policy");
    assert.equal(showCommands(router), factory);
  });

  const refused: [string, string[], RegExp][] = [
    [
      "an unknown word",
      ["set protocols ospf area 0"],
      /Configuration path: protocols \[ospf\] is not valid\n {2}Set failed/,
    ],
    ["a path without its value", ["set system host-name"], /is not valid/],
    ["to delete nothing", ["delete policy"], /Nothing to delete/],
    [
      "a rule without a prefix",
      ["set policy prefix-list A rule 1 action permit"],
      /A prefix must be specified for "prefix-list A rule 1"/,
    ],
    [
      "an interface that it does not have",
      ["set interfaces ethernet eth9 vif 5 address 10.0.0.1/24"],
      /"eth9" does not exist/,
    ],
    ["BGP without its own ASN", ["delete protocols bgp system-as"], /system-as number must be defined/],
    ["a neighbour without ASN", ["set protocols bgp neighbor 10.0.0.9 description x"], /remote-as must be set/],
    [
      "a group without its list",
      ["set protocols bgp peer-group A address-family ipv4-unicast prefix-list import B"],
      /prefix-list B does not exist/,
    ],
    [
      "DHCP without networks",
      [
        "set service dhcp-server shared-network-name A authoritative",
        "delete service dhcp-server shared-network-name A",
      ],
      /No DHCP shared networks/,
    ],
    [
      "DHCP on a network that it is not in",
      ["set service dhcp-server shared-network-name A subnet 10.9.0.0/24 range a start 10.9.0.5"],
      /is connected to an interface/,
    ],
  ];
  for (const [what, lines, message] of refused) {
    it(`refuse ${what}`, async () => {
      assert.match(await change(...lines), message);
      assert.equal(showCommands(router), factory);
    });
  }

  it("keep what had succeeded of a failed commit, as VyOS does", async () => {
    const said = await change(
      "set policy prefix-list A rule 10 action permit",
      "set policy prefix-list A rule 10 prefix 10.0.0.0/8",
      "set protocols bgp neighbor 10.0.0.9 peer-group B",
    );
    assert.match(said, /\[\[protocols bgp\]\] failed\nCommit failed\n$/);
    assert.match(showCommands(router), /policy prefix-list A rule 10 prefix/);
    assert.doesNotMatch(showCommands(router), /10\.0\.0\.9/);
  });

  it("come back after a restart with what was saved", async () => {
    await change("set system host-name edge");
    assert.notDeepEqual(router.saved, router.running);
    save(world, "router", router);
    assert.deepEqual(router.saved, router.running);
  });
});
