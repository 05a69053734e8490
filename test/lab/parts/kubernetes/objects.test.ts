import assert from "node:assert/strict";
import { releaseToken } from "../../../../lab/kubernetes/release-inputs.ts";
import { unwrap } from "../../../../lab/protocol/values.ts";
import { openRig, type Rig } from "./rig.ts";

const pool = {
  apiVersion: "cilium.io/v2",
  kind: "CiliumLoadBalancerIPPool",
  metadata: { name: "default" },
  spec: { blocks: [{ cidr: "10.102.27.0/24" }] },
};
const poolToken = "kubernetes:cilium.io/v2:CiliumLoadBalancerIPPool";
const namespaceToken = "kubernetes:core/v1:Namespace";
const secretToken = "kubernetes:core/v1:Secret";

function namespace(name: string) {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

describe("objects of the lab's Kubernetes", () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = await openRig();
  });

  it("refuses a custom resource without its definition, after the provider's five retries", async () => {
    await assert.rejects(
      rig.create(poolToken, pool),
      /^Error: no matches for kind "CiliumLoadBalancerIPPool" in version "cilium\.io\/v2"$/,
    );
    assert.equal(rig.world.clock.nowMs, 31_000);
  });

  it("takes it when the operator that brings the definition runs", async () => {
    await rig.create(releaseToken, rig.release("cilium", { skipAwait: true }));
    assert.equal(rig.kubernetes.list("luna", "ciliumloadbalancerippools"), undefined);
    await rig.world.clock.pass(60_000);
    const state = await rig.create(poolToken, pool);
    assert.equal(state.id, "default");
    assert.deepEqual(
      rig.kubernetes.list("luna", "ciliumloadbalancerippools.cilium.io")?.map(({ spec }) => spec),
      [pool.spec],
    );
  });

  it("knows the version of a definition", async () => {
    await rig.create(releaseToken, rig.release("cilium"));
    await assert.rejects(
      rig.create("kubernetes:cilium.io/v1:CiliumLoadBalancerIPPool", { ...pool, apiVersion: "cilium.io/v1" }),
      /no matches for kind "CiliumLoadBalancerIPPool" in version "cilium\.io\/v1"/,
    );
  });

  it("refuses an object that exists already, unless the provider may take it over", async () => {
    await rig.create(namespaceToken, namespace("a"));
    await assert.rejects(
      rig.create(namespaceToken, namespace("a")),
      /^Error: namespaces "a" already exists\n\nThe resource already exists/,
    );
    const taking = await openRig({ upsertExistingObjects: "true" });
    await taking.create(namespaceToken, namespace("a"));
    assert.equal((await taking.create(namespaceToken, namespace("a"))).id, "a");
  });

  it("refuses names and places that Kubernetes refuses", async () => {
    await assert.rejects(
      rig.create(namespaceToken, namespace("Big")),
      /Namespace "Big" is invalid: metadata\.name: Invalid value: "Big"/,
    );
    const lost = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "lost" } };
    await assert.rejects(rig.create("kubernetes:core/v1:ConfigMap", lost), /namespaces "lost" not found/);
    const placed = { ...namespace("a"), metadata: { name: "a", namespace: "b" } };
    await assert.rejects(rig.create(namespaceToken, placed), /metadata\.namespace: Forbidden/);
  });

  it("checks labels before anybody asks the API", async () => {
    const wrong = { ...namespace("a"), metadata: { name: "a", labels: { on: true } } };
    const { failures } = await rig.type(namespaceToken).check(wrong, undefined, rig.context);
    assert.deepEqual(failures, [{ property: 'metadata.labels["on"]', reason: "expected a string, got a boolean" }]);
  });

  it("keeps secret data as a digest only, and answers it encoded", async () => {
    const inputs = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "token", namespace: "default" },
      stringData: { token: "canary" },
    };
    const state = await rig.create(secretToken, inputs);
    const { properties, secretKeys } = unwrap(state.outputs);
    assert.deepEqual(properties.data, { token: Buffer.from("canary").toString("base64") });
    assert.deepEqual([...secretKeys].sort(), ["__inputs", "data", "stringData"]);
    const world = JSON.stringify(rig.world.state);
    assert.ok(!world.includes("canary") && !world.includes(Buffer.from("canary").toString("base64")));
  });

  it("writes changed secrets in place where the provider may, and replaces them otherwise", async () => {
    const olds = { apiVersion: "v1", kind: "Secret", metadata: { name: "a" }, stringData: { token: "1" } };
    const news = { ...olds, stringData: { token: "2" } };
    const diffOf = (one: Rig) => one.type(secretToken).diff("default/a", olds, {}, news, one.context);
    assert.deepEqual(await diffOf(rig), {
      changed: ["stringData"],
      replaces: ["stringData"],
      deleteBeforeReplace: true,
    });
    const mutable = await openRig({ enableSecretMutable: "true" });
    assert.deepEqual(await diffOf(mutable), { changed: ["stringData"], replaces: [], deleteBeforeReplace: false });
  });

  it("replaces for another name and updates labels in place", async () => {
    const type = rig.type(namespaceToken);
    const labelled = { ...namespace("a"), metadata: { name: "a", labels: { x: "y" } } };
    assert.deepEqual(await type.diff("a", namespace("a"), {}, labelled, rig.context), {
      changed: ["metadata"],
      replaces: [],
      deleteBeforeReplace: false,
    });
    const other = await type.diff("a", namespace("a"), {}, namespace("b"), rig.context);
    assert.deepEqual(other.replaces, ["metadata"]);
  });

  it("reads what is there and forgets what is gone, with everything in a namespace that is deleted", async () => {
    const made = await rig.create(namespaceToken, namespace("a"));
    const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "m", namespace: "a" } };
    const inner = await rig.create("kubernetes:core/v1:ConfigMap", map);
    const read = () => rig.type("kubernetes:core/v1:ConfigMap").read(inner.id, map, inner.outputs, rig.context);
    assert.equal((await read())?.id, "a/m");
    await rig.type(namespaceToken).delete(made.id, namespace("a"), made.outputs, rig.context);
    assert.equal(await read(), undefined);
  });

  it("tells that the cluster is unreachable as the provider does", async () => {
    const state = await rig.create(namespaceToken, namespace("a"));
    rig.quorum = false;
    const type = rig.type(namespaceToken);
    await assert.rejects(
      rig.create(namespaceToken, namespace("b")),
      /^Error: configured Kubernetes cluster is unreachable: unable to load schema/,
    );
    await assert.rejects(type.delete("a", namespace("a"), state.outputs, rig.context), /PULUMI_K8S_DELETE_UNREACHABLE/);
    await assert.rejects(type.read("a", namespace("a"), state.outputs, rig.context), /PULUMI_K8S_DELETE_UNREACHABLE/);
    const lenient = await openRig({ deleteUnreachable: "true" });
    lenient.quorum = false;
    await lenient.type(namespaceToken).delete("a", namespace("a"), state.outputs, lenient.context);
    assert.equal(
      await lenient.type(namespaceToken).read("a", namespace("a"), state.outputs, lenient.context),
      undefined,
    );
  });

  it("knows no cluster behind a certificate of another one", async () => {
    const stranger = await openRig({ kubeconfig: "apiVersion: v1\nkind: Config\n" });
    await assert.rejects(stranger.create(namespaceToken, namespace("a")), /failed to parse kubeconfig data/);
    assert.deepEqual(stranger.kubernetes.provider.checkConfig({ kubeconfg: "x" }), [
      { property: "kubeconfg", reason: "unknown property of the provider's configuration" },
    ]);
  });
});
