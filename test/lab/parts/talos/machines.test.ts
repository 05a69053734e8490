import assert from "node:assert/strict";
import {
  addNode,
  address,
  cluster,
  create,
  hardware,
  kubernetesWithCni,
  openTestLab,
  type TestLab,
  testSecrets,
} from "./helpers.ts";

describe("lab/talos machines", () => {
  let lab: TestLab;

  beforeEach(() => {
    lab = openTestLab();
  });

  afterEach(() => lab.remove());

  const phase = (suffix: number) => lab.talos.api.machines.get(hardware(suffix).key)?.phase;

  it("boots into maintenance mode, installs, reboots and runs", async () => {
    lab.talos.power.powerOn(hardware(11));
    assert.equal(phase(11), "booting");
    await lab.world.clock.pass(20_000);
    assert.equal(phase(11), "maintenance");
    await addNode(lab, 11, "controlplane");
    assert.equal(phase(11), "installing");
    await lab.world.clock.pass(60_000);
    assert.equal(phase(11), "rebooting");
    await lab.world.clock.pass(30_000);
    assert.equal(phase(11), "running");
    lab.talos.power.powerOff(hardware(11).key);
    lab.talos.power.powerOn(hardware(11, { bootImage: undefined }));
    await lab.world.clock.pass(20_000);
    assert.equal(phase(11), "running", "an installed machine boots from its disk");
  });

  it("stays off the network without disk and image", async () => {
    lab.talos.power.powerOn(hardware(11, { bootImage: undefined }));
    await lab.world.clock.pass(3_600_000);
    assert.equal(phase(11), "booting");
    assert.equal(lab.records("machine.no-boot-device").length, 1);
  });

  it("goes back to maintenance mode when the disk to install to does not exist", async () => {
    await addNode(lab, 11, "controlplane", { hardware: { disks: [{ name: "vda", sizeGiB: 40 }] } });
    await lab.world.clock.pass(120_000);
    assert.equal(phase(11), "maintenance");
    assert.deepEqual(lab.records("node.install-failed")[0]?.details, { disk: "/dev/sda" });
  });

  it("lets configured control planes join after the bootstrap, one after the other", async () => {
    await cluster(lab, [11, 12, 13]);
    assert.deepEqual(
      lab.records("etcd.quorum").map(({ details }) => `${details?.running}/${details?.members} ${details?.quorum}`),
      ["1/1 true", "2/2 true", "3/3 true"],
    );
  });

  it("makes a second etcd cluster by a second bootstrap", async () => {
    await addNode(lab, 11, "controlplane");
    await addNode(lab, 12, "controlplane");
    await lab.world.clock.pass(120_000);
    const { clientConfiguration } = await testSecrets(lab);
    await Promise.all(
      [11, 12].map((suffix) =>
        create(lab, "talos:machine/bootstrap:Bootstrap", { node: address(suffix), clientConfiguration }),
      ),
    );
    assert.deepEqual(
      lab.records("etcd.bootstrap").map(({ subject, details }) => [subject, details?.etcdClusters]),
      [
        ["node11", 1],
        ["node12", 2],
      ],
    );
  });

  it("refuses to bootstrap a member again until the time is over", async () => {
    const clientConfiguration = await cluster(lab, [11, 12, 13]);
    const before = lab.world.clock.nowMs;
    await assert.rejects(
      create(lab, "talos:machine/bootstrap:Bootstrap", { node: address(12), clientConfiguration }),
      /^Error: Error bootstrapping node: rpc error: code = AlreadyExists desc = etcd data directory is not empty$/,
    );
    assert.equal(lab.world.clock.nowMs - before, 600_000);
  });

  it("keeps a destroyed member and loses quorum with the next one that stops", async () => {
    await cluster(lab, [11, 12, 13]);
    const clusterId = lab.talos.api.machines.get(hardware(11).key)?.active?.clusterId ?? "";
    lab.talos.power.destroyed(hardware(13).key);
    assert.equal(lab.talos.clusters.hasQuorum(clusterId), true);
    lab.talos.power.powerOff(hardware(12).key);
    assert.equal(lab.talos.clusters.hasQuorum(clusterId), false);
    assert.deepEqual(
      lab
        .records("etcd.quorum")
        .slice(-2)
        .map(({ details }) => [details?.running, details?.members, details?.quorum]),
      [
        [2, 3, true],
        [1, 3, false],
      ],
    );
    lab.talos.power.powerOn(hardware(12));
    await lab.world.clock.pass(20_000);
    assert.equal(lab.talos.clusters.hasQuorum(clusterId), true);
  });

  it("refuses a rebuilt control plane whose old member was not removed", async () => {
    await cluster(lab, [11, 12, 13]);
    lab.talos.power.destroyed(hardware(13).key);
    await addNode(lab, 13, "controlplane");
    await lab.world.clock.pass(300_000);
    assert.deepEqual(
      lab.records("etcd.join-refused").map(({ subject }) => subject),
      ["node13"],
    );
  });

  it("reboots nodes that are not ready ten minutes after there is an API, and leaves ready ones alone", async () => {
    let cni = false;
    lab.talos.connectKubernetes(kubernetesWithCni(() => cni));
    await cluster(lab, [11]);
    await lab.world.clock.pass(500_000);
    assert.deepEqual(lab.records("node.reboot"), []);
    await lab.world.clock.pass(100_000);
    assert.deepEqual(
      lab.records("node.reboot").map(({ details }) => details?.reason),
      ["node did not become ready"],
    );
    cni = true;
    await lab.world.clock.pass(120_000);
    assert.deepEqual(
      lab.records("node.ready").map(({ subject }) => subject),
      ["node11"],
    );
    await lab.world.clock.pass(3_600_000);
    assert.equal(lab.records("node.reboot").length, 1);
  });
});
