import assert from "node:assert/strict";
import { type Addon, secretPlaceholder } from "../../../../../components/platform-addons/addon.ts";
import { catalogue } from "../../../../../components/platform-addons/catalogue/index.ts";
import { planAddons } from "../../../../../components/platform-addons/plan.ts";
import { configOf, factsOf } from "../facts.ts";
import { clusters } from "./planned.ts";

const entries = catalogue();

function settingsOf({ settings, example }: Addon): unknown {
  return settings.parse(example ?? {});
}

/** Everything below a value that is text. */
function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
}

describe("catalogue: every entry", () => {
  for (const addon of entries) {
    const settings = settingsOf(addon);
    const said = addon.example ? { settings: addon.example } : true;

    it(`${addon.name}: says where its facts were read, and pins one version`, () => {
      assert.ok(addon.sources.length > 0);
      for (const source of addon.sources) assert.match(source, /^https:\/\//);
      assert.match(addon.description, /^\S.*[^.]$/);
      if (!addon.chart) return;
      const { version } = addon.chart;
      assert.match(typeof version === "string" ? version : version(factsOf("sol")), /^v?\d+\.\d+\.\d+$/);
    });

    for (const cluster of clusters) {
      it(`${addon.name}: sets values of its chart only, in ${cluster}`, () => {
        if (!addon.chart) {
          assert.deepEqual([addon.values, addon.valueKeys], [undefined, undefined]);
          return;
        }
        const values = addon.values?.(factsOf(cluster), settings) ?? {};
        const known = addon.valueKeys;
        assert.ok(known, "top-level keys of the chart are listed");
        assert.deepEqual(
          Object.keys(values).filter((key) => !known.includes(key)),
          [],
        );
        assert.deepEqual([...known].sort(), [...new Set(known)].sort(), "no key twice");
      });

      it(`${addon.name}: has no secret in values or objects, in ${cluster}`, () => {
        const facts = factsOf(cluster);
        const visible = [addon.values, addon.objectsBefore, addon.objects].flatMap((part) =>
          texts(part?.(facts, settings)),
        );
        assert.deepEqual(
          visible.filter((text) => text.includes(secretPlaceholder)),
          [],
        );
        for (const { configKey, keys } of addon.secrets?.(facts, settings) ?? []) {
          assert.match(configKey, /^[a-z][A-Za-z0-9]+$/);
          assert.ok(texts(keys).some((text) => text.includes(secretPlaceholder)));
        }
      });
    }

    it(`${addon.name}: a need that is not met names the way out`, () => {
      const wanted = addon.needs?.(factsOf("sol"), settings) ?? [];
      const alone = { cilium: false, "gateway-api": false, [addon.name]: said };
      const { problems } = planAddons(configOf({ addons: alone }), factsOf("sol"));
      const own = problems.filter(
        ({ path, message }) =>
          (path === `addons.${addon.name}` && message.startsWith("needs ")) ||
          (path.startsWith(`addons.${addon.name}.settings.`) && message.startsWith("names ")),
      );
      const provided = new Set(addon.provides?.(factsOf("sol"), settings));
      const unmet = wanted.filter(({ capability }) => !provided.has(capability));
      if (addon.name === "cilium" || addon.name === "gateway-api") return;
      assert.equal(own.length, unmet.length);
      for (const { hint } of own) assert.ok(hint, "there is a hint");
    });
  }

  it("objects are of kinds that the entry itself, Kubernetes or a need of it defines", () => {
    const defined = new Map<string, Set<string>>();
    for (const { definitions = [], provides } of entries) {
      for (const capability of provides ? [`crd:${definitions[0]?.group}`] : []) {
        const kinds = defined.get(capability) ?? new Set();
        for (const { group, version, namespaced = [], clusterWide = [] } of definitions) {
          for (const kind of [...namespaced, ...clusterWide]) kinds.add(`${group}/${version} ${kind}`);
        }
        defined.set(capability, kinds);
      }
    }
    for (const addon of entries) {
      const facts = factsOf("sol");
      const settings = settingsOf(addon);
      const own = (addon.definitions ?? []).flatMap(({ group, version, namespaced = [], clusterWide = [] }) =>
        [...namespaced, ...clusterWide].map((kind) => `${group}/${version} ${kind}`),
      );
      const needed = (addon.needs?.(facts, settings) ?? []).flatMap(({ capability }) => [
        ...(defined.get(capability) ?? []),
      ]);
      const undefinedKinds = [addon.objectsBefore, addon.objects]
        .flatMap((part) => part?.(facts, settings) ?? [])
        .map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)
        .filter((kind) => /\.[a-z]+\//.test(kind) && !/^[a-z.]*\.?k8s\.io\//.test(kind))
        .filter((kind) => !own.includes(kind) && !needed.includes(kind));
      assert.deepEqual(undefinedKinds, [], addon.name);
    }
  });
});
