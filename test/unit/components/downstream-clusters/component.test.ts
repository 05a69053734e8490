import assert from "node:assert/strict";
import { Provider } from "@pulumi/kubernetes/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { platformServiceDefinition } from "../../../../components/downstream-clusters/crossplane/platform-service.ts";
import { settledMark, tenantCluster } from "../../../../components/downstream-clusters/crossplane/tenant-cluster.ts";
import { planDownstreamCluster } from "../../../../components/downstream-clusters/plan.ts";
import { removalHooks } from "../../../../components/downstream-clusters/removal.ts";
import { DownstreamClusters, type DownstreamClustersArgs } from "../../../../components/downstream-clusters.ts";
import { type Registered, runMocked } from "../../../support/mocks.ts";
import { exampleCluster } from "./example.ts";

/** How Pulumi marks a secret on the wire. */
const secretMark = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };

/** Registers the component under mocks; answers the tree that came of it. */
async function register(changes: Partial<DownstreamClustersArgs> = {}): Promise<Registered[]> {
  const media = exampleCluster("media");
  const image = { schematic: "0", installer: media.installer, fileIds: { pve01: "files:iso/talos.iso" } };
  const program = () => {
    const kubernetes = new Provider("kubernetes", {});
    return new DownstreamClusters("sol", {
      clusters: (["media", "dev"] as const).map((name) => planDownstreamCluster(exampleCluster(name))),
      templates: [{ name: "v1.11.5-376567988ad3", release: media.release, image, host: "pve01", storage: "rbd-vm" }],
      platform: [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "profiles", namespace: "projectsveltos" } }],
      interfaces: [],
      secrets: {
        downstreamProxmoxToken: pulumi.secret("canary"),
        downstreamHarvesterKubeconfig: pulumi.secret("canary"),
      },
      kubernetes,
      kubeconfig: pulumi.secret("kubeconfig"),
      removal: removalHooks("sol", { addons: [], kubeconfig: pulumi.secret("kubeconfig"), component: kubernetes }),
      after: [kubernetes],
      delivery: "direct",
      wait: true,
      ...changes,
    });
  };
  return (await runMocked(program, {}, "sol")).resources;
}

/** Names without the digests of templates. */
function namesOf(tree: readonly Registered[]): string[] {
  return tree.map(({ name }) => name.replace(/-[0-9a-f]{8}$/, "-*")).sort();
}

