import assert from "node:assert/strict";
import { planAddons } from "../../../../../components/platform-addons/plan.ts";
import { configOf, factsOf } from "../facts.ts";
import { at, planned, refused } from "./planned.ts";

describe("catalogue: crossplane", () => {
  it("brings the functions that compositions use, and others by name", () => {
    const functions = { "function-cel-filter": "xpkg.crossplane.io/crossplane-contrib/function-cel-filter:v0.2.0" };
    const packages = (said: unknown) =>
      planned("sol", "crossplane", said)
        .objects.filter(({ kind }) => kind === "Function")
        .map(({ metadata, spec }) => [metadata.name, at(spec, "package")]);
    const own = [
      ["function-auto-ready", "xpkg.crossplane.io/crossplane-contrib/function-auto-ready:v0.7.0"],
      ["function-go-templating", "xpkg.crossplane.io/crossplane-contrib/function-go-templating:v0.12.2"],
    ];
    assert.deepEqual(packages(true), own);
    assert.deepEqual(packages({ settings: { functions } }), [...own, ...Object.entries(functions)]);
  });

  it("brings the provider that applies objects, under a service account that rights can be bound to", () => {
    const objects = planned("sol", "crossplane").objects.filter(({ kind }) => kind !== "Function");
    assert.deepEqual(
      objects.map(({ kind, metadata }) => [kind, metadata.name, metadata.annotations?.["pulumi.com/waitFor"]]),
      [
        ["DeploymentRuntimeConfig", "provider-kubernetes", undefined],
        ["Provider", "provider-kubernetes", "condition=Healthy"],
      ],
    );
    assert.equal(at(objects[0]?.spec, "serviceAccountTemplate", "metadata", "name"), "provider-kubernetes");
    assert.equal(at(objects[1]?.spec, "runtimeConfigRef", "name"), "provider-kubernetes");
  });

  it("takes no function without its version", () => {
    assert.deepEqual(refused("sol", { crossplane: { settings: { functions: { f: "xpkg.example.net/f:latest" } } } }), [
      "addons.crossplane.settings.functions.f: cannot be used; a package with its version",
    ]);
  });
});

describe("catalogue: tinkerbell", () => {
  const settings = { address: "10.101.27.10", artifactsAddress: "10.101.27.11" };

  it("has addresses of Cilium's and no load balancer of its own", () => {
    const { values, objects } = planned("sol", "tinkerbell", { settings });
    assert.equal(at(values, "artifactsFileServer"), "http://10.101.27.11:7173");
    assert.equal(at(values, "optional", "kubevip", "enabled"), false);
    assert.deepEqual(
      [at(values, "service"), at(values, "optional", "osie", "service")],
      [{ type: "ClusterIP" }, { type: "ClusterIP" }],
    );
    assert.deepEqual(
      objects.map(({ metadata, spec }) => [
        metadata.name,
        metadata.annotations?.["lbipam.cilium.io/ips"],
        at(spec, "ipFamilies"),
        at(spec, "externalTrafficPolicy"),
      ]),
      [
        ["tinkerbell-machines", "10.101.27.10", ["IPv4"], "Local"],
        ["hookos-machines", "10.101.27.11", ["IPv4"], "Local"],
      ],
    );
    const [onLink] = planned("terra", "tinkerbell", { settings }).objects;
    assert.equal(at(onLink?.spec, "externalTrafficPolicy"), "Cluster");
  });

  it("keeps what machines boot where Talos keeps data", () => {
    const { values, machine } = planned("sol", "tinkerbell", { settings });
    const volume = at(values, "optional", "hookos", "persistence", "localPersistentVolume", "path");
    assert.equal(volume, "/var/lib/hookos");
    assert.equal(at(machine[0]?.patch, "machine", "kubelet", "extraMounts", 0, "destination"), volume);
  });

  it("needs two addresses", () => {
    assert.deepEqual(refused("sol", { tinkerbell: { settings: { ...settings, artifactsAddress: "10.101.27.10" } } }), [
      "addons.tinkerbell.settings.artifactsAddress: is the address of its other services; another address of 10.101.27.0/24",
    ]);
  });
});

describe("catalogue: harvester-csi", () => {
  it("reads its kubeconfig from a Secret and not from a file on the node", () => {
    const { values, secrets } = planned("sol", "harvester-csi", true, { "snapshot-controller": true });
    assert.equal(at(values, "cloudConfig", "secretName"), secrets[0]?.name);
    assert.deepEqual(Object.keys(secrets[0]?.keys ?? {}), ["cloud-provider-config"]);
    assert.equal(secrets[0]?.namespace, "kube-system");
  });

  const table: [controlPlanes: number, copies: number, budgets: number][] = [
    [3, 2, 1],
    [1, 1, 0],
  ];
  for (const [controlPlanes, copies, budgets] of table) {
    it(`runs ${copies} of its controllers where ${controlPlanes} control planes take them, however many workers there are`, () => {
      const facts = factsOf("sol");
      const nodes = facts.nodes.filter(({ role, suffix }) => role === "worker" || suffix < 11 + controlPlanes);
      const addons = { "harvester-csi": true, "snapshot-controller": true };
      const plan = planAddons(configOf({ addons }), { ...facts, nodes });
      assert.deepEqual(plan.problems, []);
      const driver = plan.addons.find(({ name }) => name === "harvester-csi");
      assert.equal(driver?.values.replicasCount, copies);
      assert.equal(driver?.objects.length, budgets, "a budget of controllers that cannot move would block every drain");
    });
  }

  it("does not do without the definitions of snapshots", () => {
    assert.deepEqual(refused("sol", { "harvester-csi": true }), [
      "addons.harvester-csi: needs crd:snapshot.storage.k8s.io, which no chosen add-on provides; switch on snapshot-controller",
    ]);
  });
});
