import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  addNode,
  address,
  cluster,
  configuration,
  context,
  create,
  hardware,
  openTestLab,
  type TestLab,
  testSecrets,
} from "./helpers.ts";

const token = "talos:machine/configurationApply:ConfigurationApply";

describe("lab/talos ConfigurationApply", () => {
  let lab: TestLab;

  beforeEach(() => {
    lab = openTestLab();
  });

  afterEach(() => lab.remove());

  const rebootingPatch = "machine:\n  env: {FOO: bar}\n";
  const immediatePatch = "machine:\n  sysctls: {vm.swappiness: '1'}\n";

  async function applyAgain(patch: string, applyMode: string) {
    const { clientConfiguration } = await testSecrets(lab);
    const text = await configuration(lab, 11, "controlplane", patch);
    return create(lab, token, { node: address(11), clientConfiguration, applyMode, machineConfigurationInputWo: text });
  }

  for (const [name, patch, mode, reboots, active] of [
    ["auto without reboot", immediatePatch, "auto", 0, "new"],
    ["auto with reboot", rebootingPatch, "auto", 1, "new"],
    ["reboot", immediatePatch, "reboot", 1, "new"],
    ["no_reboot", immediatePatch, "no_reboot", 0, "new"],
    ["staged", immediatePatch, "staged", 0, "old"],
    ["staged_if_needing_reboot that does not", immediatePatch, "staged_if_needing_reboot", 0, "new"],
    ["staged_if_needing_reboot that does", rebootingPatch, "staged_if_needing_reboot", 0, "old"],
  ] as const) {
    it(`running node: ${name}`, async () => {
      await cluster(lab, [11]);
      const before = lab.talos.api.machines.get(hardware(11).key)?.active?.hash;
      const { outputs } = await applyAgain(patch, mode);
      await lab.world.clock.pass(60_000);
      const machine = lab.talos.api.machines.get(hardware(11).key);
      assert.equal(lab.records("node.reboot").length, reboots);
      assert.equal(machine?.active?.hash === before ? "old" : "new", active);
      assert.equal(machine?.persisted?.hash, outputs.machineConfigurationHash);
    });
  }

  it("running node: no_reboot refuses what needs one, at once", async () => {
    await cluster(lab, [11]);
    const before = lab.world.clock.nowMs;
    await assert.rejects(
      applyAgain(rebootingPatch, "no_reboot"),
      /code = InvalidArgument desc = this config change can't be applied in immediate mode\ndiff:\nmachine\.env/,
    );
    assert.equal(lab.world.clock.nowMs, before);
  });

  it("maintenance mode: takes no staged configuration, however long it tries", async () => {
    lab.talos.power.powerOn(hardware(11));
    await lab.world.clock.pass(30_000);
    await assert.rejects(
      addNode(lab, 11, "controlplane", { inputs: { applyMode: "staged_if_needing_reboot" } }),
      /code = Unimplemented desc = apply configuration --mode='staged' is not supported in maintenance mode/,
    );
    assert.equal(lab.world.clock.nowMs, 630_000);
  });

  it("refuses documents that the machine's Talos does not know", async () => {
    lab.talos.power.powerOn(hardware(11));
    const text = await configuration(lab, 11, "controlplane");
    const { clientConfiguration } = await testSecrets(lab);
    await assert.rejects(
      create(lab, token, {
        node: address(11),
        clientConfiguration,
        machineConfigurationInputWo: `${text}---\napiVersion: v1alpha1\nkind: HostnameConfig\nhostname: node11\n`,
      }),
      /code = InvalidArgument desc = configuration validation failed: "HostnameConfig" "v1alpha1": not registered/,
    );
  });

  it("refuses the hostname said twice on Talos 1.12", async () => {
    const machine = { bootImage: { talosVersion: "v1.12.0", schematic: "0", platform: "nocloud" as const } };
    lab.talos.power.powerOn(hardware(11, machine));
    const text = await configuration(lab, 11, "controlplane");
    const { clientConfiguration } = await testSecrets(lab);
    await assert.rejects(
      create(lab, token, {
        node: address(11),
        clientConfiguration,
        machineConfigurationInputWo: `${text}---\napiVersion: v1alpha1\nkind: HostnameConfig\nhostname: node11\n`,
      }),
      /static hostname is already set in v1alpha1 config/,
    );
  });

  it("waits for a machine that is not there yet and gives up after its timeout", async () => {
    await assert.rejects(
      create(lab, token, {
        node: address(19),
        clientConfiguration: (await testSecrets(lab)).clientConfiguration,
        machineConfigurationInputWo: await configuration(lab, 19, "worker"),
        timeouts: { create: "2m" },
      }),
      /dial tcp \[fd00:102::19\]:50000: connect: no route to host/,
    );
    assert.equal(lab.world.clock.nowMs, 120_000);
  });

  it("lets nobody in whose certificate another authority issued", async () => {
    await cluster(lab, [11]);
    const foreign = await create(lab, "talos:machine/secrets:Secrets", { talosVersion: "v1.11.5" });
    const { clientConfiguration: own } = await testSecrets(lab);
    const other = foreign.outputs.clientConfiguration as typeof own;
    const connect = (credentials: typeof own) => () => lab.talos.api.connect(address(11), address(11), credentials);
    assert.throws(connect(other), /certificate signed by unknown authority/);
    assert.throws(connect({ ...other, caCertificate: own.caCertificate }), /unknown certificate authority/);
    assert.throws(connect({ ...own, clientKey: other.clientKey }), /private key does not match/);
    assert.doesNotThrow(connect(own));
  });

  it("keeps the write-only input out of the outputs and shows its change by the hash", async () => {
    const { outputs } = await addNode(lab, 11, "controlplane");
    assert.deepEqual(
      Object.keys(outputs)
        .filter((name) => outputs[name] !== undefined)
        .sort(),
      ["applyMode", "clientConfiguration", "endpoint", "machineConfigurationHash", "node", "resolvedApplyMode"],
    );
    const type = lab.talos.provider.resources[token];
    const inputs = {
      node: address(11),
      clientConfiguration: outputs.clientConfiguration,
      machineConfigurationInputWo: await configuration(lab, 11, "controlplane"),
    };
    assert.deepEqual(await type?.diff("id", inputs, outputs, inputs, context), { changed: [], replaces: [] });
    const changed = {
      ...inputs,
      machineConfigurationInputWo: await configuration(lab, 11, "controlplane", immediatePatch),
    };
    assert.deepEqual(await type?.diff("id", inputs, outputs, changed, context), {
      changed: ["machineConfigurationHash"],
      replaces: [],
    });
  });

  it("resets on destroy, and refuses to for the last etcd member", async () => {
    await cluster(lab, [11, 12, 13]);
    const { clientConfiguration } = await testSecrets(lab);
    const type = lab.talos.provider.resources[token];
    const bag = (suffix: number, reboot: boolean) => ({
      node: address(suffix),
      endpoint: address(suffix),
      clientConfiguration,
      onDestroy: { reset: true, graceful: true, reboot },
      timeouts: { delete: "5m" },
    });
    await type?.delete("id", {}, bag(13, true), context);
    assert.equal(lab.talos.api.machines.get(hardware(13).key)?.phase, "maintenance");
    await type?.delete("id", {}, bag(12, false), context);
    assert.equal(lab.talos.api.machines.get(hardware(12).key)?.phase, "off");
    assert.deepEqual(lab.records("etcd.quorum").at(-1)?.details?.members, 1);
    await assert.rejects(async () => type?.delete("id", {}, bag(11, false), context), /can't leave/);
  });

  it("keeps configurations in files that only their owner can read", async () => {
    await addNode(lab, 11, "controlplane");
    for (const section of ["configurations", "results"]) {
      const folder = join(lab.folder, "talos", section);
      const files = readdirSync(folder);
      assert.notEqual(files.length, 0);
      for (const file of files) assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
    }
    const { machineSecrets } = await testSecrets(lab);
    const world = JSON.stringify(lab.world.state);
    for (const secret of [
      machineSecrets.cluster.secret,
      machineSecrets.trustdinfo.token,
      machineSecrets.certs.os.key,
    ]) {
      assert.equal(world.includes(secret), false);
    }
  });

  it("checks its inputs like the provider", async () => {
    const type = lab.talos.provider.resources[token];
    const result = await type?.check(
      { node: "n", applyMode: "now", machineConfigurationInputs: "x" },
      undefined,
      context,
    );
    assert.deepEqual(
      result?.failures.map(({ property, reason }) => `${property}: ${reason}`),
      [
        'machineConfigurationInputs: unknown property; did you mean "machineConfigurationInput"?',
        'machineConfigurationInput: exactly one of "machineConfigurationInput" and "machineConfigurationInputWo" must be set',
        'clientConfiguration: exactly one of "clientConfiguration" and "clientConfigurationWo" must be set',
        'applyMode: value must be one of: ["auto" "reboot" "no_reboot" "staged" "staged_if_needing_reboot"], got: "now"',
      ],
    );
  });
});
