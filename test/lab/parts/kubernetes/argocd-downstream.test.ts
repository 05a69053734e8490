import assert from "node:assert/strict";
import { parse } from "yaml";
import { ClusterApi } from "../../../../lab/kubernetes/api.ts";
import { argocdFor } from "../../../../lab/kubernetes/engines/argocd.ts";
import { objectsOf, sveltosFor } from "../../../../lab/kubernetes/engines/sveltos.ts";
import { instantiate } from "../../../../lab/kubernetes/engines/template.ts";
import { deliverInto } from "../../../../lab/kubernetes/engines.ts";
import { newCluster } from "../../../../lab/kubernetes/state.ts";
import { refreshWorkloads } from "../../../../lab/kubernetes/workloads.ts";
import type { KubernetesObject } from "../../../../lab/talos/interface.ts";
import type { Downstream } from "../../../../stacks/downstream.ts";
import { planCluster } from "../../../../stacks/plan.ts";
import { testCluster, testShared } from "../../../support/site.ts";
import { TestRepository } from "../../support/repository.ts";
import { EngineRig } from "./engine-rig.ts";
import { nodeOf } from "./rig.ts";

/** What `sol` plans for a cluster `media` with a part of the catalogue. */
function planned(platform: "argocd" | "sveltos"): Downstream {
  const addons = {
    "cert-manager": true,
    "cluster-api-operator": true,
    "external-secrets": true,
    sveltos: true,
    argocd: { settings: { repository: { url: TestRepository.url } } },
  };
  const labels = { "cert-manager": "true", "metrics-server": "true", coredns: "true" };
  const proxmox = { url: "https://pve01.example.net:8006" };
  const downstream = { proxmox, platform, clusters: { media: { id: 1, labels } } };
  const files = { shared: testShared(), clusters: { sol: testCluster({ addons, downstream }) } };
  return planCluster("sol", files).downstream ?? assert.fail();
}

/** What the Secret looks like by which Argo CD knows a cluster. */
function secretOf({ registration }: Downstream["clusters"][number]): { metadata: object } {
  const wish = registration.find(({ kind }) => kind === "ExternalSecret")?.spec as { target: { template: never } };
  return wish.target.template;
}

/** A management cluster with a downstream cluster in which nothing runs yet. */
class DownstreamRig extends EngineRig {
  readonly media = new ClusterApi(this.world, newCluster());
  readonly git: TestRepository;

  constructor() {
    const git = new TestRepository();
    super(git.repositories, (name) => (name === "media" && this.isRegistered ? this.media : undefined));
    this.git = git;
    this.namespace("media");
    this.api.define({
      "cluster.x-k8s.io/v1beta2/Cluster": true,
      "external-secrets.io/v1/ClusterSecretStore": false,
      "external-secrets.io/v1/ExternalSecret": true,
    });
    const running = { hostNetwork: true, needsLevel: "baseline", needsSecrets: [], readyAtMs: 0 };
    this.api.state.workloads["Deployment.apps/external-secrets/external-secrets"] = running;
  }

  get isRegistered(): boolean {
    return this.api.get("v1", "Secret", "cluster-media", "argocd") !== undefined;
  }

  /** What Cluster API writes when the control plane is there. */
  writeKubeconfig(): void {
    const metadata = { name: "media-kubeconfig", namespace: "media" };
    this.apply({ apiVersion: "v1", kind: "Secret", metadata, stringData: { value: "apiVersion: v1" } });
  }

  override async pass(seconds: number): Promise<void> {
    const cluster = this.api.get("cluster.x-k8s.io/v1beta2", "Cluster", "media", "media");
    for (let at = 0; at < seconds; at += 5) {
      await super.pass(5);
      refreshWorkloads(this.world, this.media, [nodeOf("media-control-plane-1", "controlplane")]);
      for (const engine of cluster ? sveltosFor(cluster, this.api) : []) {
        deliverInto(this.world, this.media, engine, this.api);
      }
      if (this.isRegistered) deliverInto(this.world, this.media, argocdFor("media"), this.api);
    }
  }

  uids(): Record<string, unknown> {
    const kept = /^(Deployment|DaemonSet|ClusterIssuer|Certificate|CiliumLoadBalancerIPPool)\./;
    const entries = Object.entries(this.media.state.objects).filter(([key]) => kept.test(key));
    return Object.fromEntries(entries.map(([key, { metadata }]) => [key, metadata.uid]));
  }
}

