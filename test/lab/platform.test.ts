import assert from "node:assert/strict";
import { changed } from "./support/judge.ts";
import { TestSite } from "./support/site.ts";

const gateway = { name: "public", namespace: "envoy-gateway-system" };
const login = { issuer: "https://auth.luna.example.net", clientId: "client" };
const vault = { url: "https://openbao-active.openbao.svc:8200", authoritySecret: "cluster-ca" };

/** Identities, secrets, mesh, monitoring and storage of one platform, tied together. */
const addons = {
  argocd: {
    settings: { repository: { url: "https://git.example.net/clusters.git", layout: "folders" }, login },
  },
  "argocd-agent": { settings: { principal: "argocd-agent.sol.example.net" } },
  "argocd-agent-principal": true,
  "cert-manager": { settings: { vault } },
  "cloudnative-pg": true,
  coredns: true,
  "envoy-gateway": { settings: { gateway: { issuer: "cluster-ca" } } },
  "external-dns-powerdns": { settings: { url: "http://powerdns-api.powerdns:8081" } },
  "external-secrets": {
    settings: { vault, infisical: { clientId: "id", project: "platform", environment: "prod" } },
  },
  "istio-base": true,
  "istio-cni": true,
  "istio-ztunnel": true,
  istiod: true,
  "kube-prometheus-stack": {
    settings: {
      login,
      receive: { gateway },
      alerts: { receivers: { ops: { type: "webhook" } }, default: "ops", watchdog: "ops" },
    },
  },
  minio: { settings: { gateway, buckets: [{ name: "backups" }] } },
  "network-policies": true,
  openbao: { settings: { selfSetUp: { clusters: ["luna", "sol"] } } },
  powerdns: { settings: { zones: ["luna.example.net"] } },
  "proxmox-csi": {
    settings: {
      url: "https://pve01.example.net:8006/api2/json",
      storageClasses: [{ name: "fast", storage: "rbd-vm", default: true }],
    },
  },
  zitadel: { settings: { gateway } },
};

/** What runs when all of it does. */
const workloads = `Deployment.apps/argocd/argocd-agent Deployment.apps/argocd/argocd-agent-principal
  DaemonSet.apps/istio-system/istio-cni-node DaemonSet.apps/istio-system/ztunnel
  Deployment.apps/istio-system/istiod Deployment.apps/openbao/openbao-agent-injector
  Deployment.apps/zitadel/zitadel Deployment.apps/zitadel/zitadel-login StatefulSet.apps/minio/minio
  StatefulSet.apps/openbao/openbao`.split(/\s+/);

describe("a platform in the lab", () => {
  const site = new TestSite();
  after(() => site.remove());

  function kubernetes() {
    const [cluster] = Object.values(site.world().parts.kubernetes?.clusters ?? {});
    assert.ok(cluster);
    return cluster;
  }

  it("comes up as a whole", async () => {
    site.edit("luna", (config) => {
      config.addons = addons;
      config.domain = "luna.example.net";
      config.controlPlanes = { count: 1 };
      config.workers = { wk: { count: 2 } };
      // OpenBAO wants three nodes.
      config.machine = { scheduleOnControlPlanes: true };
    });
    await site.succeed("up luna");
    const { workloads: present, objects } = kubernetes();
    for (const workload of workloads) assert.ok(present[workload]?.readyAtMs !== undefined, workload);
    for (const object of [
      "ClusterIssuer.cert-manager.io//vault",
      "ClusterSecretStore.external-secrets.io//vault",
      "Cluster.postgresql.cnpg.io/zitadel/zitadel-database",
      "Cluster.postgresql.cnpg.io/powerdns/powerdns-database",
      "ConfigMap./openbao/openbao-set-up",
      "Deployment.apps/powerdns/powerdns",
      "CiliumClusterwideNetworkPolicy.cilium.io//default-deny",
      "CiliumClusterwideNetworkPolicy.cilium.io//mesh-probes",
      "SecurityPolicy.gateway.envoyproxy.io/monitoring/metrics-receiver",
      "ApplicationSet.argoproj.io/argocd/apps",
    ]) {
      assert.ok(objects[object], object);
    }
  });

  it("has what comes before a chart in the cluster before the chart", () => {
    const records = site.recordsSince(0);
    const at = (kind: string, subject: string) =>
      records.findIndex((record) => record.kind === kind && record.subject === subject);
    for (const [before, after] of [
      ["zitadel/zitadel-database", "zitadel/zitadel"],
      ["openbao/openbao-server", "openbao/openbao"],
    ] as const) {
      assert.ok(at("kubernetes.create", before) >= 0, before);
      assert.ok(at("kubernetes.create", before) < at("helm.install", after), `${before} before ${after}`);
    }
  });

  it("gives the network back to Cilium alone when the mesh goes, DNS to Talos, and changes nothing else", async () => {
    const dns = () => kubernetes().workloads["Deployment.apps/kube-system/coredns"];
    const before = dns();
    assert.ok(before);
    site.edit("luna", (config) => {
      const gone = ["coredns", "istio-base", "istio-cni", "istio-ztunnel", "istiod"];
      config.addons = Object.fromEntries(Object.entries(addons).filter(([name]) => !gone.includes(name)));
    });
    const { luna } = await site.succeed("up luna --only");
    assert.deepEqual(changed(luna, "update"), [
      // Pods in the mesh's namespace, which is gone, came in as the platform's.
      "CiliumClusterwideNetworkPolicy luna-network-policies-ciliumclusterwidenetworkpolicy-default-deny",
      "ConfigurationApply lunacp01",
      "Release luna-cilium",
    ]);
    assert.deepEqual([changed(luna, "create"), changed(luna, "replace")], [[], []]);
    assert.deepEqual(changed(luna, "delete"), [
      "CiliumClusterwideNetworkPolicy luna-network-policies-ciliumclusterwidenetworkpolicy-mesh-probes",
      "Namespace luna-namespace-istio-system",
      "Release luna-coredns",
      "Release luna-istio-base",
      "Release luna-istio-cni",
      "Release luna-istio-ztunnel",
      "Release luna-istiod",
    ]);
    assert.deepEqual(dns(), before);
  });
});
