import assert from "node:assert/strict";
import { planAddons } from "../../../../../components/platform-addons/plan.ts";
import { configOf, factsOf } from "../facts.ts";
import { at, planned, refused } from "./planned.ts";

describe("catalogue: istio in ambient mode", () => {
  const mesh = { "istio-base": true, istiod: true, "istio-cni": true, "istio-ztunnel": true };

  it("comes as a whole by one label, in its order", () => {
    const { addons, problems } = planAddons(configOf({ labels: { istio: "ambient" } }), factsOf("sol"));
    assert.deepEqual(problems, []);
    assert.deepEqual(
      addons.filter(({ name }) => name.startsWith("istio")).map(({ name, after }) => [name, after]),
      [
        ["istio-base", []],
        ["istiod", ["cilium", "istio-base"]],
        ["istio-cni", ["istiod"]],
        ["istio-ztunnel", ["istio-cni"]],
      ],
    );
  });

  it("leaves its plugin to Cilium's configuration, and services to ztunnel, only while it is there", () => {
    const { values } = planned("sol", "cilium", true, mesh);
    assert.deepEqual([at(values, "cni"), at(values, "socketLB")], [{ exclusive: false }, { hostNamespaceOnly: true }]);
    const without = planned("sol", "cilium");
    assert.deepEqual([at(without.values, "cni"), at(without.values, "socketLB")], [undefined, undefined]);
  });

  for (const [cluster, families, ipv6] of [
    ["sol", ["IPv6", "IPv4"], true],
    ["terra", ["IPv4"], false],
  ] as const) {
    it(`speaks ${families.join(" and ")} in ${cluster}`, () => {
      assert.deepEqual(at(planned(cluster, "istiod", true, mesh).values, "ipFamilies"), families);
      assert.equal(at(planned(cluster, "istio-cni", true, mesh).values, "ambient", "ipv6"), ipv6);
    });
  }

  it("says which parts are missing", () => {
    assert.deepEqual(refused("sol", { "istio-ztunnel": true }), [
      "addons.istio-ztunnel: needs istiod, which no chosen add-on provides; switch on istiod",
      "addons.istio-ztunnel: needs istio-cni, which no chosen add-on provides; switch on istio-cni",
    ]);
  });
});
