import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { changedPathsOf } from "../../../../../components/talos-cluster/lifecycle/configuration-diff.ts";
import { ConfigurationPreview } from "../../../../../components/talos-cluster/lifecycle/configuration-preview.ts";
import { FakeTools, fails } from "./fake-tools.ts";

describe("paths of what differs between machine configurations", () => {
  const cases: [string, string, string, string[]][] = [
    ["nothing where only the form differs", "machine: {a: 1}", "machine:\n  a: 1 # one", []],
    ["values", "machine: {type: worker}", "machine: {type: controlplane}", ["machine.type"]],
    [
      "keys that are new, gone, and full of dots",
      "machine: {sysctls: {vm.swappiness: '1'}, kubelet: {image: a}}",
      "machine: {sysctls: {vm.overcommit_memory: '1'}, kubelet: {image: a}}",
      ['machine.sysctls["vm.swappiness"]', 'machine.sysctls["vm.overcommit_memory"]'],
    ],
    [
      "items of lists",
      "machine: {disks: [{size: 1}, {size: 2}]}",
      "machine: {disks: [{size: 1}, {size: 3}]}",
      ["machine.disks[1].size"],
    ],
    ["lists that grow, as a whole", "cluster: {names: [a]}", "cluster: {names: [a, b]}", ["cluster.names"]],
    [
      "documents by kind and name",
      "version: v1alpha1\n---\nkind: VolumeConfig\nname: EPHEMERAL\nsize: 1\n---\nkind: WatchdogTimerConfig\ntimeout: 1m",
      "kind: VolumeConfig\nname: EPHEMERAL\nsize: 2\n---\nversion: v1alpha1\n---\nkind: VolumeConfig\nname: IMAGECACHE",
      ["VolumeConfig/EPHEMERAL.size", "WatchdogTimerConfig", "VolumeConfig/IMAGECACHE"],
    ],
    ["one that is new as a whole", "", "kind: HostnameConfig\nhostname: a", ["HostnameConfig"]],
  ];
  for (const [what, before, after, paths] of cases) {
    it(`are those of ${what}`, () => assert.deepEqual(changedPathsOf(before, after), paths));
  }

  it("hold no line of a text that is no YAML", () => {
    const broken = "machine:\n  token: hidden-secret\n  - nothing";
    assert.throws(
      () => changedPathsOf(broken, broken),
      (error: Error) => !/secret/.test(error.message),
    );
  });
});

describe("what a changed machine configuration does", () => {
  const nodes = [1, 2, 3].map((number) => ({
    name: `solwk0${number}`,
    role: "worker" as const,
    address: `10.0.0.2${number}`,
  }));
  const next =
    "machine: {token: new-secret, sysctls: {vm.swappiness: '1'}, udev: {rules: [a]}, time: {disabled: true}}";
  let tools: FakeTools;

  beforeEach(() => {
    tools = new FakeTools();
    for (const { address, name } of nodes) {
      has(address, "machine: {token: old-secret}");
      const text =
        "Dry run summary:\nApplied configuration with a reboot (skipped in dry-run).\nConfig diff:\n\n-a\n+b";
      tools.answer(address, `apply-config --mode auto --dry-run --file ${name}.yaml`, text);
    }
  });
  afterEach(() => tools.close());

  function has(address: string, configuration: string): void {
    const resource = { metadata: { id: "v1alpha1" }, node: address, spec: configuration };
    tools.answer(address, "get machineconfig v1alpha1 -o json", JSON.stringify(resource));
  }

  function preview(moved: object = {}): ConfigurationPreview {
    return new ConfigurationPreview({
      cluster: {
        name: "sol",
        talos: "v1.11.5",
        nodes: nodes.map((node) => ({ ...node, ...moved })),
        talosconfig: async () => "talosconfig-secret",
      },
      machineConfiguration: async () => next,
    });
  }

  it("is told by paths, and with what Talos says of a reboot", async () => {
    assert.equal(
      await preview().describe("solwk01"),
      "machine.token, machine.sysctls, machine.udev, machine.time, with a reboot",
    );
  });

  it("is told in short when it is much", async () => {
    has("10.0.0.21", "machine: {token: old-secret, type: worker}\ncluster: {id: a}");
    assert.equal(
      await preview().describe("solwk01"),
      "machine.token, machine.type, machine.sysctls, 3 more, with a reboot",
    );
  });

  it("is nothing when only the form differs, and the node is not asked more", async () => {
    has("10.0.0.21", `# the same\n${next}`);
    assert.equal(await preview().describe("solwk01"), "how it is written, and nothing else");
    assert.deepEqual(tools.calls(/apply-config/), []);
  });

  it("is not known where no node can be reached, which is said once and waited for once", async () => {
    for (const { address } of nodes) tools.answer(address, "get machineconfig v1alpha1 -o json", fails("no route"));
    const changes = preview();
    assert.equal(
      await changes.describe("solwk01"),
      "not known, because talosctl get machineconfig on solwk01 (10.0.0.21) failed: no route",
    );
    assert.equal(await changes.describe("solwk02"), undefined);
    assert.deepEqual(tools.calls(/10\.0\.0\.22/), []);
  });

  it("is told of the others when one node of a cluster that can be reached is down", async () => {
    tools.answer("10.0.0.22", "get machineconfig v1alpha1 -o json", fails("no route"));
    const changes = preview();
    await changes.describe("solwk01");
    assert.match((await changes.describe("solwk02")) ?? "", /^not known, because/);
    assert.match((await changes.describe("solwk03")) ?? "", /with a reboot$/);
  });

  it("is nothing where `up` refuses the node", async () => {
    assert.equal(
      await preview({ maintenanceAddress: "10.9.9.9" }).describe("solwk01"),
      "nothing before `maintenanceAddress` is taken out of the stack file: the node was installed and has the address 10.0.0.21 now",
    );
    assert.equal(tools.record, "");
  });

  it("leaves no secrets behind, neither in files nor in arguments", async () => {
    await preview().describe("solwk01");
    assert.deepEqual(readdirSync(join(tools.folder, "tmp")), []);
    assert.doesNotMatch(tools.record, /-secret/);
  });
});
