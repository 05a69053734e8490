import assert from "node:assert/strict";
import { z } from "zod";
import { type Addon, defineAddon, noSettings } from "../../../../components/platform-addons/addon.ts";
import { catalogue } from "../../../../components/platform-addons/catalogue/index.ts";
import { machineRequirements, planAddons } from "../../../../components/platform-addons/plan.ts";
import { describe as sentence } from "../../../../config/problems.ts";
import { either } from "../../../../config/suggest.ts";
import { configOf, factsOf } from "./facts.ts";

/** An entry of a catalogue for tests. */
function entry(name: string, more: Partial<Addon> = {}): Addon {
  return defineAddon({
    name,
    description: name,
    sources: [],
    chart: { repository: "https://charts.example.net", name, version: "1.0.0" },
    namespace: { name },
    settings: noSettings,
    values: () => ({}),
    workloads: () => [],
    ...more,
  });
}

const network = entry("network", { provides: () => ["cni"], byDefault: true });

function plan(said: Record<string, unknown>, entries?: Addon[]) {
  return planAddons(configOf(said), factsOf("sol"), entries);
}

function problems(said: Record<string, unknown>, entries?: Addon[]): string[] {
  return plan(said, entries).problems.map(sentence);
}

const proxmoxCsi = { settings: { url: "https://pve01:8006/api2/json", storageClasses: [{ name: "a", storage: "b" }] } };
const argocd = { settings: { repository: { url: "https://git.example.net/clusters.git" } } };

