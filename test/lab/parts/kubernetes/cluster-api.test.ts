import assert from "node:assert/strict";
import { planDownstreamCluster } from "../../../../components/downstream-clusters/plan.ts";
import { awaited } from "../../../../components/downstream-clusters/wait.ts";
import { conditionOf } from "../../../../lab/kubernetes/wait-for.ts";
import { exampleCluster } from "../../../unit/components/downstream-clusters/example.ts";
import { ClusterApiRig } from "./cluster-api-rig.ts";

/** A Deployment inside of a downstream cluster whose pods ask for something. */
function load(replicas: number, requests: Record<string, string>) {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "load", namespace: "default" },
    spec: { replicas, template: { spec: { containers: [{ name: "load", resources: { requests } }] } } },
  };
}

describe("Cluster API in the lab", () => {
  let rig: ClusterApiRig;
  beforeEach(() => {
    rig = new ClusterApiRig();
  });

  const replicas = () => (rig.get("machinedeployments", "media-workers").spec as { replicas: number }).replicas;
  const workers = () => rig.machines("media-workers");
  const planes = () => rig.machines("media-control-plane");

  describe("autoscaler", () => {
    const bounds = exampleCluster("media", { workers: { min: 1, max: 3 } });

    it("begins with the smallest number, and adds machines for pods that do not fit, up to the largest", async () => {
      rig.write(bounds);
      await rig.pass(600);
      assert.equal(workers().length, 1);
      // Two of them fit on a node with four cores and 8 GiB.
      for (const [pods, expected] of [
        [2, 1],
        [3, 2],
        [4, 2],
        [20, 3],
      ] as const) {
        rig.inside("media").apply(load(pods, { cpu: "1500m", memory: "1Gi" }));
        await rig.pass(400);
        assert.equal(workers().length, expected, `for ${pods} pods`);
      }
      assert.deepEqual(rig.history("autoscaler.up", "autoscaler.down"), [
        "autoscaler.up media-workers",
        "autoscaler.up media-workers",
      ]);
    });

    it("takes away what has been idle for ten minutes, the smallest number stays", async () => {
      rig.write(bounds);
      await rig.pass(600);
      rig.inside("media").apply(load(3, { memory: "5Gi" }));
      await rig.pass(400);
      const before = workers();
      assert.equal(before.length, 3);
      rig.inside("media").apply(load(0, { memory: "5Gi" }));
      await rig.pass(580);
      assert.deepEqual(workers(), before, "not yet");
      await rig.pass(120);
      assert.equal(workers().length, 1);
      assert.equal(replicas(), 1);
    });

    it("does not add machines for pods that fit on none", async () => {
      rig.write(bounds);
      await rig.pass(600);
      rig.inside("media").apply(load(2, { cpu: "4" }));
      await rig.pass(400);
      assert.equal(workers().length, 1);
    });

    it("keeps its number when the objects are written again, and follows other bounds", async () => {
      rig.write(bounds);
      await rig.pass(600);
      rig.inside("media").apply(load(4, { cpu: "3" }));
      await rig.pass(400);
      rig.write(bounds);
      await rig.pass(400);
      assert.deepEqual([replicas(), workers().length], [3, 3]);
      rig.write(exampleCluster("media", { workers: { min: 1, max: 2 } }));
      await rig.pass(1200);
      assert.deepEqual([replicas(), workers().length], [3, 3], "nothing goes that has work");
      rig.write(exampleCluster("media", { workers: { min: 4, max: 6 } }));
      await rig.pass(600);
      assert.deepEqual([replicas(), workers().length], [4, 4]);
      rig.write(exampleCluster("media", { workers: 2 }));
      await rig.pass(400);
      assert.deepEqual([replicas(), workers().length], [2, 2]);
    });

    it("takes over from a number that was written, within its bounds", async () => {
      rig.write(exampleCluster("media", { workers: 5 }));
      await rig.pass(600);
      rig.write(bounds);
      await rig.pass(300);
      assert.deepEqual([replicas(), workers().length], [3, 3]);
    });

    it("does nothing where none is installed, or where it looks for another cluster", async () => {
      rig.write(bounds);
      rig.api.delete("apps/v1", "Deployment", "media-autoscaler", "media");
      rig.write(exampleCluster("dev"));
      await rig.pass(600);
      rig.inside("media").apply(load(6, { cpu: "3" }));
      await rig.pass(400);
      assert.equal(workers().length, 1);
    });
  });

  describe("upgrade", () => {
    for (const [what, versions] of Object.entries({
      "Kubernetes and Talos": { kubernetes: "1.32.10", talos: "v1.12.0" },
      Kubernetes: { kubernetes: "1.31.9" },
      Talos: { talos: "v1.11.6" },
    })) {
      it(`replaces all machines for another version of ${what}`, async () => {
        rig.write(exampleCluster("media", { controlPlanes: 3 }));
        await rig.pass(900);
        const before = Object.keys(rig.vms);
        assert.equal(before.length, 5);
        const { talos, kubernetes } = { talos: "v1.11.5", kubernetes: "1.31.4", ...versions };
        const tags = ["orrery-template", `${talos}-376567988ad3`];
        const installer = `factory.talos.dev/installer/376567988ad3:${talos}`;
        rig.write({ ...exampleCluster("media", { controlPlanes: 3 }, versions), templateTags: tags, installer });
        await rig.pass(1800);
        const after = Object.keys(rig.vms);
        assert.deepEqual([planes().length, workers().length], [3, 2]);
        assert.deepEqual(
          after.filter((name) => before.includes(name)),
          [],
        );
        for (const name of after) {
          assert.equal((rig.get("machines", name).spec as { version: string }).version, `v${kubernetes}`);
          assert.deepEqual(rig.vms[name]?.spec.templateSelector, { matchTags: tags });
        }
        const lost = rig.history("machine.create", "machine.delete").filter((line) => line.endsWith("control-plane"));
        const [created, deleted] = ["machine.create media-control-plane", "machine.delete media-control-plane"];
        assert.deepEqual(lost.slice(3), [created, deleted, created, deleted, created, deleted]);
      });
    }

    it("is not taken for done before all machines are replaced, also when no version changes", async () => {
      rig.write(exampleCluster("media", { controlPlanes: 3 }));
      const renewed = exampleCluster("media", { controlPlanes: 3, renewal: 1 });
      const done = () =>
        planDownstreamCluster(renewed)
          .steps.flat()
          .map((object) => ({ object, text: awaited(object).metadata.annotations?.["pulumi.com/waitFor"] }))
          .filter(({ text }) => text !== undefined)
          .map(({ object, text }) => {
            const live = rig.get(`${object.kind.toLowerCase()}s`, object.metadata.name);
            return (JSON.parse(text ?? "") as string[]).every((condition) => conditionOf(condition)(live));
          });
      await rig.pass(30);
      assert.deepEqual(done(), [false, false]);
      await rig.pass(870);
      assert.deepEqual(done(), [true, true]);
      const before = Object.keys(rig.vms);
      rig.write(renewed);
      const left = () => Object.keys(rig.vms).filter((name) => before.includes(name));
      for (let waited = 0; left().length > 0; waited += 10) {
        await rig.pass(10);
        const kinds = ["control-plane", "workers"].map((kind) => left().some((name) => name.includes(kind)));
        const [planesLeft, workersLeft] = kinds;
        if (planesLeft) assert.equal(done()[0], false, `after ${waited} s`);
        if (workersLeft) assert.equal(done()[1], false, `after ${waited} s`);
        assert.ok(waited < 3600);
      }
      await rig.pass(300);
      assert.deepEqual(done(), [true, true]);
    });

    it("waits with a control plane for the others", async () => {
      rig.write(exampleCluster("media", { controlPlanes: 3 }));
      await rig.pass(900);
      const [ill = ""] = planes();
      Object.assign(rig.vms[ill] ?? {}, { runs: false });
      rig.write(exampleCluster("media", { controlPlanes: 3, cores: 8 }));
      await rig.pass(1800);
      assert.deepEqual(
        rig.history("machine.delete").filter((line) => line.endsWith("control-plane")),
        [],
      );
      Object.assign(rig.vms[ill] ?? {}, { runs: true });
      await rig.pass(1800);
      assert.deepEqual(new Set(planes().map((name) => rig.vms[name]?.spec.numCores)), new Set([8]));
    });
  });

  describe("webhooks", () => {
    const refusals = {
      ProxmoxMachineTemplate:
        /^admission webhook "validation\.proxmoxmachinetemplate\.infrastructure\.cluster\.x-k8s\.io" denied the request: ProxmoxMachineTemplate\.infrastructure\.cluster\.x-k8s\.io "media-workers-[0-9a-f]{8}" is invalid: spec: Forbidden: ProxmoxMachineTemplate is immutable$/,
      TalosConfigTemplate:
        /^admission webhook "vtalosconfigtemplate\.cluster\.x-k8s\.io" denied the request: TalosConfigTemplate\.Spec is immutable$/,
    };
    for (const [kind, message] of Object.entries(refusals)) {
      it(`refuses a change of a ${kind}`, () => {
        rig.write(exampleCluster("media"));
        const template = rig.api.list(kind)?.find(({ metadata }) => metadata.name.startsWith("media-workers"));
        assert.ok(template);
        rig.api.apply(template);
        const changed = { ...template, spec: { template: { spec: { numCores: 64 } } } };
        assert.throws(() => rig.api.apply(changed), { message });
      });
    }

    it("refuses to move workers to another cluster", () => {
      rig.write(exampleCluster("media"));
      const deployment = rig.get("machinedeployments", "media-workers");
      const moved = { ...deployment, spec: { ...(deployment.spec as object), clusterName: "dev" } };
      assert.throws(() => rig.api.apply(moved), { message: /spec\.clusterName: Forbidden: field is immutable$/ });
    });
  });

  describe("machines", () => {
    it("are replaced when they are not ready for too long, but not when most of them are", async () => {
      rig.write(exampleCluster("media", { workers: 3, unhealthyAfterSeconds: 60 }));
      await rig.pass(600);
      const [first = "", second = "", third = ""] = workers();
      Object.assign(rig.vms[first] ?? {}, { runs: false });
      await rig.pass(40);
      assert.ok(workers().includes(first), "a minute has to pass");
      await rig.pass(400);
      assert.equal(workers().length, 3);
      assert.ok(!workers().includes(first));
      for (const name of [second, third]) Object.assign(rig.vms[name] ?? {}, { runs: false });
      await rig.pass(1200);
      assert.ok(workers().includes(second) && workers().includes(third));
    });

    it("are replaced when their annotation asks for it", async () => {
      rig.write(exampleCluster("media"));
      await rig.pass(600);
      const [victim = ""] = workers();
      const machine = rig.get("machines", victim);
      rig.api.apply({
        ...machine,
        metadata: { ...machine.metadata, annotations: { "cluster.x-k8s.io/remediate-machine": "" } },
      });
      await rig.pass(400);
      assert.equal(workers().length, 2);
      assert.ok(!workers().includes(victim));
    });

    it("are gone when their object is, and others come after them", async () => {
      rig.write(exampleCluster("media", { controlPlanes: 3 }));
      await rig.pass(900);
      for (const victim of [workers()[0] ?? "", planes()[0] ?? ""]) {
        rig.api.delete("cluster.x-k8s.io/v1beta2", "Machine", victim, "media");
        await rig.pass(5);
        assert.ok(rig.get("machines", victim).metadata.deletionTimestamp, "it is there until its VM is gone");
        await rig.pass(600);
        assert.ok(!(victim in rig.vms));
      }
      assert.deepEqual([planes().length, workers().length], [3, 2]);
    });
  });

  it("fetches a provider by the address of its manifests in a release, and by no other", async () => {
    rig.runOperator();
    const releases = "https://github.com/kubernetes-sigs/cluster-api/releases";
    for (const [url, state] of [
      [releases, ["False", "ComponentsFetchError"]],
      [`${releases}/v1.12.10/core-components.yaml`, ["True", undefined]],
    ] as const) {
      rig.apply({
        apiVersion: "operator.cluster.x-k8s.io/v1alpha2",
        kind: "CoreProvider",
        metadata: { name: "cluster-api", namespace: "cluster-api-system" },
        spec: { version: "v1.12.10", fetchConfig: { url } },
      });
      await rig.pass(60);
      const { conditions } = rig.get("coreproviders", "cluster-api", "cluster-api-system").status as {
        conditions: { status: string; reason?: string }[];
      };
      assert.deepEqual([conditions[0]?.status, conditions[0]?.reason], state);
    }
  });

  it("deletes a cluster when none of its machines is left", async () => {
    rig.write(exampleCluster("media"));
    await rig.pass(600);
    rig.api.delete("cluster.x-k8s.io/v1beta2", "Cluster", "media", "media");
    await rig.pass(5);
    assert.equal((rig.get("clusters", "media").status as { phase: string }).phase, "Deleting");
    await rig.pass(120);
    assert.deepEqual(rig.vms, {});
    assert.deepEqual(rig.api.list("clusters"), []);
    assert.deepEqual(rig.api.list("machines"), []);
  });
});
