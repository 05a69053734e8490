import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { RunningCluster } from "../../../../../components/talos-cluster/lifecycle/cluster-tools.ts";
import { Gate, type GateOptions } from "../../../../../components/talos-cluster/lifecycle/gate.ts";
import type { GateNode } from "../../../../../components/talos-cluster/lifecycle/health.ts";
import { etcdService, FakeTools, fails } from "./fake-tools.ts";

const nodes: GateNode[] = [
  { name: "solcp01", role: "controlplane", address: "10.0.0.11" },
  { name: "solcp02", role: "controlplane", address: "10.0.0.12" },
  { name: "solcp03", role: "controlplane", address: "10.0.0.13" },
  { name: "solwk01", role: "worker", address: "10.0.0.21" },
  { name: "solwk02", role: "worker", address: "10.0.0.22" },
];
const cluster: RunningCluster = {
  name: "sol",
  talos: "v1.11.5",
  nodes,
  talosconfig: async () => "talosconfig-secret",
};
const controlPlanes = nodes.filter(({ role }) => role === "controlplane");
const changes = /cordon|drain|apply-config/;

describe("gate for changes to running nodes", () => {
  let tools: FakeTools;
  let logged: string[];

  beforeEach(() => {
    tools = new FakeTools();
    logged = [];
    for (const { address, name } of nodes) {
      machine(address, "running", "boot-1");
      dryRun(address, name, "without");
      tools.answer("cluster", `cordon ${name}`, "");
      tools.answer("cluster", `uncordon ${name}`, "");
      tools.answer("cluster", drain(name), "");
    }
    for (const { address } of controlPlanes) {
      tools.answer(address, "service etcd", etcdService(address, "Running"));
      tools.answer(address, "etcd status", etcdStatus(address));
      tools.answer(address, "etcd members", etcdMembers(address));
      tools.answer(address, "kubeconfig -", "kubeconfig-secret");
    }
    kubernetes({});
  });
  afterEach(() => tools.close());

  function gate(changed: Partial<GateOptions> = {}): Gate {
    return new Gate({
      cluster,
      machineConfiguration: async (node) => `configuration-secret of ${node}`,
      healthTimeoutSeconds: 15,
      drainTimeoutSeconds: 60,
      requireReady: true,
      log: (message) => void logged.push(message),
      ...changed,
    });
  }

  function machine(address: string, stage: string, boot: string, ready = true): void {
    const unmetConditions = ready ? [] : [{ name: "services", reason: "not running" }];
    const status = { metadata: { created: boot }, node: address, spec: { stage, status: { ready, unmetConditions } } };
    tools.answer(address, "get machinestatus -o json", JSON.stringify(status, null, 4));
  }

  function dryRun(address: string, name: string, reboot: "with" | "without"): void {
    const text = `Dry run summary:\nApplied configuration ${reboot} a reboot (skipped in dry-run).\nConfig diff:\n\n-a\n+b`;
    tools.answer(address, `apply-config --mode auto --dry-run --file ${name}.yaml`, `:cat >&2 <<'END'\n${text}\nEND`);
  }

  function kubernetes(states: Record<string, { ready?: boolean; message?: string; cordoned?: boolean }>): void {
    const items = [...nodes, { name: "leftover" }].map(({ name }) => {
      const {
        ready = name !== "leftover",
        message = "kubelet is posting ready status",
        cordoned = false,
      } = states[name] ?? {};
      return {
        metadata: { name },
        spec: cordoned ? { unschedulable: true } : {},
        status: { conditions: [{ type: "Ready", status: ready ? "True" : "False", message }] },
      };
    });
    tools.answer("cluster", "get nodes -o json", JSON.stringify({ items }));
  }

  it("lets a change through that needs no reboot, without touching pods", async () => {
    const through = gate();
    await through.before("solwk01");
    await through.after("solwk01");
    assert.deepEqual(tools.calls(changes), [
      "talosctl 10.0.0.21 apply-config --mode auto --dry-run --file " +
        tools
          .calls(/dry-run/)[0]
          ?.split(" ")
          .at(-1),
    ]);
  });

  it("empties a node before a reboot and lets pods back once it is well", async () => {
    dryRun("10.0.0.21", "solwk01", "with");
    const through = gate();
    await through.before("solwk01");
    assert.deepEqual(tools.calls(/kubectl cluster (cordon|drain)/), [
      "kubectl cluster cordon solwk01",
      `kubectl cluster ${drain("solwk01")}`,
    ]);
    machine("10.0.0.21", "running", "boot-2");
    await through.after("solwk01");
    assert.deepEqual(tools.calls(/uncordon/), ["kubectl cluster uncordon solwk01"]);
  });

  it("does not take a node for rebooted that has not rebooted yet", async () => {
    dryRun("10.0.0.21", "solwk01", "with");
    const through = gate();
    await through.before("solwk01");
    await assert.rejects(through.after("solwk01"), (error: Error) => {
      assert.equal(
        error.message,
        "solwk01 took its new configuration but is not healthy after 15 seconds: solwk01 has not rebooted yet; it is still cordoned; " +
          "no other node is changed before this one is well: look at `talosctl -n 10.0.0.21 dmesg` and `talosctl -n 10.0.0.21 services`, " +
          "then run `up` again and `kubectl uncordon solwk01`",
      );
      return true;
    });
    assert.deepEqual(tools.calls(/uncordon/), []);
  });

  const refusals: [title: string, node: string, arrange: () => void, reason: RegExp][] = [
    [
      "a control plane when another one's etcd is down",
      "solcp01",
      () => tools.answer("10.0.0.13", "etcd status", fails("rpc error")),
      /^solcp01 was not changed, because cluster sol cannot do without it now: etcd has 3 members and needs 2; without solcp01 only 1 would be healthy \(not healthy: solcp03\); mend that/,
    ],
    [
      "a worker when etcd has no quorum",
      "solwk01",
      () => {
        tools.answer("10.0.0.12", "etcd status", fails("rpc error"));
        tools.answer("10.0.0.13", "etcd status", etcdStatus("10.0.0.13", "0000000000000000", "etcdserver: no leader"));
      },
      /etcd has 3 members and needs 2; without solwk01 only 1 would be healthy \(not healthy: solcp02, solcp03\)/,
    ],
    [
      "any node while another one is not ready",
      "solwk01",
      () => kubernetes({ solwk02: { ready: false, message: "kubelet stopped posting node status" } }),
      /solwk02 is not ready: kubelet stopped posting node status/,
    ],
    [
      "a node whose pods cannot be moved",
      "solwk01",
      () => {
        dryRun("10.0.0.21", "solwk01", "with");
        tools.answer(
          "cluster",
          drain("solwk01"),
          fails("error: cannot evict pod as it would violate a disruption budget"),
        );
      },
      /kubectl drain solwk01 failed: error: cannot evict pod as it would violate a disruption budget/,
    ],
    [
      "a node whose pods cannot be moved, and says why although it cannot take it back into service either",
      "solwk01",
      () => {
        dryRun("10.0.0.21", "solwk01", "with");
        tools.answer("cluster", drain("solwk01"), fails("error: cannot evict pod"));
        tools.answer("cluster", "uncordon solwk01", fails("connection refused"));
      },
      /kubectl drain solwk01 failed: error: cannot evict pod; solwk01 is still cordoned, `kubectl uncordon solwk01` ends that/,
    ],
    [
      "a node that refuses its configuration",
      "solwk01",
      () =>
        tools.answer(
          "10.0.0.21",
          "apply-config --mode auto --dry-run --file solwk01.yaml",
          fails("unknown keys found"),
        ),
      /talosctl apply-config --mode on solwk01 \(10\.0\.0\.21\) failed: unknown keys found/,
    ],
    [
      "every node when the cluster cannot be asked",
      "solwk01",
      () => {
        for (const { address } of controlPlanes) tools.answer(address, "etcd status", fails("no route to host"));
      },
      /no control plane has a healthy etcd member/,
    ],
  ];
  for (const [title, node, arrange, reason] of refusals) {
    it(`refuses ${title}`, async () => {
      arrange();
      await assert.rejects(gate().before(node), (error: Error) => {
        assert.match(error.message, reason);
        return true;
      });
      const cordoned = tools.calls(/kubectl cluster cordon/).length;
      assert.equal(tools.calls(/uncordon/).length, cordoned, "a node that is refused is not left cordoned");
    });
  }

  it("changes nodes of an unready cluster when the stack file says so, but not against the quorum", async () => {
    kubernetes({ solwk02: { ready: false } });
    await gate({ requireReady: false }).before("solwk01");
    tools.answer("cluster", "get nodes -o json", fails("connection refused"));
    await gate({ requireReady: false }).before("solwk01");
    tools.answer("10.0.0.13", "etcd status", fails("rpc error"));
    await assert.rejects(gate({ requireReady: false }).before("solcp01"), /etcd has 3 members and needs 2/);
  });

  it("lets the only control plane of a cluster through", async () => {
    tools.answer("10.0.0.11", "etcd members", etcdMembers("10.0.0.11", 1));
    const single = nodes.filter(({ name }) => name === "solcp01" || name.startsWith("solwk"));
    await gate({ cluster: { ...cluster, nodes: single } }).before("solcp01");
  });

  it("does not hold nodes up that only wait for the network add-on", async () => {
    const waiting = { ready: false, message: "container runtime network not ready: cni plugin not initialized" };
    kubernetes(Object.fromEntries(nodes.map(({ name }) => [name, waiting])));
    const through = gate();
    await through.before("solwk01");
    await through.after("solwk01");
  });

  it("lets everything through where there is no cluster yet", async () => {
    for (const { address } of controlPlanes) {
      tools.answer(address, "service etcd", etcdService(address, "Preparing"));
      tools.answer(address, "etcd status", fails("etcd is not running"));
    }
    const through = gate();
    await through.before("solcp01");
    await through.after("solcp01");
    assert.deepEqual(tools.calls(changes), []);
  });

  it("lets workers pass together that the rollout lets go together", async () => {
    const through = gate();
    dryRun("10.0.0.21", "solwk01", "with");
    await through.before("solwk01");
    kubernetes({ solwk01: { ready: false, cordoned: true } });
    await through.before("solwk02");
    kubernetes({ solwk01: { ready: false, cordoned: true } });
    await assert.rejects(gate().before("solwk02"), /solwk01 is not ready/);
  });

  it("lets no other node through while one that was changed is not well, and lets pods onto that one once it is", async () => {
    const through = gate();
    dryRun("10.0.0.21", "solwk01", "with");
    await through.before("solwk01");
    kubernetes({ solwk01: { ready: false, message: "kubelet stopped posting node status", cordoned: true } });
    machine("10.0.0.21", "running", "boot-2");
    await assert.rejects(through.after("solwk01"), /solwk01 took its new configuration but is not healthy/);
    await assert.rejects(through.before("solwk02"), /solwk02 was not changed.*solwk01 is not ready/);
    kubernetes({ solwk01: { cordoned: true } });
    machine("10.0.0.21", "booting", "boot-2");
    await assert.rejects(through.before("solwk02"), /solwk02 was not changed.*solwk01 is booting/);
    assert.deepEqual(tools.calls(/uncordon/), []);
    machine("10.0.0.21", "running", "boot-2");
    await through.before("solwk02");
    assert.deepEqual(tools.calls(/uncordon/), ["kubectl cluster uncordon solwk01"]);
  });

  it("asks nothing twice on the way of a node", async () => {
    dryRun("10.0.0.11", "solcp01", "with");
    await gate().before("solcp01");
    assert.equal(new Set(tools.calls(/./)).size, tools.calls(/./).length, tools.record);
  });

  it("leaves a node cordoned that was cordoned before, and says so", async () => {
    kubernetes({ solwk01: { cordoned: true } });
    dryRun("10.0.0.21", "solwk01", "with");
    const through = gate();
    await through.before("solwk01");
    machine("10.0.0.21", "running", "boot-2");
    await through.after("solwk01");
    assert.deepEqual(tools.calls(/ (un)?cordon/), []);
    assert.deepEqual(logged, ["solwk01 was cordoned before and stays so; `kubectl uncordon solwk01` ends it"]);
  });

  it("asks for the address of installed bare metal to be brought up to date first", async () => {
    const moved = nodes.map((node) => (node.name === "solwk01" ? { ...node, maintenanceAddress: "10.9.9.9" } : node));
    await assert.rejects(
      gate({ cluster: { ...cluster, nodes: moved } }).before("solwk01"),
      /take `maintenanceAddress` of this node out of the stack file/,
    );
    assert.equal(tools.record, "");
  });

  it("leaves no secrets behind, neither in files nor in arguments", async () => {
    dryRun("10.0.0.21", "solwk01", "with");
    await gate().before("solwk01");
    assert.deepEqual(readdirSync(join(tools.folder, "tmp")), []);
    assert.doesNotMatch(tools.record, /-secret/);
  });
});

function drain(name: string): string {
  return `drain ${name} --ignore-daemonsets --delete-emptydir-data --timeout=60s`;
}

function etcdStatus(address: string, leader = "1f2e3d4c5b6a7988", errors = ""): string {
  return (
    "NODE        MEMBER             DB SIZE   IN USE            LEADER             RAFT INDEX   RAFT TERM   RAFT APPLIED INDEX   LEARNER   PROTOCOL   STORAGE   ERRORS\n" +
    `${address}   aa2e3d4c5b6a7988   25 MB     9.5 MB (38.00%)   ${leader}   1234         3           1234                 false     3.6.4      3.6.0     ${errors}`
  );
}

function etcdMembers(address: string, count = 3): string {
  const rows = Array.from(
    { length: count },
    (_, index) =>
      `${address}   ${index + 1}f2e3d4c5b6a7988   solcp0${index + 1}    https://10.0.0.1${index + 1}:2380   https://10.0.0.1${index + 1}:2379   false`,
  );
  return [
    "NODE        ID                 HOSTNAME   PEER URLS                CLIENT URLS              LEARNER",
    ...rows,
  ].join("\n");
}
