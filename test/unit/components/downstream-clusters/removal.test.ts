import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { tenantCluster } from "../../../../components/downstream-clusters/crossplane/tenant-cluster.ts";
import { type DownstreamPlan, planDownstreamCluster } from "../../../../components/downstream-clusters/plan.ts";
import { type RemovalHooks, removalHooks } from "../../../../components/downstream-clusters/removal.ts";
import type { AddonPlan } from "../../../../components/platform-addons/addon.ts";
import { runMocked } from "../../../support/mocks.ts";
import { exampleCluster } from "./example.ts";

type Delivery = "direct" | "git";
type Inputs = { kind: string; metadata: object };

describe("hooks before downstream clusters are deleted", () => {
  const path = process.env.PATH;
  const folder = mkdtempSync(join(tmpdir(), "removal-test-"));
  const plan = planDownstreamCluster(exampleCluster("media"));
  const profiles = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "profiles", namespace: "projectsveltos" } };
  afterEach(() => {
    process.env.PATH = path;
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Puts a kubectl first on the PATH. */
  function kubectl(script: string): void {
    const file = join(folder, "kubectl");
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    process.env.PATH = [folder, path].join(delimiter);
  }

  async function hooks(
    delivery: Delivery,
    clusters: DownstreamPlan[] = [plan],
    addons: AddonPlan[] = [],
  ): Promise<RemovalHooks> {
    const program = () =>
      removalHooks("sol", {
        downstream: { clusters, platform: [profiles], interfaces: [], delivery },
        addons,
        kubeconfig: pulumi.secret("kubeconfig"),
        component: new pulumi.ComponentResource("orrery:index:PlatformAddons", "sol"),
      });
    return (await runMocked(program, {}, "sol")).result;
  }

  const urnOf = ({ kind, metadata }: Inputs) =>
    `urn:pulumi:sol::orrery::orrery:index:DownstreamClusters$kubernetes:group/v1:${kind}::sol-${kind.toLowerCase()}-${(metadata as { name: string }).name}`;

  /** Runs the hooks of an object in their order. */
  async function run(bindings: pulumi.ResourceHookBinding, inputs: Inputs): Promise<void> {
    for (const hook of bindings.beforeDelete ?? []) {
      assert.ok(hook instanceof pulumi.ResourceHook);
      await hook.callback({ urn: urnOf(inputs), oldInputs: inputs } as unknown as pulumi.ResourceHookArgs);
    }
  }

  const workers = plan.steps.flat().find(({ kind }) => kind === "MachineDeployment") as unknown as Inputs;

  it("delete nothing that Git is to apply, and say what to let Pulumi forget", async () => {
    const { object, cluster } = await hooks("git");
    const head = "kubernetes:cluster.x-k8s.io/v1beta2:Cluster::sol-cluster-media";
    const forget = (urn: string) => `let Pulumi forget it instead: pulumi state delete '${urn}' --target-dependents`;
    const loss = "would go, and with a cluster all of its machines, before Git has brought it";
    await assert.rejects(run(object, workers), {
      message: `the MachineDeployment media-workers ${loss}; ${forget(`urn:pulumi:sol::orrery::orrery:index:DownstreamClusters$${head}`)}`,
    });
    await assert.rejects(run(object, profiles), {
      message: `the ConfigMap profiles ${loss}; ${forget(urnOf(profiles))}`,
    });
    await assert.rejects(run(cluster, plan.cluster as unknown as Inputs), { message: /^the Cluster media would go/ });
  });

  it("delete what neither Git nor the stack file has, and what Pulumi applies", async () => {
    const old = { kind: "MachineDeployment", metadata: { name: "old-workers", namespace: "old" } };
    await run((await hooks("git")).object, old);
    await run((await hooks("direct")).object, workers);
  });

  const tenant = tenantCluster(exampleCluster("media")) as unknown as Inputs;
  const asTenant = { ...plan, tenant: tenantCluster(exampleCluster("media")) };

  /** A kubectl that notes what it is told, and answers what it is asked by the words of the question. */
  function answering(answers: Record<string, string>): () => string[] {
    const log = join(folder, "log");
    writeFileSync(log, "");
    const cases = Object.entries(answers).map(([words, answer]) => `*"${words}"*) echo '${answer}';;`);
    kubectl(`shift 2; echo "$*" >> ${log}; case "$*" in ${cases.join(" ")} esac`);
    return () => readFileSync(log, "utf8").trim().split("\n");
  }

  /** An object that Pulumi has applied, and perhaps others, as kubectl lists it. */
  function owned(...others: string[]): string {
    const managers = ["pulumi-kubernetes-1a2b3c4d", ...others].map((manager) => ({ manager, operation: "Apply" }));
    const managedFields = [...managers, { manager: "manager", operation: "Update" }];
    return JSON.stringify({
      items: [
        {
          apiVersion: "cluster.x-k8s.io/v1beta2",
          kind: "X",
          metadata: { name: "m", namespace: "media", managedFields },
        },
      ],
    });
  }

  it("leave a cluster alone that is only written in another way", async () => {
    const asked = answering({
      "get clusters": owned("provider-kubernetes/cluster-media"),
      "get machinedeployments": owned(),
    });
    await run((await hooks("direct", [asTenant])).cluster, plan.cluster as unknown as Inputs);
    assert.deepEqual(
      asked().map((line) => line.replace(/--(patch-file|filename) .*/, "")),
      [
        "patch tenantclusters.platform.orrery media --namespace media --type merge ",
        "get clusters.cluster.x-k8s.io --namespace media --show-managed-fields --output json",
        "apply --server-side --field-manager=pulumi-kubernetes-1a2b3c4d ",
        "get machinedeployments.cluster.x-k8s.io --namespace media --show-managed-fields --output json",
      ],
      "nothing is given up where nobody else has applied it",
    );
  });

  it("delete a TenantCluster only when Crossplane has let go of the cluster that stays", async () => {
    const wrapper = (managementPolicies: string[]) =>
      JSON.stringify({
        items: [{ metadata: { labels: { "crossplane.io/composite": "media" } }, spec: { managementPolicies } }],
      });
    const asked = answering({
      "get objects": wrapper(["Observe"]),
      "get clusters": owned("provider-kubernetes/cluster-media"),
      "get machinedeployments": owned(),
    });
    await run((await hooks("direct")).tenant, tenant);
    assert.deepEqual(
      asked().map((line) => line.split(" ").slice(0, 3).join(" ")),
      [
        "patch tenantclusters.platform.orrery media",
        "get objects.kubernetes.m.crossplane.io --namespace",
        "delete tenantclusters.platform.orrery media",
        "get clusters.cluster.x-k8s.io --namespace",
        "apply --server-side --field-manager=provider-kubernetes/cluster-media",
        "get machinedeployments.cluster.x-k8s.io --namespace",
      ],
    );
    process.env.ORRERY_POLL_INTERVAL_MS = "1";
    const without = answering({ "get objects": wrapper(["*"]) });
    await assert.rejects(run((await hooks("direct")).tenant, tenant), {
      message: /Crossplane has not let go of the cluster after 300 seconds; nothing was deleted$/,
    });
    delete process.env.ORRERY_POLL_INTERVAL_MS;
    assert.ok(without().every((line) => !line.startsWith("delete")));
  });

  it("delete the TenantCluster of a cluster that goes, and wait for its machines", async () => {
    const asked = answering({
      "get tenantclusters": "tenantcluster.platform.orrery/media",
      "wait tenantclusters": "met",
    });
    await run((await hooks("direct", [])).tenant, tenant);
    assert.ok(
      asked().includes(
        "delete tenantclusters.platform.orrery media --namespace media --ignore-not-found --cascade=foreground --wait=false",
      ),
    );
  });

  it("delete no cluster that Git still has, because its engine would make it and its machines anew", async () => {
    const engines = [{ name: "argocd", provides: ["delivery:argocd"], objects: [] }] as unknown as AddonPlan[];
    const resource = { group: "cluster.x-k8s.io", kind: "Cluster", namespace: "media", name: "media" };
    const application = (resources: object[]) =>
      JSON.stringify({
        items: [
          {
            apiVersion: "argoproj.io/v1alpha1",
            kind: "Application",
            metadata: { name: "apps", namespace: "argocd" },
            status: { resources },
          },
        ],
      });
    const asked = answering({ "get applications": application([resource]), "get clusters": "cluster/media" });
    const { cluster } = await hooks("direct", [], engines);
    await assert.rejects(run(cluster, plan.cluster as unknown as Inputs), {
      message:
        "the Cluster media/media is still in Git, and Argo CD would make it anew, because the Application argocd/apps applies it: take it out of the repository (npm run fleet -- render sol --to <folder> --taken-back, then commit and push), and run this again when Argo CD has read that",
    });
    assert.ok(!asked().some((line) => line.startsWith("delete")));
    const again = answering({
      "get applications": application([{ ...resource, requiresPruning: true }]),
      "get clusters": "cluster/media",
      "wait clusters": "met",
    });
    await run((await hooks("direct", [], engines)).cluster, plan.cluster as unknown as Inputs);
    assert.ok(again().some((line) => line.startsWith("delete clusters.cluster.x-k8s.io media")));
  });

  it("do not take a definition away from those who use it", async () => {
    const definition = { kind: "CompositeResourceDefinition", metadata: { name: "tenantclusters.platform.orrery" } };
    answering({ "get tenantclusters": JSON.stringify({ items: [{ metadata: { name: "lab", namespace: "lab" } }] }) });
    await assert.rejects(run((await hooks("direct")).definition, definition), {
      message:
        /^the definition tenantclusters\.platform\.orrery was not deleted: lab\/lab would go with it; delete them first/,
    });
    const asked = answering({ "get tenantclusters": JSON.stringify({ items: [] }) });
    await run((await hooks("direct")).definition, definition);
    assert.ok(
      asked().some((line) => line.startsWith("delete compositeresourcedefinitions.apiextensions.crossplane.io")),
    );
  });

  it("tell the way out when the management cluster is lost", async () => {
    kubectl(`echo "Unable to connect to the server: dial tcp: no route to host" >&2; exit 1`);
    const { cluster } = await hooks("direct");
    await assert.rejects(run(cluster, plan.cluster as unknown as Inputs), {
      message: `cluster media was not deleted: Unable to connect to the server: dial tcp: no route to host; when the management cluster is lost, delete the VMs of media by hand and let Pulumi forget it: pulumi state delete '${urnOf(plan.cluster as unknown as Inputs)}' --target-dependents`,
    });
  });

  it("keep a namespace, and the credentials in it, while somebody else's cluster is there", async () => {
    const { namespace } = await hooks("git");
    const objects = [
      { kind: "Namespace", metadata: { name: "media" } },
      { kind: "Secret", metadata: { name: "media-proxmox", namespace: "media" } },
    ];
    kubectl(
      `echo "$@" | grep -q "get clusters.cluster.x-k8s.io media --namespace media" && echo cluster.cluster.x-k8s.io/media`,
    );
    for (const inputs of objects) {
      const message = /^nothing in the namespace media was deleted: the cluster media is still there, /;
      await assert.rejects(run(namespace, inputs), { message });
    }
    kubectl("exit 0");
    for (const inputs of objects) await run(namespace, inputs);
    kubectl(`echo "error: the server doesn't have a resource type \\"clusters\\"" >&2; exit 1`);
    for (const inputs of objects) await run(namespace, inputs);
  });
});
