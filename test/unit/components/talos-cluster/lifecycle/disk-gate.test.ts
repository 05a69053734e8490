import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DiskGate } from "../../../../../components/talos-cluster/lifecycle/disk-gate.ts";
import type { GateNode } from "../../../../../components/talos-cluster/lifecycle/health.ts";
import { etcdService, FakeTools, fails } from "./fake-tools.ts";

const nodes: GateNode[] = [
  { name: "solcp01", role: "controlplane", address: "10.0.0.11" },
  { name: "solwk01", role: "worker", address: "10.0.0.21" },
  { name: "solwk02", role: "worker", address: "10.0.0.22" },
];
const driver = "csi.proxmox.sinextra.dev";
const drain = (name: string) => `drain ${name} --ignore-daemonsets --delete-emptydir-data --timeout=60s`;
const moves = /cordon|drain/;

describe("gate for changes of disks", () => {
  let tools: FakeTools;
  let logged: string[];

  beforeEach(() => {
    tools = new FakeTools();
    logged = [];
    tools.answer("10.0.0.11", "kubeconfig -", "kubeconfig-secret");
    tools.answer("10.0.0.11", "service etcd", etcdService("10.0.0.11", "Running"));
    plugin(`csidriver.storage.k8s.io/${driver}`);
    kubernetes();
    attached([]);
    for (const { name } of nodes) {
      pods(name, []);
      for (const verb of [`cordon ${name}`, `uncordon ${name}`, drain(name)]) tools.answer("cluster", verb, "");
    }
  });
  afterEach(() => tools.close());

  const gate = () =>
    new DiskGate({
      cluster: { name: "sol", talos: "v1.11.5", nodes, talosconfig: async () => "talosconfig-secret" },
      healthTimeoutSeconds: 15,
      drainTimeoutSeconds: 60,
      log: (message) => void logged.push(message),
    });

  const plugin = (name: string) => tools.answer("cluster", `get csidrivers ${driver} --ignore-not-found -o name`, name);

  function kubernetes(cordoned: string[] = []): void {
    const items = nodes.map(({ name }) => ({
      metadata: { name },
      spec: cordoned.includes(name) ? { unschedulable: true } : {},
    }));
    tools.answer("cluster", "get nodes -o json", JSON.stringify({ items }));
  }

  /** Volumes by node; those of `later` are there from the second look on. */
  function attached(volumes: [node: string, volume: string, attacher?: string][], later?: typeof volumes): void {
    const list = (pairs: typeof volumes) =>
      JSON.stringify({
        items: pairs.map(([nodeName, persistentVolumeName, attacher = driver]) => ({
          metadata: { name: `csi-${persistentVolumeName}` },
          spec: { attacher, nodeName, source: { persistentVolumeName } },
        })),
      });
    const first = `cat <<'END'\n${list(volumes)}\nEND\n`;
    const second = `cat <<'END'\n${list(later ?? volumes)}\nEND\n`;
    const code = `:if [ -e "$FAKE_TOOLS/looked" ]; then ${second}else touch "$FAKE_TOOLS/looked"\n${first}fi`;
    tools.answer("cluster", "get volumeattachments -o json", code);
  }

  function pods(node: string, volumes: object[], phase = "Running"): void {
    const items = [{ metadata: { namespace: "default", name: "web-0" }, spec: { volumes }, status: { phase } }];
    tools.answer(
      "cluster",
      `get pods --all-namespaces --field-selector spec.nodeName=${node} -o json`,
      JSON.stringify({ items }),
    );
  }

  const claim = [{ name: "data", persistentVolumeClaim: { claimName: "data" } }];

  it("moves pods with their volumes elsewhere, waits until the volumes are off, and lets pods back", async () => {
    pods("solwk01", claim);
    attached([["solwk01", "pvc-1"]], []);
    const through = gate();
    await through.before("solwk01");
    assert.deepEqual(tools.calls(moves), ["kubectl cluster cordon solwk01", `kubectl cluster ${drain("solwk01")}`]);
    await through.after("solwk01");
    assert.deepEqual(tools.calls(/uncordon/), ["kubectl cluster uncordon solwk01"]);
  });

  it("only keeps new pods away from a node without volumes", async () => {
    attached([
      ["solwk02", "pvc-1"],
      ["solwk01", "pvc-2", "rook-ceph.rbd.csi.ceph.com"],
    ]);
    pods("solwk01", [{ name: "cache", emptyDir: {} }]);
    const through = gate();
    await through.before("solwk01");
    await through.after("solwk01");
    assert.deepEqual(tools.calls(moves), ["kubectl cluster cordon solwk01", "kubectl cluster uncordon solwk01"]);
  });

  it("moves a pod whose volume is not attached yet, and leaves one that has ended", async () => {
    pods("solwk01", claim);
    pods("solwk02", claim, "Succeeded");
    const through = gate();
    await through.before("solwk01");
    await through.after("solwk01");
    await through.before("solwk02");
    assert.deepEqual(tools.calls(/ drain /), [`kubectl cluster ${drain("solwk01")}`]);
  });

  it("lets everything through where the plugin is not", async () => {
    plugin("");
    pods("solwk01", claim);
    const through = gate();
    await through.before("solwk01");
    await through.after("solwk01");
    assert.deepEqual(tools.calls(moves), []);
  });

  it("minds volumes that a plugin has left behind", async () => {
    plugin("");
    pods("solwk01", claim);
    attached([["solwk01", "pvc-1"]]);
    await assert.rejects(gate().before("solwk01"), /pvc-1 is still attached to solwk01/);
  });

  it("minds volumes of a node that Kubernetes has been made to forget", async () => {
    tools.answer("cluster", "get nodes -o json", JSON.stringify({ items: [] }));
    attached([["solwk01", "pvc-1"]]);
    await assert.rejects(gate().before("solwk01"), /pvc-1 is still attached to solwk01/);
    attached([["solwk01", "pvc-1"]], []);
    await gate().before("solwk01");
    assert.deepEqual(tools.calls(moves), []);
  });

  it("lets everything through where there is no cluster yet", async () => {
    tools.answer("cluster", `get csidrivers ${driver} --ignore-not-found -o name`, fails("connection refused"));
    tools.answer("10.0.0.11", "service etcd", etcdService("10.0.0.11", "Preparing"));
    await gate().before("solwk01");
    assert.deepEqual(tools.calls(moves), []);
  });

  const refusals: [title: string, arrange: () => void, reason: string, left: string[]][] = [
    [
      "when the API does not answer",
      () => tools.answer("cluster", `get csidrivers ${driver} --ignore-not-found -o name`, fails("connection refused")),
      "kubectl get csidrivers failed: connection refused",
      [],
    ],
    [
      "when pods cannot be moved",
      () => tools.answer("cluster", drain("solwk01"), fails("error: cannot evict pod")),
      "kubectl drain solwk01 failed: error: cannot evict pod",
      ["kubectl cluster cordon solwk01", `kubectl cluster ${drain("solwk01")}`, "kubectl cluster uncordon solwk01"],
    ],
    [
      "when volumes stay attached",
      () => attached([["solwk01", "pvc-1"]]),
      "pvc-1 is still attached to solwk01",
      ["kubectl cluster cordon solwk01", `kubectl cluster ${drain("solwk01")}`, "kubectl cluster uncordon solwk01"],
    ],
  ];
  for (const [title, arrange, reason, left] of refusals) {
    it(`refuses ${title}, and leaves the node as it was`, async () => {
      pods("solwk01", claim);
      arrange();
      await assert.rejects(gate().before("solwk01"), {
        message:
          "the disks of solwk01 were not changed, because volumes of pods that are attached to it would be pulled out: " +
          `${reason}; mend that and run \`up\` again`,
      });
      assert.deepEqual(tools.calls(moves), left);
    });
  }

  it("lets one node go after the other, also when one was refused", async () => {
    pods("solwk01", claim);
    tools.answer("cluster", drain("solwk02"), fails("error: cannot evict pod"));
    pods("solwk02", claim);
    const through = gate();
    await through.before("solwk01");
    const second = assert.rejects(through.before("solwk02"), /solwk02 failed: error: cannot evict pod/);
    const third = through.before("solcp01").then(() => through.after("solcp01"));
    while (tools.calls(/get csidrivers/).length < 3) await new Promise(setImmediate);
    assert.deepEqual(tools.calls(/solwk02|cordon solcp01/), []);
    await through.after("solwk01");
    await Promise.all([second, third]);
    const order = tools.calls(/ (un)?cordon /).map((line) => line.split(" ").slice(2).join(" "));
    assert.deepEqual(order.slice(0, 2), ["cordon solwk01", "uncordon solwk01"]);
    // Which of the two that wait was told first that the plugin is there is left to chance.
    const others = [order.slice(2, 4), order.slice(4)].sort();
    assert.deepEqual(others, [
      ["cordon solcp01", "uncordon solcp01"],
      ["cordon solwk02", "uncordon solwk02"],
    ]);
  });

  it("leaves a node cordoned that was cordoned before, and says so", async () => {
    kubernetes(["solwk01"]);
    const through = gate();
    await through.before("solwk01");
    await through.after("solwk01");
    assert.deepEqual(tools.calls(moves), []);
    assert.deepEqual(logged, ["solwk01 was cordoned before and stays so; `kubectl uncordon solwk01` ends it"]);
  });

  it("says what to do when a node cannot take pods again, and lets the next one go", async () => {
    const through = gate();
    await through.before("solwk01");
    tools.answer("cluster", "uncordon solwk01", fails("connection refused"));
    await assert.rejects(through.after("solwk01"), {
      message:
        "solwk01 is still cordoned: kubectl uncordon solwk01 failed: connection refused; " +
        "`kubectl uncordon solwk01` lets pods onto it",
    });
    await through.before("solwk02");
  });

  it("leaves no secrets behind, neither in files nor in arguments", async () => {
    const through = gate();
    await through.before("solwk01");
    await through.after("solwk01");
    assert.deepEqual(readdirSync(join(tools.folder, "tmp")), []);
    assert.doesNotMatch(tools.record, /-secret/);
  });
});
