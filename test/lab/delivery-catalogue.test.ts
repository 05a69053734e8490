import assert from "node:assert/strict";
import { catalogue } from "../../components/platform-addons/catalogue/index.ts";
import { TestSite } from "./support/site.ts";

const deliveries = ["direct", "argocd", "flux", "sveltos"] as const;

/** Entries that exclude others: a cluster has one of them. */
const excluded = new Set(["volsync-kopia"]);
const entries = catalogue().filter(({ name }) => !excluded.has(name));

/** What a resource of Pulumi's looks like in the state. */
interface StateResource {
  urn: string;
  type: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

describe("the whole catalogue in the lab, spread over all deliveries", () => {
  const site = new TestSite();
  after(() => site.remove());

  /** Which delivery each add-on has: in four rounds every one goes through all of them. */
  function deliveryOf(name: string, round = 0): string {
    const index = entries.findIndex((entry) => entry.name === name);
    return entries[index]?.directOnly ? "direct" : String(deliveries[(index + round) % deliveries.length]);
  }

  function say(round: number): void {
    site.edit("luna", (config) => {
      const said = entries.map(({ name, example, directOnly }) => {
        const delivery = directOnly ? {} : { delivery: deliveryOf(name, round) };
        return [name, { ...delivery, settings: example ?? {} }];
      });
      config.addons = Object.fromEntries([...said, ...[...excluded].map((name) => [name, false])]);
    });
  }

  /** Uids of what runs, of namespaces, claims and definitions: they change when something is deleted and made again. */
  function uids(): Record<string, unknown> {
    const [cluster] = Object.values(site.world().parts.kubernetes?.clusters ?? {});
    const kept = /^(Deployment|DaemonSet|StatefulSet|Namespace|PersistentVolumeClaim|CustomResourceDefinition)\./;
    const found = Object.entries(cluster?.objects ?? {}).filter(([key]) => kept.test(key));
    return Object.fromEntries(found.map(([key, { metadata }]) => [key, (metadata as { uid?: string }).uid]));
  }

  /** The add-on that a resource is for; other add-ons' names may begin with its name. */
  function addonOf(resource: string): string | undefined {
    const names = entries.map(({ name }) => name);
    const fitting = names.filter((name) => `${resource}-`.startsWith(`luna-${name}-`));
    return fitting.sort((a, b) => b.length - a.length)[0];
  }

  it("comes up, in an order in which everything finds what it needs", async () => {
    site.edit("shared", (config) => {
      const { candidate } = config.releases as Record<string, { extensions: { name: string; image: string }[] }>;
      for (const name of ["iscsi-tools", "util-linux-tools"]) {
        candidate?.extensions.push({ name: `siderolabs/${name}`, image: `ghcr.io/siderolabs/${name}:v1` });
      }
    });
    site.edit("luna", (config) => {
      config.release = "candidate";
      config.domain = "luna.example.net";
      config.controlPlanes = { count: 1 };
      config.workers = { wk: { count: 2 } };
      // Some keep three copies on as many nodes.
      config.machine = { scheduleOnControlPlanes: true };
    });
    say(0);
    await site.succeed("up luna");
    const { records } = site.world();
    const charts = entries.filter(({ chart }) => chart).map(({ name }) => name);
    const brought = records
      .filter(({ kind }) => /^(helm\.install|(argocd|flux|sveltos)\.apply)$/.test(kind))
      .map(({ subject }) => subject.split("/").at(-1));
    assert.deepEqual([...new Set(brought)].sort(), charts.sort());
    for (const engine of ["argocd", "flux", "sveltos"]) {
      assert.ok(
        records.some(({ kind }) => kind === `${engine}.apply`),
        engine,
      );
    }
  });

  for (const round of [1, 2, 3]) {
    it(`goes on to the next delivery, add-on by add-on, and nothing is made anew (${round} of 3)`, async () => {
      const before = uids();
      assert.ok(Object.keys(before).length > 100);
      say(round);
      await site.succeed("up luna --only");
      assert.deepEqual(uids(), before);
    });
  }

  it("changes nothing in a second run", async () => {
    const { luna } = await site.succeed("up luna --only");
    assert.equal(luna?.result, "unchanged");
  });

  it("keeps the state small: what charts render is not in it", () => {
    const state = JSON.parse(site.read(".orrery/lab/state/.pulumi/stacks/orrery/luna.json"));
    const resources: StateResource[] = state.checkpoint.latest.resources;
    const platform = resources.filter(({ urn }) => urn.includes("orrery:index:PlatformAddons$"));
    assert.ok(platform.length > entries.length);
    for (const { urn, outputs = {}, inputs = {} } of platform) {
      for (const property of ["manifest", "hooks", "notes"]) {
        assert.ok(!(property in outputs) && !(property in inputs), `${property} of ${urn}`);
      }
    }
    const bytes = new Map<string, number[]>();
    for (const resource of platform) {
      const name = addonOf(resource.urn.split("::").at(-1) ?? "");
      if (name !== undefined) bytes.set(name, [...(bytes.get(name) ?? []), JSON.stringify(resource).length]);
    }
    for (const { name, chart } of entries) {
      const sizes = bytes.get(name) ?? [];
      const what = `${name} under ${deliveryOf(name, 3)}: ${sizes} bytes`;
      if (chart) assert.ok(sizes.length > 0, what);
      assert.ok(Math.max(0, ...sizes) <= 30_000, what);
      assert.ok(sizes.reduce((sum, size) => sum + size, 0) <= 50_000, what);
    }
    const all = JSON.stringify(platform).length;
    assert.ok(all / entries.length <= 15_000, `${all} bytes for ${entries.length} add-ons`);
  });
});
