import assert from "node:assert/strict";
import { plainOutputs } from "../../../fleet/resume/repair.ts";

const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:…" };

describe("outputs in an exported state", () => {
  const stack = (outputs?: object) => ({
    deployment: {
      resources: [
        { urn: "urn:pulumi:luna::orrery::pulumi:pulumi:Stack::orrery-luna", type: "pulumi:pulumi:Stack", outputs },
        { urn: "urn:other", type: "other", outputs: { owner: "somebody" } },
      ],
    },
  });

  it("are those of the stack that are no secrets, and hold none", () => {
    const outputs = { owner: "platform", kubeconfig: secret, nested: { list: [1, secret] }, nodes: [{ name: "a" }] };
    assert.deepEqual(plainOutputs(stack(outputs) as never), { owner: "platform", nodes: [{ name: "a" }] });
  });

  it("are not known for a stack that was never brought up", () => {
    assert.equal(plainOutputs({}), undefined);
    assert.equal(plainOutputs(stack() as never), undefined);
    assert.equal(plainOutputs(stack({}) as never), undefined);
  });
});
