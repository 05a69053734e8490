import assert from "node:assert/strict";
import { parseMachines } from "../../../components/downstream-clusters/lifecycle/machines.ts";
import { emptyOutcome, type FleetOutcome, type StackOutcome } from "../../../fleet/outcome.ts";
import { clusterSummary } from "../../../fleet/summary/cluster.ts";
import { stateOf } from "../../../fleet/summary/downstream-states.ts";
import { downstreamMovesOf, movesOf } from "../../../fleet/summary/moves.ts";
import { renderOutcome } from "../../../fleet/summary/render.ts";

const outputs = {
  purpose: "staging",
  owner: "platform",
  contacts: ["platform@example.net"],
  endpoint: "https://[fd00:102::10]:6443",
  release: { name: "stable", talos: "v1.11.5", kubernetes: "1.31.4" },
  nodes: [
    { name: "lunacp01", role: "controlplane", host: "pve01", vmId: 102011, addresses: ["fd00:102::11", "10.102.0.11"] },
    { name: "lunawk01", role: "worker", addresses: ["fd00:102::21"] },
  ],
  addons: [{ name: "cilium", version: "1.18.4", delivery: "direct" }],
  kubeconfig: "canary-kubeconfig",
};
const files = { kubeconfig: "/p/.orrery/lab/luna/kubeconfig", talosconfig: "/p/.orrery/lab/luna/talosconfig" };

function outcomeOf(stack: StackOutcome, extra: Partial<FleetOutcome> = {}): FleetOutcome {
  return { verb: "up", lab: true, ok: true, seconds: 12, stacks: [stack], ...extra };
}

function machine(name: string, phase: string, status: string, message = "") {
  const conditions = [{ type: "Ready", status, message }];
  return { metadata: { name }, spec: { clusterName: "media" }, status: { phase, conditions } };
}

