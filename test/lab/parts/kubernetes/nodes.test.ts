import assert from "node:assert/strict";
import { releaseToken } from "../../../../lab/kubernetes/release-inputs.ts";
import { nodeOf, openRig, type Rig } from "./rig.ts";

describe("nodes and pods of the lab's Kubernetes", () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = await openRig();
  });

  function readiness(): Record<string, string> {
    const nodes = rig.kubernetes.list("luna", "nodes") ?? [];
    return Object.fromEntries(
      nodes.map(({ metadata, status }) => [
        metadata.name,
        (status as { conditions: { status: string }[] }).conditions[0]?.status ?? "",
      ]),
    );
  }

  it("leaves nodes not ready until a network runs", async () => {
    assert.deepEqual(readiness(), { lunacp01: "False", lunawk01: "False" });
    await rig.create(releaseToken, rig.release("cilium"));
    assert.deepEqual(readiness(), { lunacp01: "True", lunawk01: "True" });
  });

  it("shows what the kubelet tells of a node", () => {
    const [controlPlane] = rig.kubernetes.list("luna", "nodes") ?? [];
    assert.deepEqual(controlPlane?.metadata.labels, {
      "kubernetes.io/arch": "amd64",
      "kubernetes.io/hostname": "lunacp01",
      "kubernetes.io/os": "linux",
      "node-role.kubernetes.io/control-plane": "",
      "topology.kubernetes.io/zone": "pve01",
    });
    assert.deepEqual(controlPlane?.spec, {
      taints: [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }],
    });
  });

  it("keeps a node whose machine is gone, as unknown, until it is deleted", () => {
    readiness();
    rig.nodes = rig.nodes.slice(0, 1);
    assert.equal(readiness().lunawk01, "Unknown");
    assert.equal(rig.kubernetes.deleteObject("luna", "nodes", "lunawk01"), true);
    assert.deepEqual(Object.keys(readiness()), ["lunacp01"]);
  });

  it("does not bring a deleted node back while its kubelet runs on, and does when it starts again", () => {
    readiness();
    rig.kubernetes.deleteObject("luna", "nodes", "lunawk01");
    assert.deepEqual(Object.keys(readiness()), ["lunacp01"]);
    rig.nodes = rig.nodes.map((node) => ({ ...node, runningSinceMs: rig.world.clock.nowMs + 1 }));
    assert.deepEqual(Object.keys(readiness()), ["lunacp01", "lunawk01"]);
  });

  it("cordons and uncordons", () => {
    const worker = () => rig.kubernetes.list("luna", "nodes")?.[1]?.spec;
    assert.equal(rig.kubernetes.setUnschedulable("luna", "lunawk01", true), true);
    assert.deepEqual(worker(), {
      unschedulable: true,
      taints: [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }],
    });
    rig.kubernetes.setUnschedulable("luna", "lunawk01", false);
    assert.deepEqual(worker(), { taints: [] });
    assert.equal(rig.kubernetes.setUnschedulable("luna", "nobody", true), false);
  });

  it("lists the pods of control planes and of workloads", async () => {
    await rig.create(releaseToken, rig.release("cilium"));
    rig.nodes = [...rig.nodes, nodeOf("lunawk02", "worker")];
    const pods = rig.kubernetes.list("luna", "pods") ?? [];
    const agents = pods.filter(({ metadata }) => /^cilium-[0-9a-f]{5}$/.test(metadata.name));
    assert.equal(agents.length, 3, "one agent on every node");
    assert.ok(pods.some(({ metadata }) => metadata.name === "kube-apiserver-lunacp01"));
  });

  it("forgets a cluster that is on no disk any more", async () => {
    await rig.create(releaseToken, rig.release("cilium"));
    rig.kubernetes.keepOnly(new Set(["luna"]));
    assert.equal(rig.kubernetes.cniRunning("luna"), true);
    rig.kubernetes.keepOnly(new Set());
    assert.deepEqual(rig.world.part("kubernetes", () => ({ clusters: {} })).clusters, {});
  });

  it("knows no type that is not there", () => {
    assert.equal(rig.kubernetes.list("luna", "unicorns"), undefined);
    assert.deepEqual(rig.kubernetes.list("luna", "svc"), []);
  });
});
