import assert from "node:assert/strict";
import { kubeRoute } from "../../../../components/downstream-clusters/kube-route.ts";
import { ClusterApi } from "../../../../lab/kubernetes/api.ts";
import { passEvents } from "../../../../lab/kubernetes/cluster-api/events.ts";
import { newCluster } from "../../../../lab/kubernetes/state.ts";
import type { KubernetesObject } from "../../../../lab/talos/interface.ts";
import { EngineRig } from "./engine-rig.ts";

const management = {
  apiVersion: "lib.projectsveltos.io/v1beta1",
  kind: "SveltosCluster",
  name: "mgmt",
  namespace: "mgmt",
};

describe("the way to capsule-proxy, with the lab's Sveltos", () => {
  /** A management cluster with what Sveltos is told, and a downstream cluster whose capsule-proxy has an address. */
  function happen(change: (objects: KubernetesObject[]) => void = () => {}, issuer?: string): ClusterApi {
    const { world, api: home } = new EngineRig();
    home.define({
      "lib.projectsveltos.io/v1beta1/EventSource": false,
      "lib.projectsveltos.io/v1beta1/EventTrigger": false,
      "networking.k8s.io/v1/Ingress": true,
      "discovery.k8s.io/v1/EndpointSlice": true,
    });
    for (const name of ["media", "mgmt"]) home.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
    home.state.workloads["Deployment.apps/projectsveltos/event-manager"] = {
      hostNetwork: true,
      needsLevel: "baseline",
      needsSecrets: [],
      readyAtMs: 0,
    };
    const { apiVersion, kind, name, namespace } = management;
    home.apply({ apiVersion, kind, metadata: { name, namespace } });
    const entry = { kind: "Ingress", parent: { name: "nginx" }, ...(issuer ? { issuer } : {}) } as const;
    const objects = kubeRoute("example.net", entry, management) as KubernetesObject[];
    change(objects);
    for (const object of objects) home.apply(object);
    const downstream = new ClusterApi(world, newCluster());
    downstream.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "capsule-system" } });
    const proxy = { name: "capsule-proxy", namespace: "capsule-system" };
    const service = downstream.create({ apiVersion: "v1", kind: "Service", metadata: proxy, spec: {} });
    service.status = { loadBalancer: { ingress: [{ ip: "10.10.50.17" }] } };
    const cluster = {
      apiVersion: "cluster.x-k8s.io/v1beta2",
      kind: "Cluster",
      metadata: { name: "media", namespace: "media", labels: { capsule: "true" } },
    };
    passEvents(world, home, cluster, downstream);
    return home;
  }

  it("is made in the management cluster, for the cluster that the Service is in", () => {
    const home = happen();
    const slice = home.get("discovery.k8s.io/v1", "EndpointSlice", "kube-media", "media");
    assert.deepEqual(slice?.endpoints, [{ addresses: ["10.10.50.17"] }]);
    const ingress = home.get("networking.k8s.io/v1", "Ingress", "kube-media", "media");
    assert.match(JSON.stringify(ingress?.spec), /"host":"kube\.media\.example\.net"/);
  });

  it("has a certificate of an issuer, or the default one of its controller", () => {
    const ingress = (issuer?: string) => {
      const home = happen(() => {}, issuer);
      const found = home.get("networking.k8s.io/v1", "Ingress", "kube-media", "media");
      return [found?.metadata.annotations, (found?.spec as { tls?: unknown } | undefined)?.tls];
    };
    const protocol = { "nginx.ingress.kubernetes.io/backend-protocol": "HTTPS" };
    const hosts = ["kube.media.example.net"];
    assert.deepEqual(ingress(), [protocol, [{ hosts }]], "it names no Secret that nobody makes");
    assert.deepEqual(ingress("cluster-ca"), [
      { ...protocol, "cert-manager.io/cluster-issuer": "cluster-ca" },
      [{ hosts, secretName: "kube-media-tls" }],
    ]);
  });

  it("is not made of a ConfigMap that is a template for the cluster that gets it", () => {
    const home = happen((objects) => {
      const map = objects.find(({ kind }) => kind === "ConfigMap");
      if (map) map.metadata.annotations = { "projectsveltos.io/template": "ok" };
    });
    assert.equal(home.get("networking.k8s.io/v1", "Ingress", "kube-media", "media"), undefined);
  });
});