describe("plan of add-ons", () => {
  describe("selection", () => {
    const names = (said: Record<string, unknown>, entries?: Addon[]) =>
      plan(said, entries).addons.map(({ name }) => name);

    it("gives every cluster the network and the definitions that it looks for", () => {
      assert.deepEqual(names({}), ["gateway-api", "cilium"]);
    });

    it("chooses by name", () => {
      assert.deepEqual(names({ addons: { coredns: true } }), ["gateway-api", "cilium", "coredns"]);
    });

    it("chooses by a label of the cluster", () => {
      assert.deepEqual(names({ labels: { "external-secrets": "true" } }), [
        "gateway-api",
        "cilium",
        "external-secrets",
      ]);
      assert.deepEqual(names({ labels: { "external-secrets": "false" } }), ["gateway-api", "cilium"]);
    });

    it("takes a set of labels as a whole, and any one of several sets", () => {
      const both = entry("both", { selectedBy: [{ monitoring: "true", fluxcd: "true" }, { agent: "true" }] });
      assert.deepEqual(names({ labels: { monitoring: "true" } }, [network, both]), ["network"]);
      assert.deepEqual(names({ labels: { monitoring: "true", fluxcd: "true" } }, [network, both]), ["both", "network"]);
      assert.deepEqual(names({ labels: { agent: "true" } }, [network, both]), ["both", "network"]);
    });

    it("leaves out what a label selects and the name switches off", () => {
      const said = { labels: { "external-secrets": "true" }, addons: { "external-secrets": false } };
      assert.deepEqual(names(said), ["gateway-api", "cilium"]);
    });
  });

  describe("order", () => {
    it("is the same for the same selection, whatever order it was written in", () => {
      const addons = {
        argocd,
        "proxmox-csi": proxmoxCsi,
        coredns: true,
        "cert-manager": true,
        "external-secrets": true,
      };
      const expected = "gateway-api cilium coredns cert-manager external-secrets argocd proxmox-csi".split(" ");
      const reversed = Object.fromEntries(Object.entries(addons).reverse());
      for (const said of [addons, reversed]) {
        assert.deepEqual(
          plan({ addons: said }).addons.map(({ name }) => name),
          expected,
        );
      }
    });

    it("names what an add-on waits for, without what follows from the rest", () => {
      const { addons } = plan({ addons: { coredns: true, "cert-manager": true, argocd } });
      assert.deepEqual(
        addons.map(({ name, after }) => [name, after]),
        [
          ["gateway-api", []],
          ["cilium", ["gateway-api"]],
          ["coredns", ["cilium"]],
          ["cert-manager", ["coredns"]],
          ["argocd", ["cert-manager"]],
        ],
      );
    });

    it("puts an engine before what it delivers, also where it would wait for it otherwise", () => {
      const engine = entry("argocd", { provides: () => ["delivery:argocd"], after: ["tool"], directOnly: "itself" });
      const tool = entry("tool", { provides: () => ["tool"] });
      const order = (delivery: string) =>
        planAddons(configOf({ addons: { argocd: true, tool: { delivery } } }), factsOf("sol"), [
          network,
          engine,
          tool,
        ]).addons.map(({ name, after }) => [name, after]);
      assert.deepEqual(order("argocd"), [
        ["argocd", []],
        ["network", []],
        ["tool", ["argocd"]],
      ]);
      assert.deepEqual(order("direct"), [
        ["network", []],
        ["tool", []],
        ["argocd", ["tool"]],
      ]);
    });

    it("refuses a circle and shows it", () => {
      const a = entry("a", { needs: () => [{ capability: "b" }], provides: () => ["a"], byDefault: true });
      const b = entry("b", { needs: () => [{ capability: "c" }], provides: () => ["b"], byDefault: true });
      const c = entry("c", { needs: () => [{ capability: "a" }], provides: () => ["c"], byDefault: true });
      const last = entry("last", { needs: () => [{ capability: "c" }], byDefault: true });
      assert.deepEqual(problems({}, [network, a, b, c, last]), [
        "addons: these wait for each other: a -> b -> c -> a (switch one of them off, or the setting that makes it need the next one)",
      ]);
      assert.deepEqual(plan({}, [network, a, b, c, last]).addons, []);
    });
  });

  describe("refusals", () => {
    const defaults = either(catalogue().map(({ name }) => name));
    const table: [string, Record<string, unknown>, string[]][] = [
      [
        "an add-on that does not exist",
        { addons: { "cert-manger": true } },
        ['addons.cert-manger: no such add-on in the catalogue (did you mean "cert-manager"?)'],
      ],
      [
        "an add-on that is like none",
        { addons: { postgresql: true } },
        [`addons.postgresql: no such add-on in the catalogue (allowed ${defaults})`],
      ],
      [
        "a need that nothing meets",
        { addons: { "metrics-server": true } },
        [
          "addons.metrics-server: needs kubelet-serving-certificates, which no chosen add-on provides (switch on kubelet-csr-approver)",
        ],
      ],
      [
        "a need that nothing meets, with two ways out",
        { addons: { "gateway-api": false } },
        [
          "addons.cilium: needs crd:gateway.networking.k8s.io, which no chosen add-on provides (switch on gateway-api, or set addons.cilium.settings.gatewayApi to false)",
        ],
      ],
      [
        "a cluster without a network",
        { addons: { cilium: false } },
        ["addons: no chosen add-on provides cni, and without it no node becomes ready (switch on cilium)"],
      ],
      [
        "another delivery for what only Pulumi can apply",
        { addons: { cilium: { delivery: "flux" } } },
        [
          'addons.cilium.delivery: is applied by Pulumi itself (found "flux", allowed direct; nothing else can run before there is a network)',
        ],
      ],
      [
        "a delivery whose engine is not there",
        { addons: { reloader: { delivery: "argocd" } } },
        [
          "addons.reloader: is to be delivered by argocd, which no chosen add-on brings (switch on addons.argocd, or set the delivery to direct)",
        ],
      ],
      [
        "a default delivery whose engine is not there, when an add-on would use it",
        { delivery: "sveltos", addons: { reloader: true } },
        [
          "addons.reloader: is to be delivered by sveltos, which no chosen add-on brings (switch on addons.sveltos, or set the delivery to direct)",
        ],
      ],
      [
        "settings that the entry does not know",
        { addons: { coredns: { settings: { replica: 3 } } } },
        ['addons.coredns.settings.replica: unknown key (allowed replicas or cacheSeconds; did you mean "replicas"?)'],
      ],
      [
        "settings that are missing",
        { addons: { argocd: true } },
        [
          "addons.argocd.settings.repository: is missing (allowed keys and values; for example { url: https://git.example.net/clusters.git, username: argocd })",
        ],
      ],
      [
        "a chart value that the chart does not have",
        { addons: { cilium: { values: { hubbel: { enabled: false } } } } },
        ['addons.cilium.values.hubbel: the chart has no such value (did you mean "hubble"?)'],
      ],
    ];
    for (const [what, said, expected] of table) {
      it(`refuses ${what}`, () => assert.deepEqual(problems(said), expected));
    }

    it("says everything at once", () => {
      const said = { addons: { ciliun: true, cilium: { delivery: "flux" }, argocd: { settings: {} } } };
      assert.equal(problems(said).length, 3);
    });

    it("takes a default delivery that no add-on would use", () => {
      assert.deepEqual(problems({ delivery: "flux" }), []);
    });

    it("refuses what Pulumi is to apply and what needs something that only Git brings", () => {
      const repository = { url: "https://git.example.net/c.git", takesOver: true };
      const said = { argocd: { settings: { repository } }, "cert-manager": { delivery: "argocd" }, capsule: true };
      assert.deepEqual(problems({ addons: said }), [
        "addons.capsule: is applied by Pulumi and needs cert-manager, which only Git brings: nothing tells when it is there (set delivery to argocd for both, or to direct)",
      ]);
      assert.deepEqual(problems({ addons: { ...said, capsule: { delivery: "argocd" } } }), []);
      const { addons } = plan({ addons: { ...said, capsule: { delivery: "argocd" } } });
      assert.deepEqual(
        addons.filter(({ fromGit }) => fromGit).map(({ name }) => name),
        ["cert-manager", "capsule"],
      );
    });

    it("refuses two providers of what a cluster has once, and lets others stand side by side", () => {
      const second = entry("second", { provides: () => ["cni"], byDefault: true });
      assert.deepEqual(problems({}, [network, second]), [
        "addons: network and second both provide cni, and a cluster has one (switch one of them off: addons.second: false)",
      ]);
      const disks = ["one", "two"].map((name) => entry(name, { provides: () => ["storage-class"], byDefault: true }));
      assert.deepEqual(problems({}, [network, ...disks]), []);
    });

    it("refuses objects of a kind that nobody defines", () => {
      const object = { apiVersion: "example.net/v1", kind: "Thing", metadata: { name: "one" } };
      const config = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "two" } };
      const user = entry("user", { objects: () => [object, config], byDefault: true });
      assert.deepEqual(problems({}, [network, user]), [
        "addons.user: applies Thing one of example.net/v1, a kind that no chosen add-on defines",
      ]);
      const definer = entry("definer", {
        definitions: [{ group: "example.net", version: "v1", namespaced: ["Thing"] }],
        byDefault: true,
      });
      assert.deepEqual(problems({}, [network, user, definer]), []);
    });

    it("refuses objects before a chart of a kind that only the chart itself brings", () => {
      const object = { apiVersion: "example.net/v1", kind: "Thing", metadata: { name: "one" } };
      const definitions = [{ group: "example.net", version: "v1", namespaced: ["Thing"] }];
      const user = entry("user", { objectsBefore: () => [object], definitions, byDefault: true });
      assert.deepEqual(problems({}, [network, user]), [
        "addons.user: applies Thing one of example.net/v1, a kind that no chosen add-on defines",
      ]);
      assert.deepEqual(problems({}, [network, user, entry("definer", { definitions, byDefault: true })]), []);
    });

    it("tells what entries find wrong with their settings together with everything else", () => {
      const check: Addon["check"] = () => [
        { path: "size", value: 7, message: "is too much" },
        { path: "", message: "does not fit" },
      ];
      const strict = entry("strict", { check, needs: () => [{ capability: "luck" }], byDefault: true });
      assert.deepEqual(problems({ addons: { strikt: true } }, [network, strict]), [
        'addons.strikt: no such add-on in the catalogue (did you mean "strict"?)',
        "addons.strict.settings.size: is too much (found 7)",
        "addons.strict.settings: does not fit",
      ]);
      assert.deepEqual(problems({}, [network, strict]), [
        "addons.strict: needs luck, which no chosen add-on provides",
        "addons.strict.settings.size: is too much (found 7)",
        "addons.strict.settings: does not fit",
      ]);
    });

    it("tells what add-ons miss together with wrong settings of others, as far as these would not bring it", () => {
      const size = z.strictObject({ size: z.number() });
      const broken = entry("broken", {
        settings: size,
        example: { size: 1 },
        provides: () => ["fortune", "storage-class:fast"],
        definitions: [{ group: "example.net", version: "v1", namespaced: ["Thing"] }],
        byDefault: true,
      });
      const user = entry("user", {
        needs: () => [
          { capability: "fortune" },
          { capability: "luck" },
          { capability: "storage-class:slow", namedBy: "name" },
          { capability: "secret:user/key", namedBy: "name" },
        ],
        objects: () => [{ apiVersion: "example.net/v1", kind: "Thing", metadata: { name: "one" } }],
        byDefault: true,
      });
      assert.deepEqual(problems({}, [network, broken, user]), [
        "addons.broken.settings.size: is missing (allowed a number; for example 1)",
        "addons.user: needs luck, which no chosen add-on provides",
        'addons.user.settings.name: names a Secret that no chosen add-on makes (found "user/key"; add secret:user/key to provided, where somebody else makes it)',
      ]);
      const cni = entry("cni", { settings: size, example: { size: 1 }, provides: () => ["cni"], byDefault: true });
      assert.deepEqual(problems({}, [cni]), ["addons.cni.settings.size: is missing (allowed a number; for example 1)"]);
    });

    it("refuses values of another kind than the catalogue's own", () => {
      const own = { map: { on: true, size: 3, share: "25%", tag: "v1", list: [1], gone: {} } };
      const chart = entry("chart", { values: () => own, byDefault: true });
      const said = (map: unknown) => problems({ addons: { chart: { values: { map } } } }, [network, chart]);
      assert.deepEqual(said({ on: false, size: "4", share: 1, tag: "v2", list: [], gone: null, other: [] }), []);
      assert.deepEqual(said(3), [
        "addons.chart.values.map: is not what this value of the chart is (found 3, allowed a map)",
      ]);
      assert.deepEqual(said({ on: "sure", size: "two", share: true, tag: 1.2, list: {}, gone: [] }), [
        'addons.chart.values.map.on: is not what this value of the chart is (found "sure", allowed true or false)',
        'addons.chart.values.map.size: is not what this value of the chart is (found "two", allowed a number)',
        "addons.chart.values.map.share: is not what this value of the chart is (found true, allowed text; put it in quotes)",
        "addons.chart.values.map.tag: is not what this value of the chart is (found 1.2, allowed text; put it in quotes)",
        "addons.chart.values.map.list: is not what this value of the chart is (found {}, allowed a list)",
        "addons.chart.values.map.gone: is not what this value of the chart is (found [], allowed a map)",
      ]);
    });

    it("lets add-ons share a Secret in which they expect the same, and no other", () => {
      const secret = {
        configKey: "token",
        description: "a token",
        name: "token",
        namespace: "shared",
        keys: { key: "{value}" },
      };
      const reader = (name: string, more = {}) =>
        entry(name, { secrets: () => [{ ...secret, ...more }], byDefault: true });
      assert.deepEqual(problems({}, [network, reader("a"), reader("b")]), []);
      assert.deepEqual(problems({}, [network, reader("a"), reader("b", { configKey: "other" })]), [
        "addons.b: expects something else in the Secret shared/token than a does (switch one of them off)",
      ]);
    });

    it("leaves Secrets to others where the stack file says so, those that contradict each other as well", () => {
      const secret = {
        configKey: "token",
        description: "a token",
        name: "token",
        namespace: "a",
        keys: { key: "{value}" },
      };
      const reader = (name: string, more = {}) => entry(name, { secrets: () => [{ ...secret, ...more }] });
      const entries = [network, reader("a"), reader("b", { configKey: "other" })];
      const said = { addons: { a: true, b: { existingSecrets: true } } };
      assert.deepEqual(problems(said, entries), []);
      const planned = plan(said, entries).addons;
      assert.deepEqual(
        planned.map(({ name, secrets }) => [name, secrets.length]),
        [
          ["a", 1],
          ["b", 0],
          ["network", 0],
        ],
      );
    });

    it("brings what takes Secrets of others after external-secrets, without making anything wait for itself", () => {
      const store = { settings: { vault: { url: "https://vault.example.net:8200" } }, existingSecrets: true };
      const repository = { url: "https://git.example.net/c.git" };
      const { addons, problems: found } = plan({
        delivery: "argocd",
        addons: {
          argocd: { settings: { repository: { ...repository, username: "git" } }, existingSecrets: true },
          "external-secrets": store,
          minio: { settings: { storageClass: "openebs-hostpath" }, existingSecrets: true },
          openebs: true,
        },
      });
      assert.deepEqual(found, []);
      const waitsFor = (name: string) => addons.find((addon) => addon.name === name)?.after;
      assert.deepEqual(waitsFor("minio"), ["external-secrets", "openebs"]);
      assert.deepEqual(waitsFor("external-secrets"), ["argocd"]);
    });

    it("lets what external-secrets needs itself come up before its Secrets are there", () => {
      const vault = { url: "https://vault.example.net:8200" };
      const { addons, problems: found } = plan({
        addons: {
          "cert-manager": { settings: { vault }, existingSecrets: true },
          "external-dns-cloudflare": { existingSecrets: true },
          "external-secrets": { settings: { vault: { ...vault, authoritySecret: "cluster-ca" } } },
        },
      });
      assert.deepEqual(found, []);
      const waitsFor = (name: string) => addons.find((addon) => addon.name === name)?.after;
      assert.deepEqual(waitsFor("cert-manager"), ["cilium"]);
      assert.deepEqual(waitsFor("external-secrets"), ["cert-manager"]);
      assert.deepEqual(waitsFor("external-dns-cloudflare"), ["external-secrets"]);
    });

    it("finds a slip in an entry of the catalogue itself", () => {
      const slip = entry("slip", { valueKeys: ["replicas"], values: () => ({ replica: 2 }), byDefault: true });
      assert.deepEqual(problems({}, [network, slip]), [
        'addons.slip: the catalogue sets the chart value replica, which the chart does not have (did you mean "replicas"?)',
      ]);
    });
  });

  describe("values", () => {
    it("lays the stack file's over the catalogue's: maps key by key, lists as a whole", () => {
      const chart = entry("chart", {
        settings: z.strictObject({ size: z.number().default(1) }),
        values: (_, settings) => ({
          a: { b: 1, c: (settings as { size: number }).size },
          list: [1, 2],
          gone: undefined,
        }),
      });
      const said = { addons: { chart: { settings: { size: 3 }, values: { a: { b: 9 }, list: [5], more: null } } } };
      const planned = plan(said, [network, chart]).addons.find(({ name }) => name === "chart");
      assert.deepEqual(planned?.values, { a: { b: 9, c: 3 }, list: [5], more: null });
    });

    it("take over what other add-ons have to have in them; what the stack file says goes before", () => {
      const first = entry("first", { values: () => ({ a: 1, b: { c: 2 } }), byDefault: true });
      const second = entry("second", {
        valuesOfOthers: () => ({ first: { b: { d: 3 }, e: 4 }, absent: { f: 5 } }),
        byDefault: true,
      });
      const valuesOf = (said: Record<string, unknown>) =>
        plan(said, [network, first, second]).addons.find(({ name }) => name === "first")?.values;
      assert.deepEqual(valuesOf({}), { a: 1, b: { c: 2, d: 3 }, e: 4 });
      assert.deepEqual(valuesOf({ addons: { second: false } }), { a: 1, b: { c: 2 } });
      assert.deepEqual(valuesOf({ addons: { first: { values: { e: 9 } } } }), { a: 1, b: { c: 2, d: 3 }, e: 9 });
    });

    it("are none for an add-on without a chart, which has no version then", () => {
      const { chart: _, ...rest } = entry("rules");
      const rules = defineAddon({ ...rest, byDefault: true });
      const [, planned] = plan({}, [network, rules]).addons;
      assert.equal(planned?.chart, undefined);
      assert.deepEqual([planned?.version, planned?.values, planned?.awaited], ["", {}, true]);
    });

    it("are plain JSON, so that no plan holds what a state cannot", () => {
      const addons = { coredns: true, "cert-manager": true, argocd, "proxmox-csi": proxmoxCsi };
      const planned = plan({ addons }).addons;
      assert.deepEqual(JSON.parse(JSON.stringify(planned)), planned);
    });
  });

  it("does not change when a worker more joins, except for what concerns that node", () => {
    const addons = { coredns: true, "kubelet-csr-approver": true, "cert-manager": true, "proxmox-csi": proxmoxCsi };
    const facts = factsOf("sol");
    const more = { ...facts, nodes: [...facts.nodes, { ...factsOf("sol").nodes[5], name: "solwk04" }] } as typeof facts;
    const before = planAddons(configOf({ addons }), facts).addons;
    const after = planAddons(configOf({ addons }), more).addons;
    const withoutMachines = (planned: typeof before) => planned.map(({ machine: _, ...rest }) => rest);
    assert.deepEqual(withoutMachines(after), withoutMachines(before));
    assert.equal(machineRequirements(after).length, machineRequirements(before).length + 1);
    assert.deepEqual(machineRequirements(after.toReversed()), machineRequirements(after), "whatever their order");
  });

  describe("catalogue", () => {
    it("has one entry per file, sorted, each with its sources", () => {
      const entries = catalogue();
      const names = entries.map(({ name }) => name);
      assert.deepEqual(names, [...names].sort());
      for (const { name, sources, description } of entries) {
        assert.ok(sources.length > 0, `${name} names its sources`);
        assert.match(description, /[^.]$/);
      }
    });

    it("pins every version", () => {
      for (const { chart } of catalogue()) {
        if (!chart) continue;
        const version = typeof chart.version === "string" ? chart.version : chart.version(factsOf("sol"));
        assert.match(version, /^v?\d+\.\d+\.\d+$/, chart.name);
      }
    });
  });
});
