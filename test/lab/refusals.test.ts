import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../../config/problems.ts";
import { TestSite } from "./support/site.ts";

type Addons = Record<string, unknown>;

describe("a platform that cannot work is refused at preview", () => {
  const site = new TestSite();
  after(() => site.remove());

  /** What the preview says; nothing may have been started. */
  async function refusal(addons: Addons): Promise<string> {
    let before: Addons = {};
    site.edit("luna", (config) => {
      before = config.addons as Addons;
      config.addons = { ...before, ...addons };
    });
    try {
      await site.run("preview luna");
    } catch (error) {
      assert.ok(error instanceof ConfigError, String(error));
      assert.equal(existsSync(join(site.folder, ".orrery")), false);
      return error.message;
    } finally {
      site.edit("luna", (config) => {
        config.addons = before;
      });
    }
    return assert.fail("it was accepted");
  }

  it("without the custom resource definitions that an add-on's objects are of", async () => {
    const message = await refusal({ "gateway-api": false, "envoy-gateway": true });
    assert.match(message, /addons\.envoy-gateway: needs .*crd:gateway\.networking\.k8s\.io.*switch on gateway-api/);
  });

  it("without a network", async () => {
    assert.match(await refusal({ cilium: false }), /addons\.coredns: needs cni.*switch on cilium/);
  });

  it("with values that the chart does not know, and settings that are missing, all at once", async () => {
    const message = await refusal({
      "metrics-server": { values: { replica: 3 } },
      "rook-ceph": true,
      "rook-ceph-cluster": true,
    });
    assert.match(message, /metrics-server\.values\.replica: the chart has no such value.*replicas/);
    assert.match(message, /rook-ceph-cluster\.settings\.\w+: is missing/);
  });
});