describe("fleet/summary", () => {
  const summary = clusterSummary(outputs, new Map([["lunacp01", "ready"]]), files);
  const created = [{ urn: "urn:pulumi:luna::orrery::a:b:Vm::lunacp01", operation: "create" as const, properties: [] }];

  it("shows what a person wants to know of a cluster", () => {
    const stack: StackOutcome = {
      ...emptyOutcome("luna"),
      result: "changed",
      seconds: 11.6,
      changes: created,
      summary,
    };
    const text = renderOutcome(outcomeOf(stack, { state: "/p/.orrery/lab/state" }), "/p");
    for (const line of [
      "luna: 1 created, 0 unchanged, in 12 s",
      "  endpoint    https://[fd00:102::10]:6443",
      "  release     stable (Talos v1.11.5, Kubernetes 1.31.4)",
      "  purpose     staging",
      "  owner       platform, platform@example.net",
      "  add-ons     cilium 1.18.4",
      "  kubeconfig  .orrery/lab/luna/kubeconfig",
      "state: .orrery/lab/state",
    ]) {
      assert.ok(text.split("\n").includes(line), `${line}\nis missing in\n${text}`);
    }
    assert.match(text, /lunacp01 +│ controlplane +│ pve01 +│ 102011 +│ fd00:102::11 +│ ready/);
    assert.match(text, /lunawk01 +│ worker +│ bare metal +│ +│ fd00:102::21 +│ not joined/);
    assert.doesNotMatch(text, /canary/);
    assert.doesNotMatch(JSON.stringify(outcomeOf(stack)), /canary/);
  });

  it("says unknown of nodes that nobody could be asked about", () => {
    assert.deepEqual(
      clusterSummary(outputs, undefined, files)?.nodes.map(({ state }) => state),
      ["unknown", "unknown"],
    );
  });

  it("shows how far the machines of downstream clusters are", () => {
    const machines = parseMachines(
      JSON.stringify({
        items: [
          machine("media-workers-x7k2p", "Running", "True"),
          machine("media-workers-9fz4d", "Provisioned", "False", "waiting for its node"),
        ],
      }),
    );
    const states = new Map([
      ["media", stateOf(machines)],
      ["dev", stateOf([])],
    ]);
    const exported = { ...outputs, downstream: { clusters: ["media", "dev", "lab"], router: "" } };
    const stack = { ...emptyOutcome("luna"), summary: clusterSummary(exported, undefined, files, states) };
    const [, text = ""] = renderOutcome(outcomeOf(stack), "/p").split("downstream  ");
    assert.deepEqual(text.split("\n").slice(0, 4), [
      "media: 1 of 2 machines ready,",
      "              not media-workers-9fz4d (Provisioned: waiting for its node)",
      "              dev: no machines",
      "              lab: unknown",
    ]);
  });

  it("has no summary for a stack that was never brought up", () => {
    assert.equal(clusterSummary({}, undefined, files), undefined);
  });

  it("lists planned changes by name, and properties without values", () => {
    const changes = [
      ...created,
      { urn: "urn:pulumi:luna::orrery::a:b:Vm::lunawk01", operation: "replace" as const, properties: ["nodeName"] },
    ];
    const stack: StackOutcome = { ...emptyOutcome("luna"), result: "planned", changes, unchangedResources: 7 };
    assert.equal(
      renderOutcome(outcomeOf(stack, { verb: "preview", folder: "/p" }), "/"),
      [
        "luna: 1 to create, 1 to replace, 7 unchanged",
        "  + create  Vm lunacp01",
        "  ± replace Vm lunawk01: nodeName",
        "",
        "what to try next:",
        "  npm run fleet -- up luna --lab --folder /p",
        "",
      ].join("\n"),
    );
  });

  it("names commands that take shared as it is where the run did, and where there is such a thing", () => {
    const next = (extra: Partial<FleetOutcome>, stack: Partial<StackOutcome>) => {
      const outcome = outcomeOf({ ...emptyOutcome("luna"), ...stack }, { only: true, ...extra });
      const text = renderOutcome(outcome, "/p");
      return text.match(/npm run fleet -- .*/g);
    };
    assert.deepEqual(next({ verb: "preview" }, { result: "planned" }), ["npm run fleet -- up luna --only --lab"]);
    assert.deepEqual(next({}, { result: "changed", summary }), [
      "npm run fleet -- preview luna --only --lab",
      "npm run fleet -- status --lab",
      "npm run fleet -- destroy luna --lab",
    ]);
  });

  it("names commands to try, for the lab those that answer from it", () => {
    const stack: StackOutcome = { ...emptyOutcome("luna"), result: "changed", summary };
    const next = (extra: Partial<FleetOutcome>) =>
      renderOutcome(outcomeOf(stack, extra), "/p").split("what to try next:\n")[1]?.trimEnd().split("\n");
    const commands = next({})?.map((line) => line.trim());
    assert.match(commands?.[1] ?? "", /lab\/bin\/kubectl --kubeconfig .orrery\/lab\/luna\/kubeconfig get pods -A$/);
    assert.equal(commands?.length, 4);
    assert.equal(next({ folder: "/p" })?.length, 3, "the lab of another folder does not answer there");
    assert.match(next({ lab: false })?.[0] ?? "", /^ {2}kubectl --kubeconfig /);
  });

  it("says in one line what is left to Git", () => {
    const urn = (name: string) => `urn:pulumi:luna::orrery::a:b:Application::${name}`;
    const stack: StackOutcome = { ...emptyOutcome("luna"), letGo: ["a", "b", "c", "d", "e"].map(urn) };
    const names = "Application a, Application b, Application c, 2 more";
    const text = (verb: "up" | "preview") => renderOutcome(outcomeOf(stack, { verb }), "/p");
    assert.match(text("up"), new RegExp(`^  left to Git, nothing of it was deleted: ${names}$`, "m"));
    assert.match(text("preview"), new RegExp(`^  up leaves to Git, and deletes nothing of it: ${names}$`, "m"));
  });

  it("says of add-ons that change their delivery that they stay", () => {
    const release = (name: string) => `urn:pulumi:luna::orrery::kubernetes:helm.sh/v3:Release::luna-${name}`;
    const profile = "urn:pulumi:luna::orrery::kubernetes:config/v1:ClusterProfile::luna-reloader-clusterprofile";
    const deleted = [release("metrics-server"), release("coredns"), release("spegel"), profile];
    const changes = deleted.map((urn) => ({ urn, operation: "delete" as const, properties: [] }));
    const addons = [
      { name: "metrics-server", delivery: "argocd" },
      { name: "coredns", delivery: "argocd" },
      { name: "reloader", delivery: "direct" },
      { name: "server", delivery: "argocd" },
    ];
    const stack: StackOutcome = { ...emptyOutcome("luna"), changes, moves: movesOf("luna", changes, addons) };
    const text = (result: "planned" | "changed") => renderOutcome(outcomeOf({ ...stack, result }), "/p").split("\n");
    assert.deepEqual(text("planned").slice(1, 3), [
      "  coredns, metrics-server move from direct to argocd: what runs stays",
      "  reloader moves from sveltos to direct: what runs stays",
    ]);
    assert.deepEqual(text("changed").slice(1, 3), [
      "  coredns, metrics-server moved from direct to argocd: what runs stayed",
      "  reloader moved from sveltos to direct: what runs stayed",
    ]);
  });

  it("says of downstream clusters and their platform that they stay", () => {
    const change = (operation: "create" | "delete", type: string, name: string) => ({
      urn: `urn:pulumi:sol::orrery::a:b:${type}::sol-${type.toLowerCase()}-${name}`,
      operation,
      properties: [],
    });
    const changes = [
      change("create", "ApplicationSet", "downstream-cilium"),
      change("create", "ApplicationSet", "dev-coredns"),
      change("create", "ApplicationSet", "downstream-reloader"),
      change("create", "TenantCluster", "media"),
      change("create", "TenantCluster", "new"),
      change("delete", "ClusterProfile", "downstream-cilium"),
      change("delete", "ClusterProfile", "downstream-capsule"),
      change("delete", "ClusterProfile", "dev-coredns"),
      change("delete", "Cluster", "media"),
      change("delete", "Cluster", "gone"),
      change("delete", "ProxmoxCluster", "media"),
    ];
    const moves = downstreamMovesOf("sol", changes);
    assert.deepEqual(moves, [
      { platform: "downstream", from: "sveltos", to: "argocd" },
      { cluster: "media", from: "cluster-api", to: "tenant-cluster" },
    ]);
    const stack: StackOutcome = { ...emptyOutcome("sol"), result: "planned", changes, moves };
    assert.deepEqual(
      renderOutcome(outcomeOf(stack, { verb: "preview" }), "/p")
        .split("\n")
        .slice(1, 3),
      [
        "  the platform of downstream clusters moves from sveltos to argocd: what runs stays",
        "  cluster media moves from cluster-api to tenant-cluster: what runs stays",
      ],
    );
  });

  it("lists changes in the same order each time", () => {
    const change = (operation: "create" | "update" | "delete", type: string, name: string) => ({
      urn: `urn:pulumi:luna::orrery::a:b:${type}::${name}`,
      operation,
      properties: operation === "update" ? ["cpu"] : [],
    });
    const changes = [
      change("delete", "Vm", "lunawk10"),
      change("update", "Vm", "lunawk10"),
      change("update", "Vm", "lunawk9"),
      change("create", "Vm", "lunacp03"),
      change("update", "Apply", "lunawk10"),
    ];
    const stack: StackOutcome = { ...emptyOutcome("luna"), result: "planned", changes };
    const lines = renderOutcome(outcomeOf(stack, { verb: "preview" }), "/p").split("\n");
    assert.deepEqual(lines.slice(1, 6), [
      "  + create  Vm lunacp03",
      "  ~ update  Apply lunawk10: cpu",
      "  ~ update  Vm lunawk9: cpu",
      "  ~ update  Vm lunawk10: cpu",
      "  - delete  Vm lunawk10",
    ]);
  });

  it("says what a change does instead of what it is called, where a preview knows", () => {
    const urn = "urn:pulumi:luna::orrery::talos:machine/configurationApply:ConfigurationApply::lunawk01";
    const effect = 'machine.sysctls["vm.max_map_count"], without a reboot';
    const changes = [{ urn, operation: "update" as const, properties: ["machineConfigurationHash"], effect }];
    const stack: StackOutcome = { ...emptyOutcome("luna"), result: "planned", changes };
    const [, line] = renderOutcome(outcomeOf(stack, { verb: "preview" }), "/p").split("\n");
    assert.equal(
      line,
      '  ~ update  ConfigurationApply lunawk01: machine.sysctls["vm.max_map_count"], without a reboot',
    );
  });

  const headlines: [Partial<StackOutcome>, string][] = [
    [{ result: "unchanged", seconds: 2.34, unchangedResources: 118 }, "luna: no changes, 118 resources, in 2.3 s"],
    [{ result: "absent" }, "luna: was never brought up"],
    [{ result: "skipped", skipped: "because shared failed" }, "luna: skipped, because shared failed"],
    [{ result: "failed", seconds: 83, changes: created }, "luna: failed after 83 s, 1 created"],
  ];
  for (const [extra, line] of headlines) {
    it(`says "${line}"`, () => {
      const text = renderOutcome(outcomeOf({ ...emptyOutcome("luna"), ...extra }, { ok: false }), "/p");
      assert.equal(text.split("\n")[0], line);
    });
  }
});
