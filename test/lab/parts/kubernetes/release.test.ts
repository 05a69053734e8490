import assert from "node:assert/strict";
import { recordOf } from "../../../../lab/kubernetes/helm-record.ts";
import { releaseToken } from "../../../../lab/kubernetes/release-inputs.ts";
import { PartialFailure } from "../../../../lab/protocol/provider.ts";
import { openRig, type Rig } from "./rig.ts";

const hubble = { hubble: { enabled: true } };

describe("helm.sh/v3:Release of the lab", () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = await openRig();
  });

  it("installs a chart, waits for its pods in virtual time and keeps the values as often as the provider does", async () => {
    const state = await rig.create(releaseToken, rig.release("cilium", { values: hubble }));
    assert.equal(state.id, "kube-system/cilium");
    assert.deepEqual((state.outputs.status as { status: string; revision: number }).status, "deployed");
    assert.deepEqual(state.outputs.resourceNames, {
      "DaemonSet.apps/apps/v1": ["kube-system/cilium", "kube-system/cilium-envoy"],
      "Deployment.apps/apps/v1": ["kube-system/cilium-operator", "kube-system/hubble-relay", "kube-system/hubble-ui"],
    });
    assert.deepEqual(state.outputs.values, hubble);
    assert.deepEqual((state.outputs.__inputs as { values: unknown }).values, hubble);
    assert.ok(rig.world.clock.nowMs >= 65_000, "network first, then the pods that need it");
    assert.equal(rig.kubernetes.cniRunning("luna"), true);
  });

  it("leaves pods pending without a network, and says so when the time is over", async () => {
    const created = rig.create(releaseToken, rig.release("metrics-server", { timeout: 60 }));
    await assert.rejects(created, (error: PartialFailure) => {
      assert.ok(error instanceof PartialFailure);
      assert.equal(
        error.message,
        'Helm release "kube-system/metrics-server" was created, but failed to initialize completely. Use Helm CLI to investigate: failed to become available within allocated timeout. Error: Helm Release kube-system/metrics-server: context deadline exceeded',
      );
      assert.equal((error.state.outputs.status as { status: string }).status, "failed");
      return true;
    });
    const pods = rig.kubernetes.list("luna", "pods") ?? [];
    const pending = pods.find(({ metadata }) => metadata.name.startsWith("metrics-server-"));
    assert.deepEqual({ ...(pending?.status as object), conditions: [] }, { phase: "Pending", conditions: [] });
  });

  it("mends a release that failed by an upgrade once the network is there", async () => {
    const inputs = { ...rig.release("metrics-server", { timeout: 60 }) };
    await assert.rejects(rig.create(releaseToken, inputs));
    await rig.create(releaseToken, rig.release("cilium"));
    const outputs = await rig.type(releaseToken).update("kube-system/metrics-server", {}, {}, inputs, rig.context);
    assert.deepEqual(
      { ...(outputs.status as object) },
      {
        appVersion: "3.13.1",
        chart: "metrics-server",
        name: "metrics-server",
        namespace: "kube-system",
        revision: 2,
        status: "deployed",
        version: "3.13.1",
      },
    );
  });

  it("does not wait with skipAwait", async () => {
    await rig.create(releaseToken, rig.release("metrics-server", { skipAwait: true }));
    assert.ok(rig.world.clock.nowMs < 10_000);
  });

  it("refuses to use a name a second time, until the records of the first are gone", async () => {
    await rig.create(releaseToken, rig.release("cilium"));
    await assert.rejects(
      rig.create(releaseToken, rig.release("cilium")),
      /^Error: cannot re-use a name that is still in use$/,
    );
    const records = rig.kubernetes.list("luna", "secrets") ?? [];
    assert.deepEqual(
      records.map(({ metadata }) => [metadata.name, (metadata.labels as Record<string, string>).owner]),
      [["sh.helm.release.v1.cilium.v1", "helm"]],
    );
    for (const { metadata } of records)
      rig.kubernetes.deleteObject("luna", "secrets", metadata.name, metadata.namespace);
    const state = await rig.create(releaseToken, rig.release("cilium"));
    assert.equal((state.outputs.status as { status: string }).status, "deployed");
  });

  it("forgets a release that is marked as uninstalled, and leaves its objects", async () => {
    const { id, outputs } = await rig.create(releaseToken, rig.release("metrics-server", { skipAwait: true }));
    const [record] = rig.kubernetes.list("luna", "secrets") ?? [];
    assert.ok(record);
    const marked = recordOf({ name: "metrics-server", namespace: "kube-system" }, {}, 1, "uninstalled");
    assert.equal(rig.kubernetes.replaceObject?.("luna", marked, { manager: "Helm", fields: {} }), true);
    await rig.type(releaseToken).delete(id, rig.release("metrics-server"), outputs, rig.context);
    assert.deepEqual(rig.kubernetes.list("luna", "secrets"), []);
    assert.equal(rig.kubernetes.list("luna", "deployments")?.length, 1);
  });

  it("does not take over objects of somebody else, unless it is told to", async () => {
    await rig.create("kubernetes:apps/v1:Deployment", {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "metrics-server", namespace: "kube-system", labels: { mine: "true" } },
    });
    const inputs = rig.release("metrics-server", { skipAwait: true });
    await assert.rejects(
      rig.create(releaseToken, inputs),
      /Deployment "metrics-server" in namespace "kube-system" exists and cannot be imported into the current release/,
    );
    assert.deepEqual(rig.kubernetes.list("luna", "secrets"), [], "no record of a release that is none");
    await rig.create(releaseToken, { ...inputs, takeOwnership: true });
    const [deployment] = rig.kubernetes.list("luna", "deployments") ?? [];
    assert.deepEqual(deployment?.metadata.labels, { mine: "true", "app.kubernetes.io/managed-by": "Helm" });
  });

  it("does not touch a release whose installation never ended", async () => {
    rig.nodes = [];
    void rig.create(releaseToken, rig.release("cilium", { timeout: 86_400 })).catch(() => undefined);
    await rig.world.clock.pass(30_000);
    await assert.rejects(
      rig.type(releaseToken).update("kube-system/cilium", {}, {}, rig.release("cilium"), rig.context),
      /another operation \(install\/upgrade\/rollback\) is in progress/,
    );
    rig.nodes = (await openRig()).nodes;
  });

  it("keeps as many revisions as maxHistory says", async () => {
    const inputs = rig.release("cilium", { maxHistory: 2 });
    await rig.create(releaseToken, inputs);
    for (let count = 0; count < 3; count += 1) {
      await rig.type(releaseToken).update("kube-system/cilium", {}, {}, inputs, rig.context);
    }
    const records = rig.kubernetes.list("luna", "secrets") ?? [];
    assert.deepEqual(
      records.map(({ metadata }) => (metadata.labels as Record<string, string>).version),
      ["3", "4"],
    );
  });

  it("needs the namespace", async () => {
    const inputs = rig.release("metrics-server", { namespace: "metrics" });
    await assert.rejects(rig.create(releaseToken, inputs), /create: failed to create: namespaces "metrics" not found/);
    await rig.create(releaseToken, rig.release("cilium"));
    await rig.create(releaseToken, { ...inputs, createNamespace: true });
  });

  it("keeps pods out of a namespace that is too strict for them, and without the Secret that they mount", async () => {
    await rig.create(releaseToken, rig.release("cilium"));
    const namespace = (name: string, level: string) =>
      rig.create("kubernetes:core/v1:Namespace", {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name, labels: { "pod-security.kubernetes.io/enforce": level } },
      });
    const values = { existingConfigSecret: "proxmox" };
    await namespace("strict", "restricted");
    await namespace("open", "privileged");
    const inNamespace = (name: string) => rig.release("proxmox-csi", { name, namespace: name, values, timeout: 60 });
    await assert.rejects(rig.create(releaseToken, inNamespace("strict")), /context deadline exceeded/);
    await assert.rejects(rig.create(releaseToken, inNamespace("open")), /context deadline exceeded/);
    await rig.create("kubernetes:core/v1:Secret", {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "proxmox", namespace: "open" },
      stringData: { "config.yaml": "canary" },
    });
    const outputs = await rig.type(releaseToken).update("open/open", {}, {}, inNamespace("open"), rig.context);
    assert.equal((outputs.status as { status: string }).status, "deployed");
    assert.ok(!JSON.stringify(rig.world.state).includes("canary"), "the world keeps no secrets");
  });

  const refused: [string, Record<string, unknown>, string][] = [
    [
      "an unknown chart",
      { chart: "ciliun" },
      'chart "ciliun" version "1.18.4" not found in https://helm.cilium.io repository; check the chart name and repository configuration.',
    ],
    [
      "another repository",
      { repositoryOpts: { repo: "https://example.net" } },
      'chart "cilium" version "1.18.4" not found in https://example.net repository; check the chart name and repository configuration.',
    ],
    [
      "a version that is none",
      { version: "latest" },
      'chart "cilium" version "latest" not found in https://helm.cilium.io repository; check the chart name and repository configuration.',
    ],
    [
      "a value that the chart does not have",
      { values: { hubbel: {} } },
      'chart cilium has no value "hubbel"; did you mean "hubble"?',
    ],
    ["an unknown property", { timeoutSeconds: 3 }, "unknown property"],
    ["a wrong type", { timeout: "3" }, "expected a number, got a string"],
  ];
  for (const [what, wrong, reason] of refused) {
    it(`refuses ${what} before anything happens`, async () => {
      const { failures } = await rig.type(releaseToken).check(rig.release("cilium", wrong), undefined, rig.context);
      assert.equal(failures.length, 1);
      assert.ok(failures[0]?.reason.startsWith(reason), failures[0]?.reason);
    });
  }

  it("fills in what the provider fills in", async () => {
    const { inputs } = await rig.type(releaseToken).check({ chart: "cilium", name: "x" }, undefined, rig.context);
    assert.equal(inputs.namespace, "default");
    assert.equal(inputs.timeout, 300);
  });

  it("shows changes against the inputs in the state, and replaces for another name or namespace only", async () => {
    const type = rig.type(releaseToken);
    const outputs = { __inputs: { name: "a", namespace: "b", values: { x: 1 } } };
    const diff = (news: Record<string, unknown>) => type.diff("b/a", {}, outputs, news, rig.context);
    assert.deepEqual(await diff({ name: "a", namespace: "b", values: { x: 1 } }), { changed: [], replaces: [] });
    assert.deepEqual(await diff({ name: "a", namespace: "b", values: { x: 2 } }), {
      changed: ["values"],
      replaces: [],
    });
    assert.deepEqual(await diff({ name: "a", namespace: "c", values: { x: 1 } }), {
      changed: ["namespace"],
      replaces: ["namespace"],
    });
  });

  it("takes the pods away on delete and keeps the definitions", async () => {
    const state = await rig.create(releaseToken, rig.release("cilium"));
    await rig.type(releaseToken).delete(state.id, rig.release("cilium"), state.outputs, rig.context);
    assert.equal(rig.kubernetes.cniRunning("luna"), false);
    assert.deepEqual(rig.kubernetes.list("luna", "daemonsets"), []);
    assert.deepEqual(rig.kubernetes.list("luna", "secrets"), []);
    assert.deepEqual(rig.kubernetes.list("luna", "ciliumloadbalancerippools.cilium.io"), []);
  });

  it("refuses everything when the API has no quorum, in the provider's words", async () => {
    const state = await rig.create(releaseToken, rig.release("cilium"));
    rig.quorum = false;
    const type = rig.type(releaseToken);
    await assert.rejects(
      rig.create(releaseToken, rig.release("metrics-server")),
      /^Error: can't create Helm Release with unreachable cluster: /,
    );
    await assert.rejects(
      type.update(state.id, {}, {}, rig.release("cilium"), rig.context),
      /^Error: can't update Helm Release with unreachable cluster: /,
    );
    await assert.rejects(
      type.delete(state.id, rig.release("cilium"), state.outputs, rig.context),
      /^Error: can't delete Helm Release with unreachable cluster\. Reason: "/,
    );
    const { failures } = await type.check(rig.release("cilium"), undefined, rig.context);
    assert.deepEqual(failures, [], "a preview without changes needs no API");
  });
});
