import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { settledMark } from "../../../../components/downstream-clusters/crossplane/tenant-cluster.ts";
import { canRunFunctions } from "../../../../lab/kubernetes/crossplane/functions.ts";
import type { KubernetesObject } from "../../../../lab/talos/interface.ts";
import { planned, TenantRig } from "./tenant-rig.ts";

const tenants = "tenantclusters.platform.orrery";

describe("Crossplane in the lab", function () {
  // The program that runs the functions is built once.
  this.timeout(120_000);
  before(function () {
    if (!canRunFunctions()) this.skip();
  });

  const plan = (media: Record<string, unknown> = {}) =>
    planned({ writeAs: "tenant-cluster", clusters: { media: { id: 1, ...media } } });

  function tenantOf({ downstream }: ReturnType<typeof planned>): KubernetesObject {
    const tenant = downstream.clusters[0]?.tenant;
    assert.ok(tenant);
    return tenant as unknown as KubernetesObject;
  }

  /** A rig with `media` as a TenantCluster, running. */
  async function running(): Promise<TenantRig> {
    const rig = new TenantRig(plan());
    await rig.offer();
    rig.tenant("media");
    rig.ask(tenantOf(plan()));
    await rig.pass(420);
    return rig;
  }

  const settled = (rig: TenantRig) => (rig.get(tenants, "media").status as { settled?: string }).settled;
  const specOf = ({ spec }: KubernetesObject) => spec as Record<string, unknown>;

  it("makes machines of a TenantCluster, and says when they are as wished", async () => {
    const rig = new TenantRig(plan());
    await rig.offer();
    rig.tenant("media");
    rig.ask(tenantOf(plan()));
    await rig.pass(30);
    assert.equal(rig.condition(rig.get(tenants, "media"), "Synced").status, "True");
    assert.equal(rig.condition(rig.get(tenants, "media"), "Ready").status, "False");
    assert.equal(settled(rig), undefined);
    await rig.pass(420);
    assert.deepEqual(rig.machines(), ["media-control-plane", "media-workers", "media-workers"]);
    assert.equal(rig.condition(rig.get(tenants, "media"), "Ready").status, "True");
    assert.equal(settled(rig), settledMark(tenantOf(plan()) as never));
    assert.ok(rig.objectsIn("media").includes("DaemonSet.apps/kube-system/cilium"));
  });

  it("fills in what a tenant does not say, and refuses what the definition does not allow", async () => {
    const rig = new TenantRig(plan());
    await rig.offer();
    rig.tenant("lab");
    const asked = {
      apiVersion: "platform.orrery/v1alpha1",
      kind: "TenantCluster",
      metadata: { name: "lab", namespace: "lab" },
    };
    rig.apply({ ...asked, spec: { id: 5, unknown: true, workers: { count: 1 } } });
    const { id, cores, labels, unknown } = specOf(rig.get(tenants, "lab"));
    assert.deepEqual([id, cores, labels, unknown], [5, 4, {}, undefined]);
    assert.throws(
      () => rig.apply({ ...asked, spec: { id: 15, infrastructure: "cloud" } }),
      /spec\.id: Invalid value: 15: should be less than or equal to 14, spec\.infrastructure: Unsupported value: "cloud"/,
    );
    assert.throws(() => rig.apply({ ...asked, spec: {} }), /spec\.id: Required value/);
  });

  it("scales, replaces machines by a template of another name, and upgrades control planes before workers", async () => {
    const rig = await running();
    rig.ask(tenantOf(plan({ workers: 3 })));
    await rig.pass(5);
    assert.equal(settled(rig), undefined, "what was reached before does not count");
    await rig.pass(300);
    assert.equal(rig.vms.size, 4);
    const before = new Set(rig.vms);
    rig.ask(tenantOf(plan({ workers: 1, cores: 8 })));
    await rig.pass(420);
    assert.deepEqual(rig.machines(), ["media-control-plane", "media-workers"]);
    assert.ok([...rig.vms].every((name) => !before.has(name)));
    assert.equal(settled(rig), settledMark(tenantOf(plan({ workers: 1, cores: 8 })) as never));
    assert.equal(rig.list("objects.kubernetes.m.crossplane.io").length, 8, "Objects of old templates are gone");
    const made = rig.world.state.records
      .filter(({ kind }) => kind === "machine.create")
      .slice(-2)
      .map(({ subject }) => subject.replace(/-[0-9a-f]{5}$/, ""));
    assert.deepEqual(made, ["media-control-plane", "media-workers"]);
  });

  it("takes a cluster down in the foreground: the TenantCluster is there until its machines are gone", async () => {
    const rig = await running();
    rig.delete(tenants, "media", "media");
    await rig.pass(10);
    assert.equal(rig.list(tenants).length, 1);
    assert.ok(rig.vms.size > 0);
    await rig.pass(120);
    assert.deepEqual([rig.list(tenants), [...rig.vms]], [[], []]);
    const left = Object.keys(rig.api.state.objects).filter((key) => key.includes("/media/"));
    assert.deepEqual(left, ["Secret./media/media-proxmox"], "nothing is left of it");
  });

  it("leaves the machines alone when a TenantCluster that is to be kept goes", async () => {
    const rig = await running();
    const before = [...rig.vms];
    const present = rig.get(tenants, "media");
    rig.apply({ ...present, spec: { ...specOf(present), keep: true } });
    await rig.pass(10);
    rig.delete(tenants, "media", "media");
    await rig.pass(120);
    assert.deepEqual(rig.list(tenants), []);
    assert.deepEqual([...rig.vms], before);
    assert.equal(rig.list("clusters.cluster.x-k8s.io").length, 1);
    assert.deepEqual(rig.list("objects.kubernetes.m.crossplane.io"), []);
  });

  it("takes over a cluster that is there already, machines and all", async () => {
    const rig = new TenantRig(plan());
    await rig.offer();
    rig.tenant("media");
    const [direct] = plan().downstream.clusters;
    assert.ok(direct);
    rig.apply(direct.cluster, ...direct.steps.flat());
    await rig.pass(420);
    const before = [...rig.vms];
    assert.equal(before.length, 3);
    const uid = rig.get("clusters.cluster.x-k8s.io", "media").metadata.uid;
    rig.ask(tenantOf(plan()));
    await rig.pass(60);
    assert.equal(settled(rig), settledMark(tenantOf(plan()) as never));
    assert.equal(rig.get("clusters.cluster.x-k8s.io", "media").metadata.uid, uid);
    assert.deepEqual([...rig.vms], before);
  });

  it("cannot be the controller of what Cluster API controls, and Cluster API not of what others do", async () => {
    const rig = await running();
    const planes = rig.get("taloscontrolplanes.controlplane.cluster.x-k8s.io", "media-control-plane");
    const [{ kind, controller }] = planes.metadata.ownerReferences as [Record<string, unknown>];
    assert.deepEqual([kind, controller], ["Cluster", true]);
    const rival = { apiVersion: "example.net/v1", kind: "Rival", name: "r", uid: "another", controller: true };
    rig.apply({ ...planes, metadata: { ...planes.metadata, ownerReferences: [rival] } });
    rig.ask(tenantOf(plan({ controlPlanes: 3 })));
    await rig.pass(300);
    assert.equal(rig.machines().filter((name) => name === "media-control-plane").length, 0);
  });

  it("makes what the documentation shows: a cluster for somebody else, and a service in it", async () => {
    const page = readFileSync(join(import.meta.dirname, "../../../../docs/downstream-clusters.md"), "utf8");
    const examples = [...page.matchAll(/```yaml\n(apiVersion: platform[^`]*)```/g)].map(([, text]) =>
      parse(String(text)),
    );
    const [lab, service] = examples;
    assert.deepEqual(
      examples.map(({ kind }) => kind),
      ["TenantCluster", "PlatformService"],
    );
    const rig = new TenantRig(plan());
    await rig.offer();
    rig.tenant("lab");
    rig.ask(lab);
    await rig.pass(420);
    assert.equal(rig.condition(rig.get(tenants, "lab"), "Ready").status, "True");
    assert.deepEqual(rig.machines(), ["lab-control-plane", "lab-workers"]);
    rig.ask(service);
    await rig.pass(120);
    assert.equal(rig.condition(rig.get("platformservices.platform.orrery", "reloader"), "Ready").status, "True");
    assert.ok(rig.objectsIn("lab").includes("Deployment.apps/reloader/reloader"), rig.objectsIn("lab").join(", "));
    rig.delete("platformservices.platform.orrery", "reloader", "lab");
    await rig.pass(60);
    assert.ok(!rig.objectsIn("lab").includes("Deployment.apps/reloader/reloader"));
  });

  it("tells of a right that the provider does not have", async () => {
    const rig = new TenantRig(plan());
    await rig.offer();
    rig.delete("clusterrolebindings", "orrery-cluster-api");
    rig.tenant("media");
    rig.ask(tenantOf(plan()));
    await rig.pass(60);
    const [object] = rig.list("objects.kubernetes.m.crossplane.io");
    assert.ok(object);
    assert.match(
      rig.condition(object, "Synced").message ?? "",
      /is forbidden: User "system:serviceaccount:crossplane-system/,
    );
    assert.equal(rig.vms.size, 0);
  });
});
