import assert from "node:assert/strict";
import { replaceMachines } from "../../../../components/downstream-clusters/lifecycle/replace.ts";
import { refuseWhileThere, takeDown } from "../../../../components/downstream-clusters/lifecycle/take-down.ts";
import { exampleCluster } from "../../../unit/components/downstream-clusters/example.ts";
import { ClusterApiRig } from "./cluster-api-rig.ts";

describe("life of downstream clusters", () => {
  const intervalBefore = process.env.ORRERY_POLL_INTERVAL_MS;
  let rig: ClusterApiRig;
  beforeEach(() => {
    rig = new ClusterApiRig();
    process.env.ORRERY_POLL_INTERVAL_MS = "1";
  });
  afterEach(() => {
    if (intervalBefore === undefined) delete process.env.ORRERY_POLL_INTERVAL_MS;
    else process.env.ORRERY_POLL_INTERVAL_MS = intervalBefore;
  });

  const workers = () => rig.machines("media-workers");
  const planes = () => rig.machines("media-control-plane");
  const off = (name: string | undefined) => Object.assign(rig.vms[name ?? ""] ?? {}, { runs: false });
  async function media(changes: Record<string, unknown>): Promise<void> {
    rig.write(exampleCluster("media", changes));
    await rig.pass(1200);
  }

  describe("replacing machines", () => {
    const replace = (...machines: string[]) =>
      replaceMachines(rig.kubectl, { cluster: "media", machines, timeoutSeconds: 900 });

    it("replaces workers one after the other, and does nothing to those that are gone", async () => {
      await media({ workers: 3 });
      const [first = "", second = "", third = ""] = workers();
      assert.deepEqual(await replace(first, "media-workers-gone0", third), [first, third]);
      const after = workers();
      assert.equal(after.length, 3);
      assert.deepEqual(
        after.filter((name) => [first, second, third].includes(name)),
        [second],
      );
      const [created, deleted, gone] = ["machine.create", "machine.delete", "machine.gone"];
      const history = rig.history("machine.create", "machine.delete", "machine.gone").slice(-6);
      assert.deepEqual(
        history.map((line) => line.split(" ")[0]),
        [deleted, gone, created, deleted, gone, created],
      );
      assert.deepEqual(await replace(first, third), []);
    });

    it("does not wait for others that are ill, too", async () => {
      await media({ workers: 3, unhealthyAfterSeconds: 86_400 });
      const [first = "", second = ""] = workers();
      off(first);
      off(second);
      await rig.pass(60);
      assert.deepEqual(await replace(first, second), [first, second]);
      assert.equal(workers().length, 3);
    });

    it("replaces a control plane that is off, when the others are enough", async () => {
      await media({ controlPlanes: 3 });
      const [ill = ""] = planes();
      off(ill);
      await rig.pass(60);
      assert.deepEqual(await replace(ill), [ill]);
      assert.ok(!planes().includes(ill));
      assert.equal(planes().length, 3);
    });

    it("does not spare the only control plane; a renewal makes the new one first", async () => {
      await media({});
      const [only = ""] = planes();
      await assert.rejects(replace(only), {
        message: `${only}: it is the only control plane, and with it would go etcd and all that the cluster knows; another number for renewal makes a new one first, and controlPlanes: 3 makes it possible to spare one; nothing was done to it`,
      });
      assert.deepEqual(rig.history("machine.delete"), []);
      const before = Object.keys(rig.vms);
      await media({ renewal: 1 });
      assert.deepEqual([planes().length, workers().length], [1, 2]);
      assert.deepEqual(
        Object.keys(rig.vms).filter((name) => before.includes(name)),
        [],
      );
      assert.equal(rig.history("machine.create", "machine.delete")[3], "machine.create media-control-plane");
    });

    it("does not take etcd below its quorum", async () => {
      await media({ controlPlanes: 3 });
      const [first = "", second = ""] = planes();
      off(first);
      off(second);
      await rig.pass(60);
      for (const name of [first, second]) {
        await assert.rejects(replace(name), {
          message: `${name}: of the other control planes 1 is ready, and etcd needs 2 of 3; nothing was done to it`,
        });
      }
      assert.deepEqual(rig.history("machine.delete"), []);
    });

    it("says what it waits for when no other machine comes", async () => {
      await media({});
      const [victim = ""] = workers();
      // Without the template's credentials nobody can make a machine.
      rig.api.delete("v1", "Secret", "media-proxmox", "media");
      const expected = new RegExp(
        `^${victim}: 1 of 2 machines are ready after 900 seconds: .*media-workers-[0-9a-f]{5} \\(Pending\\).*; see to the cause, and run the same command again$`,
      );
      await assert.rejects(replace(victim), { message: expected });
    });
  });

  describe("taking down", () => {
    const told: string[] = [];
    const down = (timeoutSeconds = 1800) =>
      takeDown(rig.kubectl, { name: "media", timeoutSeconds, tell: (message) => void told.push(message) });
    beforeEach(() => {
      told.length = 0;
    });

    it("returns when nothing is left, and does nothing where there is nothing", async () => {
      await media({});
      await down();
      assert.deepEqual(rig.vms, {});
      assert.deepEqual(rig.api.list("clusters"), []);
      assert.deepEqual(told, ["cluster media: its machines are being taken down"]);
      await down();
    });

    it("is not forgotten where somebody else is to do it", async () => {
      await media({});
      await assert.rejects(refuseWhileThere(rig.kubectl, "media"), {
        message:
          "the cluster media is still there, and its machines would stay for ever; take it out of the repository, or run kubectl delete clusters.cluster.x-k8s.io media --namespace media, and then the same command again",
      });
      await down();
      await refuseWhileThere(rig.kubectl, "media");
    });

    it("names the machines that hold it up, and goes on in another run", async () => {
      await media({});
      const [stuck = ""] = workers();
      rig.held.add(stuck);
      const left = `${stuck} \\(Deleting: ${stuck} is locked\\)`;
      const message = new RegExp(
        `^it is still there after 120 seconds, with ${left}; Cluster API goes on\\. Look with kubectl get machines --namespace media --output yaml, see to the cause, and run the same command again: it goes on from here$`,
      );
      await assert.rejects(down(120), { message });
      assert.match(told[1] ?? "", new RegExp(`^cluster media: still has ${left}$`));
      assert.deepEqual(Object.keys(rig.vms), [stuck]);
      rig.held.clear();
      await down();
      assert.deepEqual(rig.vms, {});
    });
  });
});
