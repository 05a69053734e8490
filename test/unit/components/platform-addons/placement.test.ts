import assert from "node:assert/strict";
import type { ClusterFacts, NodePlan } from "../../../../components/facts.ts";
import { catalogue } from "../../../../components/platform-addons/catalogue/index.ts";
import { budgetOf, copiesOf, movesOneByOne, tolerationsOf } from "../../../../components/platform-addons/placement.ts";
import { planAddons } from "../../../../components/platform-addons/plan.ts";
import { placesOf, podsOnControlPlanes } from "../../../../components/scheduling.ts";
import { configOf, factsOf } from "./facts.ts";

const sol = factsOf("sol");
const [first, , , worker] = sol.nodes;
assert.ok(first && worker);

function tainted(node: NodePlan, effect: "NoSchedule" | "PreferNoSchedule" = "NoSchedule"): NodePlan {
  return { ...node, settings: { taints: [{ key: "dedicated", effect }] } };
}

describe("placement", () => {
  const table: { title: string; facts: ClusterFacts; places: number; copies: number }[] = [
    { title: "three control planes and three workers", facts: sol, places: 3, copies: 2 },
    {
      title: "the same, with pods on control planes",
      facts: { ...sol, podsOnControlPlanes: true },
      places: 6,
      copies: 2,
    },
    { title: "a control plane and a worker", facts: { ...sol, nodes: [first, worker] }, places: 1, copies: 1 },
    {
      title: "three workers, two of them for special pods",
      facts: { ...sol, nodes: sol.nodes.map((node) => (/wk0[23]/.test(node.name) ? tainted(node) : node)) },
      places: 1,
      copies: 1,
    },
    { title: "one node for everything", facts: { ...sol, nodes: [first] }, places: 1, copies: 1 },
    { title: "control planes only", facts: { ...sol, nodes: sol.nodes.slice(0, 3) }, places: 3, copies: 2 },
  ];
  for (const { title, facts, places, copies } of table) {
    it(`${title}: ${places} for pods, ${copies} of a workload`, () => {
      assert.equal(placesOf(facts), places);
      assert.equal(copiesOf(facts), copies);
      assert.equal(copiesOf(facts, 5), 5);
      assert.equal(movesOneByOne(facts, 5), places > 1);
      assert.equal(
        budgetOf(facts, 5, { name: "x", namespace: "y", matchLabels: { app: "x" } }).length,
        places > 1 ? 1 : 0,
      );
    });
  }

  it("counts nodes that pods only avoid", () => {
    const nodes = sol.nodes.map((node) => tainted(node, "PreferNoSchedule"));
    assert.equal(placesOf({ ...sol, nodes }), 3);
  });

  it("tolerates each taint once, whatever its value is", () => {
    const taints = (...values: string[]) => ({
      ...worker,
      settings: { taints: values.map((value) => ({ key: "dedicated", value, effect: "NoExecute" as const })) },
    });
    assert.deepEqual(tolerationsOf([first, taints("a"), taints("b", "c"), tainted(worker)]), [
      { key: "dedicated", operator: "Exists", effect: "NoExecute" },
      { key: "dedicated", operator: "Exists", effect: "NoSchedule" },
    ]);
  });

  it("lets pods onto control planes where nothing else takes them, unless that is said otherwise", () => {
    assert.deepEqual(
      [undefined, true, false].map((said) => [
        podsOnControlPlanes(said, [first]),
        podsOnControlPlanes(said, sol.nodes),
      ]),
      [
        [true, false],
        [true, true],
        [false, false],
      ],
    );
  });
});

describe("catalogue: a cluster of one node", () => {
  const single = { ...sol, nodes: [first] };
  for (const addon of catalogue()) {
    it(`${addon.name}: nothing of it keeps the node from being drained`, () => {
      const said = addon.example ? { settings: addon.example } : true;
      const plan = planAddons(configOf({ addons: { [addon.name]: said } }), single).addons.find(
        ({ name }) => name === addon.name,
      );
      assert.ok(plan);
      assert.deepEqual(budgetsIn({ values: plan.values, before: plan.objectsBefore, objects: plan.objects }), []);
    });
  }
});

/** Disruption budgets that are switched on, by their place. */
function budgetsIn(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null) return [];
  if ((value as { kind?: unknown }).kind === "PodDisruptionBudget") return [path];
  return Object.entries(value).flatMap(([key, below]) => {
    const place = `${path}/${key}`;
    return /(pdb|disruptionBudget)$/i.test(key) && isOn(below) ? [place] : budgetsIn(below, place);
  });
}

function isOn(budget: unknown): boolean {
  if (typeof budget !== "object" || budget === null) return budget === true;
  const { enabled, minAvailable } = budget as { enabled?: boolean; minAvailable?: number };
  return enabled !== false && minAvailable !== 0 && Object.keys(budget).length > 0;
}
