import assert from "node:assert/strict";
import { catalogue } from "../../components/platform-addons/catalogue/index.ts";
import { changed } from "./support/judge.ts";
import { TestSite } from "./support/site.ts";

/** Four walks through all deliveries; together they go from each one to each other one. */
const walks = [
  ["direct", "argocd", "sveltos", "flux"],
  ["argocd", "flux", "direct", "sveltos"],
  ["flux", "sveltos", "argocd", "direct"],
  ["sveltos", "direct", "flux", "argocd"],
] as const;
const lastRound = 3;

/**
 * Settings besides the examples: what other entries' examples name; and a cluster has one default storage class, which that of
 * harvester-csi always is.
 */
const besides: Record<string, Record<string, unknown>> = {
  "cert-manager": { vault: { url: "https://openbao-active.openbao.svc:8200", authoritySecret: "cluster-ca" } },
  "envoy-gateway": { gateway: {} },
  longhorn: { defaultClass: false },
  "rook-ceph-cluster": { blockPools: [{ name: "ceph-block" }] },
};

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

describe("the whole catalogue in the lab, under each delivery", () => {
  const site = new TestSite();
  after(() => site.remove());

  /** Which delivery an add-on has in a round: in four rounds every one has had all of them. */
  function deliveryOf(name: string, round: number): string {
    const index = entries.findIndex((entry) => entry.name === name);
    return entries[index]?.directOnly ? "direct" : String(walks[index % walks.length]?.[round]);
  }

  /** Says how the add-ons get into the cluster. */
  function say(round: number): void {
    site.edit("luna", (config) => {
      const said = entries.map(({ name, example, directOnly }) => {
        const delivery = directOnly ? {} : { delivery: deliveryOf(name, round) };
        return [name, { ...delivery, settings: { ...(example as object | undefined), ...besides[name] } }];
      });
      config.addons = Object.fromEntries([...said, ...[...excluded].map((name) => [name, false])]);
    });
  }

  function objects(): [string, { uid?: string; labels?: Record<string, string> }][] {
    const [cluster] = Object.values(site.world().parts.kubernetes?.clusters ?? {});
    return Object.entries(cluster?.objects ?? {}).map(([key, { metadata }]) => [key, metadata as { uid?: string }]);
  }

  /** Uids of all but what deliveries write for themselves: they change when something is deleted and made again. */
  function uids(): Record<string, unknown> {
    const own =
      /^(Application|HelmRelease|HelmRepository|OCIRepository|ClusterProfile|ClusterSummary|ConfigMap|Secret)\./;
    const found = objects().filter(([key]) => !own.test(key));
    return Object.fromEntries(found.map(([key, { uid }]) => [key, uid]));
  }

  /** Records of Helm that tell of an add-on as it is now, with who sees them. */
  function records(addon: string): string[] {
    return objects()
      .filter(([key]) => key.startsWith("Secret./") && key.includes(`/sh.helm.release.v1.${addon}.v`))
      .map(([, { labels }]) => `${labels?.owner} ${labels?.status}`)
      .filter((record) => record !== "helm superseded");
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

  for (const round of [1, 2, lastRound]) {
    it(`goes on to the next delivery, add-on by add-on, and nothing is made anew (${round} of ${lastRound})`, async () => {
      const before = uids();
      assert.ok(Object.keys(before).length > 100);
      say(round);
      const { luna } = await site.succeed("up luna --only");
      assert.deepEqual(uids(), before);
      assert.deepEqual(changed(luna, "update"), [], "no node and nothing else in the cluster");
      for (const operation of ["create", "delete"] as const) {
        const strange = changed(luna, operation).filter((name) => !addonOf(name.split(" ")[1] ?? ""));
        assert.deepEqual(strange, [], operation);
      }
      for (const { name, chart } of entries) {
        if (!chart) continue;
        // Argo CD keeps no records, and those of others would tell of a release that nobody keeps up.
        const wanted = deliveryOf(name, round) === "argocd" ? [] : ["helm deployed"];
        assert.deepEqual(records(name), wanted, `${name} under ${deliveryOf(name, round)}`);
      }
    });
  }

  it("has seen every move", () => {
    const pairs = walks.flatMap((walk) => walk.slice(1).map((to, index) => `${walk[index]} ${to}`));
    assert.equal(new Set(pairs).size, 12);
  });

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
      const what = `${name} under ${deliveryOf(name, lastRound)}: ${sizes} bytes`;
      if (chart) assert.ok(sizes.length > 0, what);
      assert.ok(Math.max(0, ...sizes) <= 30_000, what);
      assert.ok(sizes.reduce((sum, size) => sum + size, 0) <= 60_000, what);
    }
    const all = JSON.stringify(platform).length;
    assert.ok(all / entries.length <= 15_000, `${all} bytes for ${entries.length} add-ons`);
  });
});
