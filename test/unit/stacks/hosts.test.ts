import assert from "node:assert/strict";
import { threadWarnings } from "../../../stacks/host-capacity.ts";
import { planCluster } from "../../../stacks/plan.ts";
import { type Guest, hasVms } from "../../../stacks/taken-vms.ts";
import { complaints } from "../../support/complaints.ts";
import { sharedValue, testCluster, testShared } from "../../support/site.ts";

type Values = Record<string, Record<string, unknown>>;

function siteOf(clusters: Values, hosts: Record<string, unknown> = {}) {
  const { proxmox, ...rest } = sharedValue() as { proxmox: { hosts: Record<string, unknown> } };
  const shared = testShared({ ...rest, proxmox: { ...proxmox, hosts: { ...proxmox.hosts, ...hosts } } });
  const parsed = Object.entries(clusters).map(([stack, value]) => [stack, testCluster(value, stack)]);
  return { shared, clusters: Object.fromEntries(parsed) };
}

function complaintsOf(files: ReturnType<typeof siteOf>, stack: string, guests?: Guest[]): string[] {
  return complaints(() => planCluster(stack, files, undefined, guests));
}

describe("VM ids on the hosts", () => {
  const guest = (vmId: number, name: string, kind: Guest["kind"] = "VM"): Guest => ({
    vmId,
    name,
    kind,
    host: "pve02",
  });

  it("are free, or their VMs are called like the nodes", () => {
    const files = siteOf({ luna: { id: 102 } });
    const guests = [guest(102_011, "lunacp01"), guest(102_021, "lunawk01"), guest(100, "web"), guest(102_030, "other")];
    assert.deepEqual(complaintsOf(files, "luna", guests), []);
  });

  it("are refused when something else has them, with the place that decides each", () => {
    const workers = { wk: {}, gpu: { suffixes: [31, 33] } };
    const files = siteOf({ luna: { id: 102, workers } });
    const guests = [guest(102_011, "web"), guest(102_033, "", "VM"), guest(102_022, "lunawk02", "container")];
    assert.deepEqual(complaintsOf(files, "luna", guests), [
      'Pulumi.luna.yaml: orrery:cluster.controlPlanes.count: the VM id of lunacp01 is taken by the VM "web" on host pve02 (found 102011, allowed a VM id that nothing else has; it is id * 1000 + suffix; choose another id for the cluster, or suffixes without 11, or give the VM another VM id)',
      'Pulumi.luna.yaml: orrery:cluster.workers.wk.count: the VM id of lunawk02 is taken by the container "lunawk02" on host pve02 (found 102022, allowed a VM id that nothing else has; it is id * 1000 + suffix; choose another id for the cluster, or suffixes without 22, or give the container another VM id)',
      'Pulumi.luna.yaml: orrery:cluster.workers.gpu.suffixes[1]: the VM id of lunagpu03 is taken by the VM "" on host pve02 (found 102033, allowed a VM id that nothing else has; it is id * 1000 + suffix; choose another id for the cluster, or suffixes without 33, or give the VM another VM id)',
    ]);
  });

  it("are told together with all other problems", () => {
    const files = siteOf({ luna: { id: 102, controlPlanes: { count: 2 } } });
    const found = complaintsOf(files, "luna", [guest(102_012, "web")]);
    assert.equal(found.length, 2);
    assert.match(found.join("\n"), /2 control planes tolerate/);
    assert.match(found.join("\n"), /the VM id of lunacp02 is taken/);
  });

  it("are not asked for by a cluster of bare metal", () => {
    const machine = { role: "controlplane", suffix: 11, installDisk: "/dev/sda" };
    const metal = testCluster({ id: 104, controlPlanes: { count: 0 }, workers: {}, metal: [machine] }, "mars");
    assert.equal(hasVms(metal, "mars"), false);
    assert.equal(hasVms(testCluster({ id: 102 }, "luna"), "luna"), true);
    assert.equal(hasVms(undefined, "nowhere"), false);
  });
});

describe("capacity of the hosts", () => {
  const clusters = { luna: { id: 102 }, sol: { id: 101, controlPlanes: { hosts: ["pve01"], count: 1 }, workers: {} } };

  it("holds all clusters together", () => {
    assert.deepEqual(complaintsOf(siteOf(clusters, { pve01: { memoryMiB: 16_384 } }), "luna"), []);
    assert.deepEqual(complaintsOf(siteOf(clusters, { pve01: { memoryMiB: 16_383 } }), "luna"), [
      "Pulumi.shared.yaml: orrery:shared.proxmox.hosts.pve01.memoryMiB: the VMs planned on pve01 need 16384 MiB together (luna 12288, sol 4096) (found 16383, allowed 16384 or more; or move nodes to other hosts (hosts of a pool, host of an override), or give them less memory)",
    ]);
  });

  it("of hosts that a cluster does not use does not matter to it", () => {
    const files = siteOf(clusters, { pve02: { memoryMiB: 1024 } });
    assert.deepEqual(complaintsOf(files, "sol"), []);
    assert.equal(complaintsOf(files, "luna").length, 1);
  });

  it("in threads is warned about per VM", () => {
    const files = siteOf({ luna: { id: 102, nodes: { cores: 8 } } }, { pve01: { threads: 8 }, pve02: { threads: 4 } });
    const { facts } = planCluster("luna", files);
    assert.deepEqual(threadWarnings(facts.nodes, files.shared), [
      "lunacp02 has 8 cores, and its host pve02 has 4 threads",
      "lunawk02 has 8 cores, and its host pve02 has 4 threads",
    ]);
  });
});
