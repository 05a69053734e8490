import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { ObjectSet } from "../../../../charts/api/check-objects.ts";
import { definitionUrls } from "../../../../charts/api/definition-sources.ts";
import { plannedClusters } from "../../../../charts/clusters.ts";
import { entryObjects } from "../../../../charts/own-objects.ts";
import { casesOf, entriesOf } from "../../../../charts/planned.ts";
import { fleet } from "../../../support/fleet.ts";

describe("definitions that no chart renders", () => {
  const setOf = (...objects: Record<string, unknown>[]): ObjectSet[] => [
    { entry: "app", from: "its objects", clusters: ["sol"], kubernetes: "1.31.4", objects },
  ];
  const charts = [
    ["cilium", "1.18.4"],
    ["cilium", "1.18.5"],
    ["crossplane", "2.3.4"],
  ].map(([entry = "", version = ""]) => ({ entry, chart: { repository: "", name: entry, version } }));

  it("are where the programs that register them are developed, at the versions of their charts", () => {
    const policy = { apiVersion: "cilium.io/v2alpha1", kind: "CiliumL2AnnouncementPolicy" };
    const functions = { apiVersion: "pkg.crossplane.io/v1", kind: "Function" };
    const cilium = (version: string) =>
      `https://raw.githubusercontent.com/cilium/cilium/v${version}/pkg/k8s/apis/cilium.io/client/crds/v2alpha1/ciliuml2announcementpolicies.yaml`;
    const crossplane =
      "https://raw.githubusercontent.com/crossplane/crossplane/v2.3.4/cluster/crds/pkg.crossplane.io_functions.yaml";
    const sets = setOf(policy, policy, functions, { apiVersion: "example.net/v1", kind: "Function" });
    assert.deepEqual(definitionUrls(sets, charts), [cilium("1.18.4"), cilium("1.18.5"), crossplane]);
    assert.deepEqual(definitionUrls(sets, []), []);
  });

  it("are where packages of Crossplane's are developed, at the versions that are installed", () => {
    const settings = { apiVersion: "kubernetes.m.crossplane.io/v1alpha1", kind: "ClusterProviderConfig" };
    const provider = {
      apiVersion: "example.net/v1",
      kind: "Provider",
      spec: { package: "packages.example.net/crossplane-contrib/provider-kubernetes:v1.2.1" },
    };
    assert.deepEqual(definitionUrls(setOf(settings, provider), charts), [
      "https://raw.githubusercontent.com/crossplane-contrib/provider-kubernetes/v1.2.1/package/crds/kubernetes.m.crossplane.io_clusterproviderconfigs.yaml",
    ]);
    assert.deepEqual(definitionUrls(setOf(settings), charts), []);
  });

  it("are in the releases of Cluster API's providers", () => {
    const provider = (url?: string) => ({
      apiVersion: "operator.cluster.x-k8s.io/v1alpha2",
      kind: "CoreProvider",
      spec: { version: "v1.2.3", fetchConfig: { url } },
    });
    const releases = "https://git.example.net/a/b/releases";
    const sets = setOf(provider(`${releases}/v1.2.3/core-components.yaml`), provider(releases), provider());
    assert.deepEqual(definitionUrls(sets, charts), [`${releases}/download/v1.2.3/core-components.yaml`]);
  });

  it("are in the releases of the catalogue's providers", () => {
    const plans = plannedClusters(fleet).slice(0, 1);
    const urls = definitionUrls(entryObjects(casesOf(plans, entriesOf(["cluster-api-operator"]))), []);
    assert.ok(urls.length > 5, String(urls));
    for (const url of urls)
      assert.match(url, /^https:\/\/github\.com\/[^/]+\/[^/]+\/releases\/download\/v[\d.]+\/\S+\.yaml$/);
  });
});
