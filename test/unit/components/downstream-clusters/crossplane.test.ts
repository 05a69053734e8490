import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { tenantClusterComposition } from "../../../../components/downstream-clusters/crossplane/composition.ts";
import { platformServiceComposition } from "../../../../components/downstream-clusters/crossplane/platform-service.ts";
import {
  tenantCluster,
  tenantClusterDefinition,
} from "../../../../components/downstream-clusters/crossplane/tenant-cluster.ts";
import { type DownstreamCluster, planDownstreamCluster } from "../../../../components/downstream-clusters/plan.ts";
import type { KubernetesObject } from "../../../../components/facts.ts";
import { planDownstreamAddresses } from "../../../../components/network/downstream.ts";
import { downstreamSchema } from "../../../../config/downstream.ts";
import { exampleCluster, said } from "./example.ts";

const resourceName = "gotemplating.fn.crossplane.io/composition-resource-name";

interface Pipeline {
  pipeline: { input: { inline: { template: string } } }[];
}

/** What Go makes of a composition's template for a resource, without the names that Crossplane keeps for itself. */
function composed(composition: KubernetesObject, resource: KubernetesObject): KubernetesObject[] {
  const template = (composition.spec as unknown as Pipeline).pipeline[0]?.input.inline.template;
  const { status, stdout, stderr } = spawnSync("go", ["run", "."], {
    cwd: join(import.meta.dirname, "go-templates"),
    input: JSON.stringify({ template, data: { observed: { composite: { resource } } } }),
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  const names = new Set<string>();
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null)
    .map(({ metadata, ...rest }) => {
      const { [resourceName]: name = "", ...annotations } = metadata.annotations ?? {};
      assert.ok(name !== "" && !names.has(name), `${name} names one resource`);
      names.add(name);
      const { annotations: _, ...plain } = metadata;
      return {
        ...rest,
        metadata: Object.keys(annotations).length > 0 ? { ...plain, annotations } : plain,
      } as KubernetesObject;
    });
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
    if (spawnSync("go", ["version"]).status !== 0) this.skip();
  });

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
    ["one without workers", exampleCluster("media", { workers: 0, labels: { monitoring: "true", cni: "cilium" } })],
  ];
  for (const [what, args] of table) {
    it(`makes the same objects as the stack file: ${what}`, () => {
      const { cluster, steps } = planDownstreamCluster(args);
      const objects = composed(compositionFor(exampleCluster("media")), tenantCluster(args));
      assert.deepEqual(sortedByName(objects), sortedByName([cluster, ...steps.flat()]));
    });
  }

  it("takes what the stack file takes", () => {
    const { spec } = tenantClusterDefinition(["stable"], "stable") as unknown as {
      spec: { versions: [{ schema: { openAPIV3Schema: { properties: { spec: { properties: object } } } } }] };
    };
    const known = Object.keys(spec.versions[0].schema.openAPIV3Schema.properties.spec.properties);
    assert.deepEqual(Object.keys(tenantCluster(exampleCluster("media")).spec as object).sort(), known.sort());
  });
});

describe("Crossplane: PlatformService", function () {
  this.timeout(120_000);
  before(function () {
    if (spawnSync("go", ["version"]).status !== 0) this.skip();
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
    assert.deepEqual(profile.metadata, { name: "podinfo", namespace: "dev" });
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