describe("DownstreamClusters", () => {
  let tree: Registered[];
  before(async () => {
    tree = await register();
  });

  function get(name: string): Registered {
    const found = tree.find((resource) => resource.name === name);
    assert.ok(found, `${name} is among ${tree.map((resource) => resource.name).join(", ")}`);
    return found;
  }

  it("registers this tree and nothing else", () => {
    assert.deepEqual(namesOf(tree), [
      "kubernetes",
      "sol",
      "sol-cluster-dev",
      "sol-cluster-media",
      "sol-configmap-profiles",
      "sol-dev",
      "sol-dev-autoscaler",
      "sol-harvestercluster-dev",
      "sol-harvestermachinetemplate-dev-control-plane-*",
      "sol-harvestermachinetemplate-dev-workers-*",
      "sol-machinedeployment-dev-workers",
      "sol-machinedeployment-media-workers",
      "sol-machinehealthcheck-dev-workers",
      "sol-machinehealthcheck-media-workers",
      "sol-media",
      "sol-proxmoxcluster-media",
      "sol-proxmoxmachinetemplate-media-control-plane-*",
      "sol-proxmoxmachinetemplate-media-workers-*",
      "sol-secret-dev-dev-harvester",
      "sol-secret-media-media-proxmox",
      "sol-talosconfigtemplate-dev-workers-*",
      "sol-talosconfigtemplate-media-workers-*",
      "sol-taloscontrolplane-dev-control-plane",
      "sol-taloscontrolplane-media-control-plane",
      "sol-template-v1.11.5-376567988ad3",
    ]);
  });

  it("lets Cluster API delete what belongs to a cluster", () => {
    const mine = tree.filter(({ name, type }) => type.includes("x-k8s.io") && name.includes("media"));
    const cluster = mine.find(({ name }) => name === "sol-cluster-media");
    assert.equal(cluster?.deletedWith, "");
    for (const resource of mine) {
      if (resource !== cluster) assert.equal(resource.deletedWith, "sol-cluster-media", resource.name);
      assert.equal(resource.retainOnDelete, resource === cluster, "a hook knows whether the cluster goes");
    }
  });

  it("writes workers after control planes, and control planes after what they refer to", () => {
    assert.ok(
      get("sol-machinedeployment-media-workers").dependsOn.includes("sol-taloscontrolplane-media-control-plane"),
    );
    const before = get("sol-taloscontrolplane-media-control-plane").dependsOn.join(" ");
    for (const wanted of ["proxmoxcluster-media", "media-control-plane-", "talosconfigtemplate-media-workers-"]) {
      assert.ok(before.includes(wanted), `${wanted} in ${before}`);
    }
    assert.ok(get("sol-cluster-media").dependsOn.includes("sol-secret-media-media-proxmox"));
  });

  it("keeps credentials secret", () => {
    const { inputs } = get("sol-secret-media-media-proxmox");
    assert.deepEqual(inputs.stringData, {
      ...secretMark,
      value: { url: "https://pve01.example.net:8006", token: "capmox@pve!capi", secret: "canary" },
    });
    const others = tree.filter(({ name }) => !name.includes("-secret-"));
    assert.doesNotMatch(JSON.stringify(others), /canary/);
  });

  it("makes the VM template that machines are cloned from", () => {
    const { inputs } = get("sol-template-v1.11.5-376567988ad3");
    assert.equal(inputs.template, true);
    assert.equal(inputs.started, false);
    assert.deepEqual(inputs.tags, ["orrery-template", "v1.11.5-376567988ad3"]);
    assert.deepEqual(inputs.cdrom, { fileId: "files:iso/talos.iso", interface: "ide2" });
  });

  it("has machines replaced by a program of its own, after the objects or beside those that Git applies", async () => {
    const clusters = [planDownstreamCluster(exampleCluster("media", { replace: ["media-workers-x7k2p"] }))];
    for (const [delivery, after] of [
      ["direct", "sol-machinehealthcheck-media-workers"],
      ["git", "sol-media"],
    ] as const) {
      const command = (await register({ clusters, delivery })).find(({ name }) => name === "sol-media-replace");
      assert.equal(command?.inputs.create, "node components/downstream-clusters/lifecycle/replace.ts");
      assert.ok(command.dependsOn.includes(after), command.dependsOn.join(" "));
      const environment = JSON.stringify(command.inputs.environment);
      assert.ok(environment.includes(JSON.stringify(secretMark).slice(1, -1)), "the kubeconfig is a secret");
    }
  });

  it("writes a TenantCluster in place of the objects, after what makes its kind known", async () => {
    const clusters = [exampleCluster("media"), exampleCluster("dev")].map((args) => ({
      ...planDownstreamCluster(args),
      tenant: tenantCluster(args),
    }));
    const made = await register({ clusters, interfaces: [platformServiceDefinition()] });
    assert.deepEqual(
      namesOf(made).filter((name) => !namesOf(tree).includes(name)),
      [
        "sol-compositeresourcedefinition-platformservices.platform.orrery",
        "sol-tenantcluster-dev",
        "sol-tenantcluster-media",
      ],
    );
    assert.deepEqual(
      made.filter(({ type }) => type.includes("x-k8s.io")),
      [],
    );
    const media = made.find(({ name }) => name === "sol-tenantcluster-media");
    assert.equal(media?.retainOnDelete, true);
    for (const wanted of ["sol-media", "sol-secret-media-media-proxmox", "sol-compositeresourcedefinition-platform"]) {
      assert.ok(
        media.dependsOn.some((name) => name.startsWith(wanted)),
        `${wanted} in ${media.dependsOn.join(" ")}`,
      );
    }
    const { metadata } = media.inputs as { metadata: { annotations: Record<string, string> } };
    const mark = settledMark(tenantCluster(exampleCluster("media")));
    assert.equal(metadata.annotations["pulumi.com/waitFor"], JSON.stringify([`jsonpath={.status.settled}=${mark}`]));
    assert.ok(
      made.some(({ name, dependsOn }) => name === "sol-dev-autoscaler" && dependsOn.includes("sol-tenantcluster-dev")),
    );
  });

  it("leaves to Git what Git applies", async () => {
    assert.deepEqual(namesOf(await register({ delivery: "git" })), [
      "kubernetes",
      "sol",
      "sol-dev",
      "sol-dev-autoscaler",
      "sol-media",
      "sol-secret-dev-dev-harvester",
      "sol-secret-media-media-proxmox",
      "sol-template-v1.11.5-376567988ad3",
    ]);
  });
});
