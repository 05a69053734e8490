import assert from "node:assert/strict";
import { changedLines, routerScript } from "../../../../components/network/router-script.ts";

describe("lines that a router's script changes", () => {
  const plan = {
    own: ["interfaces ethernet eth1 vif 103"],
    need: [],
    prefer: [],
    notes: [],
    set: ["protocols bgp neighbor a remote-as '1'", "protocols bgp neighbor b remote-as '2'"],
  };

  it("are those that are lost, and then those that are new", () => {
    const next = { ...plan, set: [...plan.set.slice(1), "protocols bgp neighbor c remote-as '$1'"] };
    assert.deepEqual(changedLines(routerScript(plan), routerScript(next)), [
      "- set protocols bgp neighbor a remote-as '1'",
      "+ set protocols bgp neighbor c remote-as '$1'",
    ]);
  });

  it("are none where another order or another script says the same", () => {
    const reordered = { ...plan, set: plan.set.toReversed() };
    assert.deepEqual(changedLines(routerScript(plan), routerScript(reordered)), []);
    assert.deepEqual(changedLines(routerScript(plan), routerScript(plan).replace("source ", ". ")), []);
  });

  it("are all of them where there was no script of this kind", () => {
    assert.equal(changedLines("", routerScript(plan)).length, 3);
  });
});
