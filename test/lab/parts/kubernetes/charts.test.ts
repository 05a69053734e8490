import assert from "node:assert/strict";
import { catalogue } from "../../../../components/platform-addons/catalogue/index.ts";
import { expectedSecrets, findChart, unknownValues } from "../../../../lab/kubernetes/charts.ts";
import { factsOf } from "../../../unit/components/platform-addons/facts.ts";

describe("charts that the lab's Helm knows", () => {
  const facts = factsOf("sol");
  for (const addon of catalogue()) {
    const { chart: pinnedChart } = addon;
    if (!pinnedChart) continue;
    it(`${addon.name}: found in its repository, values known, secrets there`, () => {
      const { repository, name, version: pinned } = pinnedChart;
      const version = typeof pinned === "string" ? pinned : pinned(facts);
      const oci = repository.startsWith("oci://");
      const reference = oci ? `${repository}/${name}` : name;
      const settings = addon.settings.parse(addon.example ?? {});
      const values = addon.values?.(facts, settings) ?? {};
      const chart = findChart(reference, version, oci ? undefined : repository);
      assert.equal(chart.name, name);
      assert.deepEqual(unknownValues(reference, values), []);
      // Entries that share a chart tell their workloads apart by the values.
      assert.deepEqual(chart.workloads(values), addon.workloads?.(values) ?? []);
      const own = (addon.secrets?.(facts, settings) ?? []).map((secret) => secret.name);
      assert.deepEqual(
        expectedSecrets(values).filter((secret) => !own.includes(secret)),
        [],
      );
      assert.throws(() => findChart(reference, "no-such-version", oci ? undefined : repository));
    });
  }
});