describe("the platform of a downstream cluster by Argo CD", () => {
  const argo = planned("argocd");
  const [media] = argo.clusters;
  assert.ok(media);
  let rig: DownstreamRig;
  beforeEach(() => {
    rig = new DownstreamRig();
  });
  afterEach(() => rig.git.remove());

  function applyAll(): void {
    rig.apply(...argo.platform, ...(media?.registration ?? []));
    rig.git.push(argo.files);
  }

  const applications = () => (rig.api.list("applications.argoproj.io") ?? []).map(({ metadata }) => metadata.name);
  const registered = () =>
    rig.api.get("external-secrets.io/v1", "ExternalSecret", "cluster-media", "argocd")?.status as {
      conditions: { status: string; message: string }[];
    };

  it("comes when the cluster has a kubeconfig, by its labels and with its own addresses", async () => {
    applyAll();
    await rig.pass(10);
    assert.deepEqual([applications(), registered().conditions[0]?.status], [[], "False"]);
    rig.writeKubeconfig();
    await rig.pass(300);
    assert.equal(registered().conditions[0]?.message, "secret synced");
    assert.deepEqual(
      applications().filter((name) => rig.application(name).health.status !== "Healthy"),
      [],
      JSON.stringify(applications().map((name) => rig.application(name))),
    );
    assert.deepEqual(applications(), [
      "media-cert-manager",
      "media-cert-manager-objects",
      "media-cilium",
      "media-cilium-objects",
      "media-coredns",
      "media-gateway-api",
      "media-kubelet-csr-approver",
      "media-metrics-server",
    ]);
    const pool = rig.media.get("cilium.io/v2", "CiliumLoadBalancerIPPool", "default");
    assert.match(JSON.stringify(pool?.spec), /"blocks":\[\{"cidr":"10\.10\.50\.16\/28"\}\]/);
    const bgp = rig.media.get("cilium.io/v2", "CiliumBGPClusterConfig", "cluster");
    assert.match(JSON.stringify(bgp?.spec), /"localASN":4220101001/);
    assert.deepEqual(rig.media.get("v1", "Namespace", "cert-manager")?.metadata.labels, {
      "pod-security.kubernetes.io/enforce": "restricted",
    });
    assert.equal(
      rig.api.get("apps/v1", "Deployment", "cert-manager", "cert-manager"),
      undefined,
      "nothing of it is in sol",
    );
  });

  it("needs the right to read the kubeconfig", async () => {
    applyAll();
    rig.writeKubeconfig();
    rig.api.delete("rbac.authorization.k8s.io/v1", "RoleBinding", "media-registration", "media");
    await rig.pass(10);
    assert.equal(registered().conditions[0]?.message, "client is not allowed to get secrets");
  });

  it("stays in a cluster that is registered no more", async () => {
    applyAll();
    rig.writeKubeconfig();
    await rig.pass(300);
    const before = rig.uids();
    rig.api.delete("external-secrets.io/v1", "ExternalSecret", "cluster-media", "argocd");
    await rig.pass(10);
    assert.deepEqual([applications(), rig.isRegistered], [[], false]);
    assert.deepEqual(rig.uids(), before);
  });

  it("has the same values as by Sveltos, but for certificates that Helm would make anew each time", () => {
    const sveltos = planned("sveltos");
    const cluster = sveltos.clusters[0]?.cluster as unknown as KubernetesObject;
    const ready = { ...cluster, spec: { ...(cluster.spec as object), controlPlaneEndpoint: { host: "10.10.40.16" } } };
    rig.apply(...sveltos.platform);
    const { metadata } = secretOf(media);
    let compared = 0;
    for (const set of argo.platform) {
      const { template } = (set.spec ?? {}) as { template?: { spec: { source: { helm: { values?: string } } } } };
      const values = template?.spec.source.helm.values;
      if (values === undefined) continue;
      const own = parse(instantiate(values, { name: "media", metadata }));
      const reference = { kind: "ConfigMap", name: `${set.metadata.name}-values`, namespace: "projectsveltos" };
      const [other] = objectsOf(reference, ready, rig.api) as unknown as (typeof own)[];
      if (set.metadata.name === "downstream-cilium") {
        assert.deepEqual([own.hubble.tls.auto.method, other.hubble.tls.auto.method], ["cronJob", "helm"]);
        delete own.hubble.tls;
        delete other.hubble.tls;
      }
      assert.deepEqual(own, other, set.metadata.name);
      compared += 1;
    }
    assert.ok(compared >= 5, `${compared}`);
  });

  it("takes over from Sveltos, and nothing is made anew", async () => {
    const sveltos = planned("sveltos");
    const cluster = sveltos.clusters[0]?.cluster as unknown as KubernetesObject;
    const spec = { ...(cluster.spec as object), controlPlaneEndpoint: { host: "10.10.40.16" } };
    rig.apply({ ...cluster, spec }, ...sveltos.platform);
    await rig.pass(300);
    const before = rig.uids();
    assert.ok(Object.keys(before).length > 8, Object.keys(before).join());
    for (const { apiVersion, kind, metadata } of sveltos.platform) {
      rig.api.delete(apiVersion, kind, metadata.name, metadata.namespace);
    }
    applyAll();
    rig.writeKubeconfig();
    await rig.pass(300);
    assert.ok(applications().length > 5);
    assert.deepEqual(rig.uids(), before);
  });
});
