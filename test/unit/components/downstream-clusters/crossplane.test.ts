import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { tenantClusterComposition } from "../../../../components/downstream-clusters/crossplane/composition.ts";
import { platformServiceComposition } from "../../../../components/downstream-clusters/crossplane/platform-service.ts";
import {
  settledMark,
  tenantCluster,
  tenantClusterDefinition,
} from "../../../../components/downstream-clusters/crossplane/tenant-cluster.ts";
import { type DownstreamCluster, planDownstreamCluster } from "../../../../components/downstream-clusters/plan.ts";
import type { KubernetesObject } from "../../../../components/facts.ts";
import { planDownstreamAddresses } from "../../../../components/network/downstream.ts";
import { downstreamSchema } from "../../../../config/downstream.ts";
import { canRunFunctions, execute, holds } from "../../../../lab/kubernetes/crossplane/functions.ts";
import { exampleCluster, said } from "./example.ts";

const resourceName = "gotemplating.fn.crossplane.io/composition-resource-name";
const readyMark = "gotemplating.fn.crossplane.io/ready";

interface Pipeline {
  pipeline: { input: { inline: { template: string }; options: string[] } }[];
}

interface Wrapper extends KubernetesObject {
  spec: {
    managementPolicies: string[];
    readiness: { policy: string; celQuery?: string };
    forProvider: { manifest: KubernetesObject };
  };
}

/** What Go makes of a composition's template for a resource. */
function composed(
  composition: KubernetesObject,
  resource: KubernetesObject,
  resources: Record<string, { resource: unknown }> = {},
): KubernetesObject[] {
  const [step] = (composition.spec as unknown as Pipeline).pipeline;
  assert.ok(step);
  const { inline, options } = step.input;
  const text = execute(inline.template, options, { observed: { composite: { resource }, resources } });
  const objects = parseAllDocuments(text)
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null);
  const names = objects.flatMap(({ metadata }) => metadata?.annotations?.[resourceName] ?? []);
  assert.equal(new Set(names).size, names.length, "every name names one resource");
  return objects;
}

/** What the `Object`s among resources ask provider-kubernetes to apply. */
function manifests(objects: readonly KubernetesObject[]): KubernetesObject[] {
  return objects.filter(({ kind }) => kind === "Object").map((object) => (object as Wrapper).spec.forProvider.manifest);
}

