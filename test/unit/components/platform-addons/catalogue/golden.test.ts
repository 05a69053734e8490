import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { stringify } from "yaml";
import { catalogue } from "../../../../../components/platform-addons/catalogue/index.ts";
import { type AddonPlan, planAddons } from "../../../../../components/platform-addons/plan.ts";
import { readStackFiles } from "../../../../../config/load.ts";
import { planCluster } from "../../../../../stacks/plan.ts";
import { fleet } from "../../../../support/fleet.ts";
import { home } from "../../talos-cluster/fixtures.ts";

const folder = join(import.meta.dirname, "golden");
const { shared, clusters } = readStackFiles(fleet);
const site = { shared, clusters: { ...clusters, home } };
const plans = ["sol", "luna", "terra", "home"].map((stack) => planCluster(stack, site));

/** What an entry makes of a cluster as its stack file has it; switched on with its example where the file does not. */
function planned(name: string, { config, facts }: (typeof plans)[number]): AddonPlan | undefined {
  const example = catalogue().find((entry) => entry.name === name)?.example;
  const said = config.addons[name] || (example ? { settings: example } : true);
  const { addons } = planAddons({ ...config, addons: { ...config.addons, [name]: said } } as typeof config, facts);
  return addons.find((addon) => addon.name === name);
}

/** Everything of a plan that ends up in a cluster, but for what the tests of the catalogue's mechanism look at. */
function readable(plan: AddonPlan | undefined): Record<string, unknown> | undefined {
  if (!plan) return undefined;
  const { name, description, version, delivery, after, provides, workloads, timeoutSeconds, awaited, ...rest } = plan;
  return Object.fromEntries(
    Object.entries({ ...rest, ...(awaited ? {} : { awaited }) }).filter(
      ([, value]) => !(Array.isArray(value) && value.length === 0) && value !== undefined,
    ),
  );
}

/** What differs from another value, by path; what is not there is null. */
function differences(from: unknown, to: unknown, path = ""): Record<string, unknown> {
  if (!isBag(from) || !isBag(to)) {
    return JSON.stringify(from) === JSON.stringify(to) ? {} : { [path]: to ?? null };
  }
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return Object.assign({}, ...keys.map((key) => differences(from[key], to[key], path ? `${path}/${key}` : key)));
}

function isBag(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** The whole of sol, and of every other cluster what differs from it. */
function textOf(name: string): string {
  const [first, ...others] = plans.map((plan) => readable(planned(name, plan)));
  const parts: Record<string, unknown> = { sol: first };
  for (const [index, other] of others.entries()) {
    parts[plans[index + 1]?.facts.name ?? ""] = other ? differences(first, other) : "refused";
  }
  return stringify(parts, { aliasDuplicateObjects: false, lineWidth: 0 });
}

describe("catalogue: what entries make of sol, luna, terra and home", () => {
  for (const { name } of catalogue()) {
    it(name, () => {
      const file = join(folder, `${name}.yaml`);
      const text = textOf(name);
      if (!existsSync(file)) {
        writeFileSync(file, text);
        assert.fail(`${name}.yaml was missing and is written now: read it`);
      }
      assert.equal(text, readFileSync(file, "utf8"), `when this is meant, remove ${name}.yaml and run again`);
    });
  }

  it("has no file without an entry", () => {
    const names = catalogue().map(({ name }) => `${name}.yaml`);
    assert.deepEqual(
      readdirSync(folder)
        .map((file) => basename(file))
        .filter((file) => !names.includes(file)),
      [],
    );
  });
});
