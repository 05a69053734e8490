import assert from "node:assert/strict";
import { tenantClusterComposition } from "../../../../components/downstream-clusters/crossplane/composition.ts";
import { tenantCluster } from "../../../../components/downstream-clusters/crossplane/tenant-cluster.ts";
import { newMachines, newMachinesOfTenants } from "../../../../components/downstream-clusters/new-machines.ts";
import { planDownstreamCluster } from "../../../../components/downstream-clusters/plan.ts";
import { exampleCluster } from "./example.ts";

type Cluster = ReturnType<typeof exampleCluster>;

/** What is told of a cluster's objects when it changes. */
function told(before: Cluster, after: Cluster): string[] {
  const next = planDownstreamCluster(after).steps.flat();
  return planDownstreamCluster(before)
    .steps.flat()
    .flatMap((object) => {
      const same = next.find(({ kind, metadata }) => kind === object.kind && metadata.name === object.metadata.name);
      return (same && newMachines(object, same)) ?? [];
    });
}

const sentence = (cluster: string, machines: string) =>
  `the cluster ${cluster} gets new machines, one after the other: ${machines}`;

describe("changes that replace machines of a downstream cluster", () => {
  const media = exampleCluster("media", { controlPlanes: 3 });
  const changed = (changes: Record<string, unknown>, release: Record<string, unknown> = {}) =>
    exampleCluster("media", { controlPlanes: 3, ...changes }, release);
  const asked = (nodes: "all" | "controlplane" | "worker") => ({
    ...media,
    requirements: [{ nodes, reason: "databases", patch: { machine: { sysctls: { "vm.max_map_count": "262144" } } } }],
  });
  const planes = "3 control planes";
  const workers = "2 workers";

  for (const { what, after, of } of [
    { what: "an upgrade", after: changed({}, { kubernetes: "1.32.0" }), of: [planes, workers] },
    { what: "another size", after: changed({ memoryMiB: 16_384 }), of: [planes, workers] },
    { what: "a patch", after: changed({ patches: [{ machine: { sysctls: { a: "1" } } }] }), of: [planes, workers] },
    { what: "a renewal", after: changed({ renewal: 1 }), of: [planes, workers] },
    { what: "an add-on that asks all nodes for something", after: asked("all"), of: [planes, workers] },
    { what: "an add-on that asks control planes for something", after: asked("controlplane"), of: [planes] },
    { what: "an add-on that asks workers for something", after: asked("worker"), of: [workers] },
    { what: "no workers any more", after: changed({ workers: 0 }), of: [planes] },
    { what: "more workers", after: changed({ workers: 4 }), of: [] },
    { what: "more control planes", after: changed({ controlPlanes: 5 }), of: [] },
    { what: "other labels and time-outs", after: changed({ labels: { a: "b" }, unhealthyAfterSeconds: 60 }), of: [] },
  ]) {
    it(`${what}: ${of.join(" and ") || "none"}`, () => {
      assert.deepEqual(
        told(media, after),
        of.map((each) => sentence("media", each)),
      );
    });
  }

  it("name the bounds where an autoscaler decides, and are silent about machines that are not there", () => {
    const dev = (changes: Record<string, unknown>) => exampleCluster("dev", changes);
    assert.deepEqual(told(dev({}), dev({ cores: 8 })), [
      sentence("dev", "1 control plane"),
      sentence("dev", "1 to 3 workers"),
    ]);
    assert.deepEqual(told(changed({ workers: 0 }), changed({ workers: 0, cores: 8 })), [sentence("media", planes)]);
  });

  it("are told of the composition of TenantClusters, for those that it makes other machines for", () => {
    const { release, installer, templateTags, addresses } = media;
    const facts = { release, installer, templateTags };
    const block = { addresses, annotations: { "orrery/id": "1" } };
    const composition = (base: Cluster = media, stable = facts, one = block) =>
      tenantClusterComposition(base, { stable, candidate: facts }, { 1: one, 2: block });
    const tenants = [media, { ...exampleCluster("dev"), releaseName: "candidate" }].map(tenantCluster);
    const tell = (after: ReturnType<typeof composition>) => newMachinesOfTenants(composition(), after, tenants);
    const both = [sentence("media", `${planes}, ${workers}`), sentence("dev", "1 control plane, 1 to 3 workers")];
    assert.deepEqual(tell(composition()), []);
    assert.deepEqual(tell(composition({ ...media, dnsServers: ["9.9.9.9"] })), both);
    assert.deepEqual(tell(composition({ ...media, storage: "ceph" })), both.slice(0, 1), "dev is not on Proxmox");
    const upgraded = { ...facts, release: { ...release, kubernetes: "1.31.9" } };
    assert.deepEqual(tell(composition(media, upgraded)), both.slice(0, 1), "dev runs candidate");
    const annotated = { ...block, annotations: { "orrery/id": "one" } };
    assert.deepEqual(tell(composition(media, facts, annotated)), []);
    const moved = { ...block, addresses: { ...addresses, vip: "10.10.40.30" } };
    assert.deepEqual(tell(composition(media, facts, moved)), [sentence("media", planes)]);
  });

  it("are told of a TenantCluster, too", () => {
    const tell = (after: Cluster, before: Cluster = media) => newMachines(tenantCluster(before), tenantCluster(after));
    assert.equal(tell(changed({ cores: 8 })), sentence("media", `${planes}, ${workers}`));
    assert.equal(tell(asked("controlplane")), sentence("media", planes));
    assert.equal(tell(asked("worker")), sentence("media", workers));
    assert.equal(tell(changed({ workers: 0 })), sentence("media", planes));
    assert.equal(tell(changed({ workers: 5, controlPlanes: 5, labels: { a: "b" } })), undefined);
    const dev = exampleCluster("dev");
    assert.equal(tell(exampleCluster("dev", { cores: 8 }), dev), sentence("dev", "1 control plane, 1 to 3 workers"));
  });
});