function sortedByName(objects: KubernetesObject[]): KubernetesObject[] {
  const key = ({ kind, metadata }: KubernetesObject) => `${kind} ${metadata.name}`;
  return objects.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

function compositionFor(args: DownstreamCluster): KubernetesObject {
  const ids = Array.from({ length: 14 }, (_, index) => index + 1);
  const clusters = Object.fromEntries(ids.map((id) => [`c${id}`, { id }]));
  const { plans } = planDownstreamAddresses(downstreamSchema.parse({ ...said, clusters }));
  const blocks = Object.fromEntries(
    Object.values(plans).map((addresses) => {
      const id = addresses.clusterId;
      return [id, { addresses, annotations: { "orrery/id": String(id) } }];
    }),
  );
  const { release, installer, templateTags } = args;
  return tenantClusterComposition(args, { stable: { release, installer, templateTags } }, blocks);
}

describe("Crossplane: TenantCluster", function () {
  this.timeout(120_000);
  before(function () {
    if (!canRunFunctions()) this.skip();
  });

  const media = tenantCluster(exampleCluster("media"));
  const compose = (resource: KubernetesObject, resources: Record<string, { resource: unknown }> = {}) =>
    composed(
      compositionFor(exampleCluster("media")),
      { ...resource, spec: { keep: false, ...(resource.spec as object) } },
      resources,
    );

  const table: [string, DownstreamCluster][] = [
    ["media", exampleCluster("media")],
    ["dev, on Harvester and scaled automatically", exampleCluster("dev")],
    [
      "a large one without labels",
      exampleCluster("media", { id: 14, controlPlanes: 3, workers: 7, cores: 16, memoryMiB: 1_048_576, labels: {} }),
    ],
    [
      "one that is scaled on Proxmox",
      exampleCluster("media", { id: 9, workers: { min: 1, max: 8 }, unhealthyAfterSeconds: 90 }),
    ],
    [
      "one whose machines are patched by the stack file and by add-ons",
      {
        ...exampleCluster("media", {
          patches: [{ machine: { sysctls: { "vm.max_map_count": "262144" }, env: { NOTE: 'a: "b" # c' } } }],
        }),
        requirements: [
          { nodes: "worker", patch: { machine: { kernel: { modules: [{ name: "zfs" }] } } }, reason: "disks" },
          { nodes: "all", patch: { cluster: { extraManifests: ["https://example.net/a.yaml"] } }, reason: "manifests" },
        ],
      },
    ],
    ["one without workers", exampleCluster("media", { workers: 0, labels: { monitoring: "true", cni: "cilium" } })],
  ];
  for (const [what, args] of table) {
    it(`makes the same objects as the stack file: ${what}`, () => {
      const { cluster, steps } = planDownstreamCluster(args);
      const objects = compose(tenantCluster(args));
      assert.deepEqual(sortedByName(manifests(objects)), sortedByName([cluster, ...steps.flat()]));
    });
  }

  const wrappers = (objects: KubernetesObject[]) => objects.filter(({ kind }) => kind === "Object") as Wrapper[];
  const nameOf = ({ metadata }: KubernetesObject) => String(metadata.annotations?.[resourceName]);
  const statusOf = (objects: KubernetesObject[]) => objects.find(({ kind }) => kind === "TenantCluster")?.status;

  /** The composed objects as Crossplane sees them when the provider has done what they say. */
  function observed(objects: KubernetesObject[], change: (object: Wrapper) => object = () => ({})) {
    const conditions = [
      { type: "Synced", status: "True", observedGeneration: 2 },
      { type: "Ready", status: "True" },
    ];
    return Object.fromEntries(
      wrappers(objects).map((object): [string, { resource: unknown }] => {
        const resource = { ...object, metadata: { ...object.metadata, generation: 2 }, status: { conditions } };
        return [nameOf(object), { resource: { ...resource, ...change(object) } }];
      }),
    );
  }

  it("deletes the Cluster alone, and Cluster API what belongs to it", () => {
    const policies = wrappers(compose(media)).map((object) => [nameOf(object), object.spec.managementPolicies.join()]);
    const others = policies.filter(([, policy]) => policy !== "Observe,Create,Update");
    assert.deepEqual(others, [["cluster", "*"]]);
  });

  it("only looks at a cluster that is to be kept", () => {
    const kept = { ...media, spec: { ...(media.spec as object), keep: true } };
    const policies = new Set(wrappers(compose(kept)).map(({ spec }) => spec.managementPolicies.join()));
    assert.deepEqual([...policies], ["Observe"]);
    assert.deepEqual(manifests(compose(kept)), manifests(compose(media)));
    assert.equal(settledMark(kept), settledMark(media));
  });

  it("says which specification it is ready for, and only when the provider speaks of the present one", () => {
    const objects = compose(media);
    assert.equal(statusOf(objects), undefined);
    const done = compose(media, observed(objects));
    assert.deepEqual(statusOf(done), { settled: settledMark(media) });
    assert.ok(wrappers(done).every(({ metadata }) => metadata.annotations?.[readyMark] === "True"));
    const more = tenantCluster(exampleCluster("media", { workers: 5 }));
    assert.notEqual(settledMark(more), settledMark(media));
    const changed = compose(more, observed(objects));
    assert.equal(statusOf(changed), undefined);
    const unready = wrappers(changed).filter(({ metadata }) => metadata.annotations?.[readyMark] === "False");
    assert.deepEqual(unready.map(nameOf), ["machinedeployment", "machinehealthcheck"]);
    const late = observed(objects, ({ status: _, metadata }) =>
      metadata.name.startsWith("cluster-") ? { metadata: { ...metadata, generation: 3 } } : {},
    );
    assert.equal(statusOf(compose(media, late)), undefined);
  });

  it("knows when control planes and workers are as wished", () => {
    const queries = Object.fromEntries(wrappers(compose(media)).map((each) => [nameOf(each), each.spec.readiness]));
    assert.deepEqual(queries.cluster, { policy: "SuccessfulCreate" });
    const planes = (changes: object) =>
      holds(queries.taloscontrolplane?.celQuery ?? "", {
        metadata: { generation: 2 },
        spec: { version: "v1.31.4", replicas: 1 },
        status: {
          observedGeneration: 2,
          version: "v1.31.4",
          readyReplicas: 1,
          conditions: [{ type: "Resized", status: "True" }],
          ...changes,
        },
      });
    assert.deepEqual(
      [
        {},
        { conditions: [{ type: "Resized", status: "False" }] },
        { observedGeneration: 1 },
        { version: "v1.30.0" },
        { readyReplicas: 0 },
      ].map(planes),
      [true, false, false, false, false],
    );
    const workers = (available: string, rolling: string) =>
      holds(queries.machinedeployment?.celQuery ?? "", {
        metadata: { generation: 1 },
        status: {
          observedGeneration: 1,
          conditions: [
            { type: "Available", status: available },
            { type: "RollingOut", status: rolling },
          ],
        },
      });
    assert.deepEqual(
      [workers("True", "False"), workers("False", "False"), workers("True", "True")],
      [true, false, false],
    );
    const query = queries.machinedeployment?.celQuery ?? "";
    assert.equal(holds(query, { metadata: { generation: 1 } }), false);
  });

  it("takes what the stack file takes", () => {
    const { spec } = tenantClusterDefinition(["stable"], "stable") as unknown as {
      spec: { versions: [{ schema: { openAPIV3Schema: { properties: { spec: { properties: object } } } } }] };
    };
    const known = Object.keys(spec.versions[0].schema.openAPIV3Schema.properties.spec.properties);
    const said = Object.keys(tenantCluster(exampleCluster("media")).spec as object);
    assert.deepEqual([...said, "keep"].sort(), known.sort());
  });
});

describe("Crossplane: PlatformService", function () {
  this.timeout(120_000);
  before(function () {
    if (!canRunFunctions()) this.skip();
  });

  it("brings a chart into the cluster of its namespace when it names no labels", () => {
    const chart = { repository: "https://charts.example.net", name: "podinfo", version: "6.9.0" };
    const [profile] = composed(platformServiceComposition(), {
      apiVersion: "platform.orrery/v1alpha1",
      kind: "PlatformService",
      metadata: { name: "podinfo", namespace: "dev" },
      spec: { clusters: {}, chart, namespace: "podinfo", values: {} },
    });
    assert.ok(profile);
    const { clusterSelector } = profile.spec as { clusterSelector: object };
    assert.deepEqual(clusterSelector, { matchLabels: { "cluster.x-k8s.io/cluster-name": "dev" } });
  });

  it("brings a chart into the clusters of its namespace that have the labels", () => {
    const spec = {
      clusters: { environment: "development" },
      chart: { repository: "https://charts.example.net", name: "podinfo", version: "6.9.0" },
      namespace: "podinfo",
      values: { replicaCount: 2, ingress: { enabled: true, hosts: ["a", "b"] } },
    };
    const [profile, ...others] = composed(platformServiceComposition(), {
      apiVersion: "platform.orrery/v1alpha1",
      kind: "PlatformService",
      metadata: { name: "podinfo", namespace: "dev" },
      spec,
    });
    assert.deepEqual(others, []);
    assert.ok(profile);
    const { helmCharts, ...rest } = profile.spec as { helmCharts: Record<string, unknown>[] };
    const [{ values, ...chart } = { values: "" }] = helmCharts;
    assert.equal(profile.kind, "Profile");
    const annotations = { [resourceName]: "profile", [readyMark]: "True" };
    assert.deepEqual(profile.metadata, { name: "podinfo", namespace: "dev", annotations });
    assert.deepEqual(rest, { clusterSelector: { matchLabels: spec.clusters }, syncMode: "Continuous" });
    assert.deepEqual(parseAllDocuments(String(values))[0]?.toJS(), spec.values);
    assert.deepEqual(chart, {
      repositoryName: "podinfo",
      repositoryURL: "https://charts.example.net",
      chartName: "podinfo/podinfo",
      chartVersion: "6.9.0",
      releaseName: "podinfo",
      releaseNamespace: "podinfo",
      helmChartAction: "Install",
    });
  });
});
