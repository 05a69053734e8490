import assert from "node:assert/strict";
import type { ClusterFacts } from "../../../../../components/facts.ts";
import { planAddons } from "../../../../../components/platform-addons/plan.ts";
import { configOf, factsOf } from "../facts.ts";
import { at } from "./planned.ts";

/** sol with a GPU on two of its workers, and extensions in the release. */
function withGpus(...names: string[]): ClusterFacts {
  const facts = factsOf("sol");
  const mappings: Record<string, string> = { solwk01: "igpu", solwk02: "rtx" };
  return {
    ...facts,
    release: { ...facts.release, extensions: names.map((name) => ({ name, image: `ghcr.io/${name}:v1` })) },
    nodes: facts.nodes.map((node) => {
      const mapping = mappings[node.name];
      return mapping ? { ...node, gpu: { mapping, primary: false } } : node;
    }),
  };
}

function plan(addon: string, mappings: string[] | undefined, facts: ClusterFacts) {
  const addons = { "cert-manager": true, [addon]: mappings ? { settings: { mappings } } : true };
  const planned = planAddons(configOf({ addons }), facts);
  return { ...planned, addon: planned.addons.find(({ name }) => name === addon) };
}

/** Nodes that get something for having a GPU. */
function marked(addon: string, mappings: string[] | undefined, facts: ClusterFacts): unknown[] {
  return (plan(addon, mappings, facts).addon?.machine ?? []).flatMap(({ nodes }) =>
    typeof nodes === "object" ? [nodes.name] : [],
  );
}

const nvidia = ["siderolabs/nvidia-open-gpu-kernel-modules-lts", "siderolabs/nvidia-container-toolkit-lts"];

describe("catalogue: device plugins for GPUs", () => {
  const table: [string, string[] | undefined, string[], string[]][] = [
    ["intel-device-plugins", ["igpu"], ["siderolabs/i915"], ["solwk01"]],
    ["intel-device-plugins", undefined, ["siderolabs/xe"], ["solwk01", "solwk02"]],
    ["nvidia-device-plugin", ["rtx"], nvidia, ["solwk02"]],
    ["nvidia-device-plugin", ["other"], [], []],
  ];
  for (const [addon, mappings, extensions, nodes] of table) {
    it(`${addon}: ${mappings?.join(" and ") ?? "every mapping"} marks ${nodes.join(" and ") || "no node"}`, () => {
      const facts = withGpus(...extensions);
      assert.deepEqual(plan(addon, mappings, facts).problems, []);
      assert.deepEqual(marked(addon, mappings, facts), nodes);
    });
  }

  it("asks for the drivers that the image lacks, and only where there is a GPU", () => {
    const needs = (addon: string, facts: ClusterFacts) =>
      plan(addon, undefined, facts).problems.map(({ message }) => message);
    assert.deepEqual(needs("intel-device-plugins", withGpus()), [
      "needs extension:siderolabs/i915, which no chosen add-on provides",
    ]);
    assert.deepEqual(needs("nvidia-device-plugin", withGpus(nvidia[0] as string)), [
      "needs extension:siderolabs/nvidia-container-toolkit-lts, which no chosen add-on provides",
    ]);
    assert.deepEqual(needs("nvidia-device-plugin", factsOf("sol")), []);
  });

  it("nvidia: loads the modules on the node and has the runtime class before the pods", () => {
    const { addon } = plan("nvidia-device-plugin", ["rtx"], withGpus(...nvidia));
    const [everywhere, node] = addon?.machine ?? [];
    const contents = at(everywhere?.patch, "cluster", "inlineManifests", 0, "contents") as string;
    assert.deepEqual(JSON.parse(contents), {
      apiVersion: "node.k8s.io/v1",
      kind: "RuntimeClass",
      metadata: { name: "nvidia" },
      handler: "nvidia",
    });
    assert.equal(everywhere?.nodes, "controlplane");
    assert.equal(addon?.values.runtimeClassName, "nvidia");
    assert.deepEqual(at(node?.patch, "machine", "kernel", "modules"), [
      { name: "nvidia" },
      { name: "nvidia_uvm" },
      { name: "nvidia_drm" },
      { name: "nvidia_modeset" },
    ]);
  });

  it("run on bare-metal machines that have the driver among their own extensions", () => {
    const facts = factsOf("sol");
    const machine = (name: string, extensions: string[]) => {
      const node = facts.nodes.find((one) => one.name === name);
      assert.ok(node);
      const { vm: _, ...rest } = node;
      return { ...rest, metal: { maintenanceAddress: "fd00::1", installDisk: "/dev/sda", extensions } };
    };
    const nodes = [
      ...facts.nodes.slice(0, 3),
      machine("solwk01", ["siderolabs/i915", "siderolabs/mei"]),
      machine("solwk02", nvidia),
      machine("solwk03", []),
    ];
    for (const [addon, names] of [
      ["intel-device-plugins", ["solwk01"]],
      ["nvidia-device-plugin", ["solwk02"]],
    ] as const) {
      assert.deepEqual(plan(addon, undefined, { ...facts, nodes }).problems, []);
      assert.deepEqual(marked(addon, undefined, { ...facts, nodes }), names);
    }
  });

  it("run on nodes that are kept for pods with a GPU", () => {
    const facts = withGpus("siderolabs/i915", ...nvidia);
    const taints = [{ key: "gpu", value: "true", effect: "NoSchedule" as const }];
    const nodes = facts.nodes.map((node) => (node.gpu ? { ...node, settings: { taints } } : node));
    const toleration = { key: "gpu", operator: "Exists", effect: "NoSchedule" };
    const intel = plan("intel-device-plugins", ["igpu"], { ...facts, nodes }).addon;
    assert.deepEqual(at(intel?.objects[0]?.spec, "tolerations"), [toleration]);
    const others = plan("nvidia-device-plugin", ["rtx"], { ...facts, nodes }).addon;
    assert.deepEqual(at(others?.values, "tolerations", 1), toleration);
  });

  it("intel: runs where the label is, in the version of the operator", () => {
    const { addon } = plan("intel-device-plugins", ["igpu"], withGpus("siderolabs/i915"));
    const spec = addon?.objects[0]?.spec;
    assert.equal(at(spec, "image"), `intel/intel-gpu-plugin:${addon?.version}`);
    assert.deepEqual(at(addon?.machine[0]?.patch, "machine", "nodeLabels"), at(spec, "nodeSelector"));
  });
});
