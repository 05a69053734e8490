import assert from "node:assert/strict";
import { stringify } from "yaml";
import { factsOf } from "../../../../lab/talos/configuration.ts";

describe("lab/talos taints of a machine configuration", () => {
  const machine = {
    nodeTaints: { dedicated: "talos:NoSchedule" },
    kubelet: { extraConfig: { registerWithTaints: [{ key: "gpu", value: "yes", effect: "NoExecute" }] } },
  };
  const taintsOf = (type: string) =>
    factsOf(stringify({ machine: { type, ...machine } }), "node", (text) => text).taints;

  it("of a worker are those that its kubelet joins with, and no others", () => {
    assert.deepEqual(taintsOf("worker"), { gpu: "yes:NoExecute" });
  });

  it("of a control plane are those that Talos sets, too", () => {
    assert.deepEqual(taintsOf("controlplane"), { gpu: "yes:NoExecute", dedicated: "talos:NoSchedule" });
  });
});
