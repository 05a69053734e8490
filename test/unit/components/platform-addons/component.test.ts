import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { type AddonPlan, planAddons } from "../../../../components/platform-addons/plan.ts";
import { PlatformAddons } from "../../../../components/platform-addons.ts";
import { type Registered, runMocked } from "../../../support/mocks.ts";
import { configOf, factsOf } from "./facts.ts";

const addons = {
  coredns: true,
  "proxmox-csi": {
    settings: { url: "https://pve01:8006/api2/json", storageClasses: [{ name: "fast", storage: "rbd-vm" }] },
  },
  "cert-manager": true,
};

/** How Pulumi marks a secret on the wire. */
const secretMark = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };

/** Registers the component under mocks; answers the tree that came of it. */
async function register(planned: AddonPlan[], secrets: Record<string, string>): Promise<Registered[]> {
  const outputs = Object.fromEntries(Object.entries(secrets).map(([key, value]) => [key, pulumi.secret(value)]));
  const program = () => {
    const kubeconfig = pulumi.secret("apiVersion: v1");
    return new PlatformAddons("sol", { facts: factsOf("sol"), addons: planned, kubeconfig, secrets: outputs });
  };
  return (await runMocked(program, {}, "sol")).resources;
}

describe("PlatformAddons", () => {
  const { addons: planned, problems } = planAddons(configOf({ addons }), factsOf("sol"));
  let tree: Registered[];

  before(async () => {
    assert.deepEqual(problems, []);
    tree = await register(planned, { proxmoxCsiToken: "canary" });
  });

  function get(name: string): Registered {
    const found = tree.find((resource) => resource.name === name);
    assert.ok(found, `${name} is among ${tree.map((resource) => resource.name).join(", ")}`);
    return found;
  }

  it("registers this tree and nothing else", () => {
    assert.deepEqual(tree.map(({ type, name }) => `${type} ${name}`).sort(), [
      "kubernetes:cert-manager.io/v1:Certificate sol-cert-manager-certificate-cluster-ca",
      "kubernetes:cert-manager.io/v1:ClusterIssuer sol-cert-manager-clusterissuer-cluster-ca",
      "kubernetes:cert-manager.io/v1:ClusterIssuer sol-cert-manager-clusterissuer-self-signed",
      "kubernetes:cilium.io/v2:CiliumBGPAdvertisement sol-cilium-ciliumbgpadvertisement-cluster",
      "kubernetes:cilium.io/v2:CiliumBGPClusterConfig sol-cilium-ciliumbgpclusterconfig-cluster",
      "kubernetes:cilium.io/v2:CiliumBGPPeerConfig sol-cilium-ciliumbgppeerconfig-node",
      "kubernetes:cilium.io/v2:CiliumLoadBalancerIPPool sol-cilium-ciliumloadbalancerippool-default",
      "kubernetes:core/v1:Namespace sol-namespace-cert-manager",
      "kubernetes:core/v1:Namespace sol-namespace-csi-proxmox",
      "kubernetes:core/v1:Secret sol-secret-csi-proxmox-proxmox-csi-plugin",
      "kubernetes:helm.sh/v3:Release sol-cert-manager",
      "kubernetes:helm.sh/v3:Release sol-cilium",
      "kubernetes:helm.sh/v3:Release sol-coredns",
      "kubernetes:helm.sh/v3:Release sol-gateway-api",
      "kubernetes:helm.sh/v3:Release sol-proxmox-csi",
      "orrery:index:PlatformAddons sol",
      "pulumi:providers:kubernetes sol-kubernetes",
    ]);
  });

  it("makes the component the parent of all, with its own provider", () => {
    for (const { name, type, parent, provider } of tree) {
      if (type === "orrery:index:PlatformAddons") continue;
      assert.equal(parent, "sol", name);
      if (type !== "pulumi:providers:kubernetes") assert.equal(provider, "sol-kubernetes", name);
    }
  });

  it("lets an add-on wait for those it needs, its namespace and its secrets, and for nothing else", () => {
    assert.deepEqual(get("sol-gateway-api").dependsOn, []);
    assert.deepEqual(get("sol-cilium").dependsOn, ["sol-gateway-api"]);
    const cilium = [
      "sol-cilium",
      "sol-cilium-ciliumbgpadvertisement-cluster",
      "sol-cilium-ciliumbgpclusterconfig-cluster",
      "sol-cilium-ciliumbgppeerconfig-node",
      "sol-cilium-ciliumloadbalancerippool-default",
    ];
    assert.deepEqual(get("sol-coredns").dependsOn, cilium);
    assert.deepEqual(get("sol-cert-manager").dependsOn, ["sol-coredns", "sol-namespace-cert-manager"]);
    assert.deepEqual(get("sol-proxmox-csi").dependsOn, [
      "sol-coredns",
      "sol-namespace-csi-proxmox",
      "sol-secret-csi-proxmox-proxmox-csi-plugin",
    ]);
    assert.deepEqual(get("sol-cert-manager-certificate-cluster-ca").dependsOn, ["sol-cert-manager"]);
  });

  it("gives namespaces their pod security level", () => {
    assert.deepEqual(get("sol-namespace-csi-proxmox").inputs.metadata, {
      name: "csi-proxmox",
      labels: { "pod-security.kubernetes.io/enforce": "privileged" },
    });
  });

  it("pins charts from HTTP and from OCI repositories", () => {
    const { chart, version, repositoryOpts, maxHistory, timeout, namespace, name } = get("sol-cilium").inputs;
    assert.deepEqual(
      { chart, version, repositoryOpts, maxHistory, timeout, namespace, name },
      {
        chart: "cilium",
        version: "1.18.4",
        repositoryOpts: { repo: "https://helm.cilium.io" },
        maxHistory: 3,
        timeout: 1200,
        namespace: "kube-system",
        name: "cilium",
      },
    );
    assert.equal(get("sol-proxmox-csi").inputs.chart, "oci://ghcr.io/sergelogvinov/charts/proxmox-csi-plugin");
    assert.equal(get("sol-proxmox-csi").inputs.repositoryOpts, undefined);
  });

  it("writes a secret into its Secret, encrypted in the state, and into nothing else", () => {
    const { stringData } = get("sol-secret-csi-proxmox-proxmox-csi-plugin").inputs;
    assert.deepEqual({ ...(stringData as object), value: 0 }, { ...secretMark, value: 0 });
    const value = (stringData as { value: Record<string, string> }).value;
    const parsed = JSON.parse(value["config.yaml"] ?? "");
    assert.equal(parsed.clusters[0].token_secret, "canary");
    const others = tree.filter(({ name }) => name !== "sol-secret-csi-proxmox-proxmox-csi-plugin");
    assert.ok(!JSON.stringify(others).includes("canary"));
  });

  it("says which cluster the provider is for, and keeps the kubeconfig secret", () => {
    const { clusterIdentifier, kubeconfig, upsertExistingObjects, deleteUnreachable } = get("sol-kubernetes").inputs;
    assert.equal(clusterIdentifier, "sol-101");
    assert.deepEqual(kubeconfig, { ...secretMark, value: "apiVersion: v1" });
    assert.equal(upsertExistingObjects, "true");
    assert.equal(deleteUnreachable, undefined);
  });

  it("makes an Application of an add-on of Argo CD's, and leaves all else of it to Pulumi", async () => {
    const git = { repository: { url: "https://git.example.net/clusters.git" } };
    const said = { addons: { ...addons, argocd: { settings: git }, "cert-manager": { delivery: "argocd" } } };
    const plan = planAddons(configOf(said), factsOf("sol"));
    assert.deepEqual(plan.problems, []);
    const resources = await register(plan.addons, { proxmoxCsiToken: "canary" });
    const mine = resources.filter(({ name }) => name.includes("cert-manager"));
    assert.deepEqual(mine.map(({ type, name }) => `${type} ${name}`).sort(), [
      "kubernetes:argoproj.io/v1alpha1:Application sol-cert-manager-application",
      "kubernetes:cert-manager.io/v1:Certificate sol-cert-manager-certificate-cluster-ca",
      "kubernetes:cert-manager.io/v1:ClusterIssuer sol-cert-manager-clusterissuer-cluster-ca",
      "kubernetes:cert-manager.io/v1:ClusterIssuer sol-cert-manager-clusterissuer-self-signed",
      "kubernetes:core/v1:Namespace sol-namespace-cert-manager",
    ]);
    const application = mine.find(({ type }) => type.endsWith(":Application"));
    assert.ok(application);
    assert.ok(application.dependsOn.includes("sol-argocd"), String(application.dependsOn));
    const { annotations } = application.inputs.metadata as { annotations: Record<string, string> };
    assert.equal(annotations["pulumi.com/waitFor"], "jsonpath={.status.health.status}=Healthy");
    const issuer = mine.find(({ name }) => name.endsWith("clusterissuer-self-signed"));
    assert.deepEqual(issuer?.dependsOn, ["sol-cert-manager-application"]);
  });

  it("looks into Git and clears the way for releases, and only for them", () => {
    for (const { type, name, createHooks } of tree) {
      assert.deepEqual(createHooks, type.endsWith(":Release") ? ["sol-others-in-git", "sol-take-over"] : [], name);
    }
  });

  it("refuses to begin when a secret was not given", async () => {
    await assert.rejects(register(planned, {}), /add-on proxmox-csi: the secret orrery:proxmoxCsiToken is not set/);
  });
});
