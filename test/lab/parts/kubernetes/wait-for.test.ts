import assert from "node:assert/strict";
import { PartialFailure } from "../../../../lab/protocol/provider.ts";
import { openRig, type Rig } from "./rig.ts";

const token = "kubernetes:apps/v1:Deployment";

describe("pulumi.com/waitFor in the lab", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await openRig();
  });

  const deployment = (annotations: Record<string, string>) => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default", annotations },
  });

  /** Gives the object a status after some virtual time, as a controller would. */
  async function later(seconds: number, status: Record<string, unknown>): Promise<void> {
    await rig.world.clock.pass(seconds * 1000);
    const [object] = rig.kubernetes.list("luna", "deployments") ?? [];
    assert.ok(object);
    object.status = status;
  }

  const ready = { health: { status: "Healthy" }, conditions: [{ type: "Ready", status: "True" }] };
  const fulfilled = [
    "jsonpath={.status.health.status}=Healthy",
    "jsonpath={.status.health}",
    "condition=Ready",
    "condition=Ready=True",
    '["condition=Ready", "jsonpath={.status.health.status}=Healthy"]',
  ];
  for (const text of fulfilled) {
    it(`waits for ${text}`, async () => {
      const created = rig.create(token, deployment({ "pulumi.com/waitFor": text }));
      await later(90, ready);
      const { outputs } = await created;
      assert.ok(rig.world.clock.nowMs >= 90_000);
      assert.deepEqual(outputs.status, ready);
    });
  }

  it("does not wait without the annotation", async () => {
    await rig.create(token, deployment({}));
    assert.ok(rig.world.clock.nowMs < 1000);
  });

  it("gives up at the time limit and keeps the object in the state", async () => {
    const annotations = { "pulumi.com/waitFor": "condition=Ready", "pulumi.com/timeoutSeconds": "30" };
    await assert.rejects(rig.create(token, deployment(annotations)), (error) => {
      assert.ok(error instanceof PartialFailure);
      assert.match(error.message, /was successfully created, but .*timed out waiting for the condition$/);
      assert.equal(error.state.id, "default/web");
      return true;
    });
    assert.equal(Math.round(rig.world.clock.nowMs / 1000), 30);
  });

  it("waits after an update, too", async () => {
    await rig.create(token, deployment({}));
    const changed = deployment({ "pulumi.com/waitFor": "condition=Ready", "pulumi.com/timeoutSeconds": "5" });
    await assert.rejects(
      rig.type(token).update("default/web", {}, {}, changed, rig.context) as Promise<unknown>,
      /^Error: the Kubernetes API server reported that "default\/web" failed to fully initialize/,
    );
  });

  it("refuses a form that the provider does not take", async () => {
    await assert.rejects(
      rig.create(token, deployment({ "pulumi.com/waitFor": "Ready" })),
      /expected a "jsonpath=" or "condition=" prefix, got "Ready"/,
    );
  });
});
