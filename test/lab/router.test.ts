import assert from "node:assert/strict";
import { showCommands } from "../../lab/vyos/router.ts";
import { changed } from "./support/judge.ts";
import { TestSite } from "./support/site.ts";

const host = "10.0.0.1";
const router = { host, hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHk", interface: "eth1" };

/** A resource in the state, as Pulumi keeps it. */
interface Kept {
  type: string;
  inputs: { stdin: string; connection: Record<string, unknown> };
}

describe("the router of a cluster in the lab", () => {
  const site = new TestSite(["shared", "terra"]);
  after(() => site.remove());

  const commands = () => {
    const state = site.world().parts.routers?.[host];
    assert.ok(state);
    assert.deepEqual(state.saved, state.running, "it would be the same after a restart");
    return showCommands(state).split("\n").filter(Boolean);
  };
  const commits = (mark: number) =>
    site.recordsSince(mark, "router.commit").map(({ details }) => details as { removed: string[]; added: string[] });
  const workers = (count: number) =>
    site.edit("terra", (config) => {
      config.workers = { wk: { count } };
    });
  let factory: string[];

  before(async () => {
    site.edit("shared", (config) => {
      config.routers = { vyos01: router };
    });
    site.edit("terra", (config) => {
      config.controlPlanes = { count: 1 };
      config.workers = { wk: { count: 1 } };
      config.network = { mode: "vlan", router: "vyos01" };
    });
    await site.succeed("up shared");
    factory = commands();
  });

  it("has VLAN, addresses, neighbours and lists when the cluster is up", async () => {
    const { terra } = await site.succeed("up terra --only");
    assert.ok(changed(terra, "create").includes("Command terra-router"));
    const lines = commands();
    for (const line of [
      "set interfaces ethernet eth1 vif 103 address '10.103.0.254/24'",
      "set service dhcp-server shared-network-name CLUSTER-103 subnet 10.103.0.0/24 static-mapping terracp01 ip-address '10.103.0.11'",
      "set policy prefix-list CLUSTER-103-V4 rule 20 prefix '10.103.128.0/17'",
      "set protocols bgp address-family ipv4-unicast maximum-paths ebgp '16'",
      "set protocols bgp neighbor fe80::be24:11ff:fe10:3021 remote-as '4210103021'",
    ]) {
      assert.ok(lines.includes(line), line);
    }
    assert.deepEqual(
      factory.filter((line) => !lines.includes(line)),
      [],
    );
    const order = site.world().records.filter(({ kind }) => kind === "router.save" || kind === "vm.create");
    assert.equal(order[0]?.kind, "router.save", "machines find their gateway");
  });

  it("keeps what it is to have readable in the state, and the key not", () => {
    const text = site.read(".orrery/lab/state/.pulumi/stacks/orrery/terra.json");
    const resources = JSON.parse(text).checkpoint.latest.resources as Kept[];
    const kept = resources.find(({ type }) => type === "command:remote:Command");
    assert.match(kept?.inputs.stdin ?? "", /^set interfaces ethernet eth1 vif 103 address '10\.103\.0\.254\/24'$/m);
    assert.deepEqual(Object.keys(kept?.inputs.connection ?? {}).sort(), [
      "4dabf18193072939515e22adb298388d",
      "ciphertext",
    ]);
  });

  it("is not touched by a second run", async () => {
    const mark = site.mark();
    const { terra } = await site.succeed("up terra --only");
    assert.equal(terra?.result, "unchanged");
    assert.deepEqual(commits(mark), []);
  });

  it("gets a new node and nothing else", async () => {
    workers(2);
    const { terra: planned } = await site.succeed("preview terra");
    assert.ok(changed(planned, "update").includes("Command terra-router"));
    const [said, ...lines] =
      planned?.changes.find(({ urn }) => urn.endsWith("terra-router"))?.effect?.split("\n") ?? [];
    assert.equal(said, "lines of its configuration");
    assert.ok(lines.includes("+ set protocols bgp neighbor fe80::be24:11ff:fe10:3022 remote-as '4210103022'"));
    const mark = site.mark();
    await site.succeed("up terra --only");
    const [commit, ...more] = commits(mark);
    assert.deepEqual(more, []);
    assert.deepEqual(commit?.removed, []);
    assert.ok(commit?.added.every((line) => /terrawk02|fe80::be24:11ff:fe10:3022/.test(line)));
    assert.equal(commit?.added.length, 8);
    const added = commit?.added.map((line) => `+ set ${line}`) ?? [];
    assert.deepEqual(
      lines.filter((line) => !added.includes(line) && !line.startsWith("+ own ")),
      [],
      "a preview tells what the router gets",
    );
  });

  it("is as it was after a commit that failed, and the run says so", async () => {
    const before = commands();
    workers(3);
    const outcome = await site.run("up terra --only", undefined, {
      faults: [
        {
          provider: "vyos",
          operation: "commit",
          token: "service dhcp-server",
          kind: "error",
          message: "no lease file",
        },
      ],
    });
    const terra = outcome.stacks.find(({ stack }) => stack === "terra");
    assert.equal(terra?.result, "failed");
    const told = terra.failure?.causes.map(({ message }) => message).join("\n") ?? "";
    assert.match(told, /\[\[service dhcp-server\]\] failed\s+Commit failed/);
    assert.match(told, /the router refused the configuration and is as it was/);
    assert.deepEqual(commands(), before);
    await site.succeed("up terra --only");
    assert.ok(commands().includes("set protocols bgp neighbor fe80::be24:11ff:fe10:3023 remote-as '4210103023'"));
  });

  it("moves the VLAN: what was there goes first", async () => {
    site.edit("terra", (config) => {
      config.network = { mode: "vlan", router: "vyos01", vlanId: 503 };
    });
    const { terra } = await site.succeed("up terra --only");
    assert.deepEqual(changed(terra, "replace"), ["Command terra-router"], "no machine is made anew");
    const vlans = commands().flatMap((line) => / vif (\d+) /.exec(line)?.[1] ?? []);
    assert.deepEqual([...new Set(vlans)], ["503"]);
  });

  it("loses the cluster's own configuration with the cluster, and nothing else", async () => {
    await site.succeed("destroy terra --yes");
    const left = commands().filter((line) => !factory.includes(line));
    assert.deepEqual(left, [
      "set protocols bgp address-family ipv4-unicast maximum-paths ebgp '16'",
      "set protocols bgp address-family ipv6-unicast maximum-paths ebgp '16'",
      "set protocols bgp parameters bestpath as-path multipath-relax",
    ]);
    assert.deepEqual(
      factory.filter((line) => !commands().includes(line)),
      [],
    );
  });
});
