import assert from "node:assert/strict";
import type { GateNode } from "../../../../../components/talos-cluster/lifecycle/health.ts";
import { Removal, type RemovalOptions } from "../../../../../components/talos-cluster/lifecycle/removal.ts";
import { etcdService, FakeTools, fails } from "./fake-tools.ts";

const staying: GateNode[] = [
  { name: "solcp01", role: "controlplane", address: "10.0.0.11" },
  { name: "solwk01", role: "worker", address: "10.0.0.21" },
];
const leavingPlane = { name: "solcp03", address: "10.0.0.13", staysOn: false };
const leavingWorker = { name: "solwk02", address: "10.0.0.22", staysOn: false };
const changes = /cordon|drain|leave|forfeit|remove-member|delete/;
const sorry =
  "mend that and run `up` again, or take the node back into the stack file; `rollout.requireReady: false` there lets a node go whose pods cannot be moved";

describe("removal of nodes", () => {
  let tools: FakeTools;
  let logged: string[];

  beforeEach(() => {
    tools = new FakeTools();
    logged = [];
    for (const suffix of [11, 12, 13]) {
      const address = `10.0.0.${suffix}`;
      tools.answer(address, "service etcd", etcdService(address, "Running"));
      tools.answer(address, "etcd status", etcdStatus(address));
      tools.answer(address, "etcd members", members([11, 12, 13]));
      tools.answer(address, "etcd forfeit-leadership", "");
    }
    tools.answer("10.0.0.11", "kubeconfig -", "kubeconfig-secret");
    tools.answer("10.0.0.13", "etcd leave", afterwards(members([11, 12])));
    for (const name of ["solcp03", "solwk02"]) {
      for (const verb of ["cordon", "uncordon"]) tools.answer("cluster", `${verb} ${name}`, "");
      tools.answer("cluster", drain(name), "");
      tools.answer("cluster", `delete node ${name} --ignore-not-found`, "");
    }
    attached([]);
    kubernetes(["solcp01", "solcp02", "solcp03", "solwk01", "solwk02"]);
  });
  afterEach(() => tools.close());

  function removal(changed: Partial<RemovalOptions> = {}): Removal {
    return new Removal({
      cluster: { name: "sol", talos: "v1.11.5", nodes: staying, talosconfig: async () => "talosconfig-secret" },
      healthTimeoutSeconds: 15,
      drainTimeoutSeconds: 60,
      requireReady: true,
      log: (message) => void logged.push(message),
      ...changed,
    });
  }

  /** What etcd's members are from now on, for whoever is asked. */
  function afterwards(table: string): string {
    return `:for one in 11 12 13; do cat > "$FAKE_TOOLS/10.0.0.$one.etcd_members" <<'X'\ncat <<'END'\n${table}\nEND\nX\ndone`;
  }

  function kubernetes(names: string[], states: Record<string, { ready?: boolean; cordoned?: boolean }> = {}): void {
    const items = names.map((name) => {
      const { ready = true, cordoned = false } = states[name] ?? {};
      return {
        metadata: { name },
        spec: cordoned ? { unschedulable: true } : {},
        status: { conditions: [{ type: "Ready", status: ready ? "True" : "False", message: "" }] },
      };
    });
    tools.answer("cluster", "get nodes -o json", JSON.stringify({ items }));
  }

  function attached(nodes: string[]): void {
    const items = nodes.map((nodeName) => ({
      metadata: { name: "csi-1" },
      spec: { attacher: "driver.longhorn.io", nodeName, source: { persistentVolumeName: "pvc-1" } },
    }));
    tools.answer("cluster", "get volumeattachments -o json", JSON.stringify({ items }));
  }

  it("moves a worker's pods and lets Kubernetes forget it", async () => {
    await removal().leave(leavingWorker);
    assert.deepEqual(tools.calls(changes), [
      "kubectl cluster cordon solwk02",
      `kubectl cluster ${drain("solwk02")}`,
      "kubectl cluster delete node solwk02 --ignore-not-found",
    ]);
    assert.deepEqual(logged, []);
  });

  it("lets a control plane leave etcd as well, after its pods and before Kubernetes forgets it", async () => {
    await removal().leave(leavingPlane);
    assert.deepEqual(tools.calls(changes), [
      "kubectl cluster cordon solcp03",
      `kubectl cluster ${drain("solcp03")}`,
      "talosctl 10.0.0.13 etcd forfeit-leadership",
      "talosctl 10.0.0.13 etcd leave",
      "kubectl cluster delete node solcp03 --ignore-not-found",
    ]);
  });

  it("has a member taken out that does not answer any more", async () => {
    tools.answer("10.0.0.13", "etcd status", fails("connection refused"));
    tools.answer("10.0.0.13", "etcd forfeit-leadership", fails("connection refused"));
    tools.answer("10.0.0.11", "etcd remove-member id13", afterwards(members([11, 12])));
    kubernetes(["solcp01", "solcp02", "solcp03"], { solcp03: { ready: false } });
    await removal().leave(leavingPlane);
    assert.deepEqual(tools.calls(changes), [
      "kubectl cluster cordon solcp03",
      "talosctl 10.0.0.13 etcd forfeit-leadership",
      "talosctl 10.0.0.11 etcd remove-member id13",
      "kubectl cluster delete node solcp03 --ignore-not-found",
    ]);
    assert.deepEqual(logged, [
      "solcp03 is not ready, so that its pods are left to Kubernetes",
      "solcp03 did not leave etcd by itself, so solcp01 takes it out: talosctl etcd forfeit-leadership on solcp03 (10.0.0.13) failed: connection refused",
    ]);
  });

  describe("whose address another node of the plan has", () => {
    const heir: GateNode = { name: "solcp04", role: "controlplane", address: "10.0.0.13" };
    const withHeir = () =>
      removal({
        cluster: {
          name: "sol",
          talos: "v1.11.5",
          nodes: [...staying, heir],
          talosconfig: async () => "talosconfig-secret",
        },
      });

    it("lets the machine stay in etcd that has got another name", async () => {
      kubernetes(["solcp01", "solcp04", "solcp03"], { solcp03: { ready: false } });
      await withHeir().leave({ ...leavingPlane, staysOn: true });
      assert.deepEqual(tools.calls(/etcd (leave|forfeit|remove)|delete/), [
        "kubectl cluster delete node solcp03 --ignore-not-found",
      ]);
      assert.deepEqual(logged, ["solcp03 is not ready, so that its pods are left to Kubernetes"]);
    });

    it("has the member taken out whose machine was replaced, and not the new machine", async () => {
      tools.answer("10.0.0.13", "etcd status", fails("etcd is not running"));
      tools.answer("10.0.0.11", "etcd remove-member id13", afterwards(members([11, 12])));
      kubernetes(["solcp01", "solcp03"], { solcp03: { ready: false } });
      await withHeir().leave(leavingPlane);
      assert.deepEqual(tools.calls(/etcd (leave|forfeit|remove)/), ["talosctl 10.0.0.11 etcd remove-member id13"]);
      assert.equal(
        logged.at(-1),
        "solcp03 did not leave etcd by itself, so solcp01 takes it out: its address is that of solcp04 now",
      );
    });
  });

  it("does nothing to a node that has left already", async () => {
    kubernetes(["solcp01", "solwk01"]);
    tools.answer("10.0.0.11", "etcd members", members([11]));
    await removal().leave(leavingPlane);
    assert.deepEqual(tools.calls(changes), ["kubectl cluster delete node solcp03 --ignore-not-found"]);
  });

  it("does nothing to a node of the plan: it goes with its cluster", async () => {
    await removal().leave({ name: "solwk01", address: "10.0.0.21", staysOn: false });
    assert.equal(tools.record, "");
  });

  it("has nothing to do where there is no cluster yet", async () => {
    tools.answer("10.0.0.11", "etcd status", fails("etcd is not running"));
    tools.answer("10.0.0.11", "service etcd", etcdService("10.0.0.11", "Preparing"));
    await removal().leave(leavingWorker);
    assert.deepEqual(tools.calls(changes), []);
  });

  it("waits while the address of the cluster moves away from a control plane that left", async () => {
    const gone = "delete node solcp03 --ignore-not-found";
    tools.answer("cluster", gone, `:printf ':' > "$FAKE_TOOLS/cluster.\${verb}"; echo 'no route to host' >&2; exit 1`);
    await removal().leave(leavingPlane);
    assert.deepEqual(tools.calls(/delete node/), Array(2).fill(`kubectl cluster ${gone}`));
  });

  it("tells how a machine that nobody deletes stays away", async () => {
    await removal().leave({ ...leavingWorker, staysOn: true });
    assert.deepEqual(logged, [
      "solwk02 has left and keeps running; with its next boot it would come back: `talosctl -n 10.0.0.22 reset` ends that",
    ]);
  });

  it("lets one go after the other", async () => {
    const one = removal();
    await Promise.all([one.leave(leavingPlane), one.leave(leavingWorker)]);
    const order = tools.calls(changes).map((line) => (line.includes("solwk02") ? "worker" : "plane"));
    assert.deepEqual(order, [...Array(5).fill("plane"), ...Array(3).fill("worker")]);
  });

  for (const { name, prepare, node = leavingPlane, reason } of [
    {
      name: "would leave etcd without a quorum",
      prepare: () => tools.answer("10.0.0.12", "etcd status", fails("connection refused")),
      reason: "etcd would have 2 members without solcp03 and needs 2 that are healthy (not healthy: solcp02)",
    },
    {
      name: "is the only member of etcd",
      prepare: () => tools.answer("10.0.0.11", "etcd members", members([13])),
      reason: "solcp03 is the only member of etcd",
    },
    {
      name: "leaves nobody who could be asked",
      prepare: () => tools.answer("10.0.0.11", "etcd status", fails("connection refused")),
      node: leavingWorker,
      reason: "no control plane that stays has a healthy etcd member",
    },
    {
      name: "has the cluster that the others are yet to join",
      prepare: () => {
        tools.answer("10.0.0.11", "etcd status", fails("etcd is not running"));
        tools.answer("10.0.0.11", "service etcd", etcdService("10.0.0.11", "Preparing"));
      },
      reason: "no control plane that stays has a healthy etcd member",
    },
  ]) {
    it(`does not let a node go that ${name}`, async () => {
      prepare();
      await assert.rejects(removal().leave(node), {
        message: `${node.name} was not removed, because cluster sol cannot do without it now: ${reason}; ${sorry}`,
      });
      assert.deepEqual(tools.calls(changes), []);
    });
  }

  it("does not let a node go whose pods cannot be moved, and gives it pods again", async () => {
    tools.answer("cluster", drain("solwk02"), fails("error when evicting pods/web: disruption budget"));
    await assert.rejects(removal().leave(leavingWorker), /kubectl drain solwk02 failed: error when evicting pods\/web/);
    assert.deepEqual(tools.calls(/uncordon|delete node/), ["kubectl cluster uncordon solwk02"]);
    tools.answer("cluster", drain("solwk02"), fails("error when evicting pods/web: disruption budget"));
    await removal({ requireReady: false }).leave(leavingWorker);
    assert.deepEqual(tools.calls(/delete node/), ["kubectl cluster delete node solwk02 --ignore-not-found"]);
    assert.deepEqual(logged, [
      "solwk02 goes although its pods were not moved: kubectl drain solwk02 failed: error when evicting pods/web: disruption budget",
    ]);
  });

  it("does not let a node go that has a volume still, and gives it pods again", async () => {
    attached(["solwk02", "solwk01"]);
    await assert.rejects(
      removal().leave(leavingWorker),
      /cannot do without it now: pvc-1 is still attached; mend that/,
    );
    assert.deepEqual(tools.calls(/uncordon|delete node/), ["kubectl cluster uncordon solwk02"]);
  });

  it("keeps nobody from leaving by one that cannot", async () => {
    tools.answer("cluster", drain("solcp03"), fails("disruption budget"));
    const one = removal();
    const results = await Promise.allSettled([one.leave(leavingPlane), one.leave(leavingWorker)]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ["rejected", "fulfilled"],
    );
  });

  it("leaves no secrets behind, neither in files nor in arguments", async () => {
    await removal().leave(leavingPlane);
    assert.doesNotMatch(tools.record, /secret/);
  });
});

function drain(node: string): string {
  return `drain ${node} --ignore-daemonsets --delete-emptydir-data --timeout=60s`;
}

function etcdStatus(address: string): string {
  return `NODE        MEMBER   DB SIZE   IN USE            LEADER             ERRORS\n${address}   id       25 MB     9.5 MB (38.00%)   0123456789abcdef   `;
}

function members(suffixes: number[]): string {
  const rows = suffixes.map(
    (suffix) =>
      `10.0.0.11   id${suffix}   solcp${suffix - 10 < 10 ? "0" : ""}${suffix - 10}    https://10.0.0.${suffix}:2380   https://10.0.0.${suffix}:2379   false`,
  );
  return ["NODE        ID     HOSTNAME   PEER URLS                CLIENT URLS              LEARNER", ...rows].join(
    "\n",
  );
}
