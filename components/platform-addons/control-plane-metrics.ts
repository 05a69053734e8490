/**
 * Metrics of etcd, controller manager and scheduler.
 *
 * Facts: github.com/siderolabs/talos, v1.11.5: cluster.controllerManager, cluster.scheduler, cluster.etcd: extraArgs;
 * internal/app/machined/pkg/controllers/k8s/control_plane_static_pod.go: labels of its pods.
 */
import type { ClusterFacts, MachineRequirement } from "../facts.ts";
import type { Values } from "./addon.ts";

/**
 * The chart finds the pods of controller manager and scheduler by the labels that Talos gives them. etcd is no pod on Talos:
 * it is where the API servers are.
 */
export const controlPlaneTargets: Values = {
  kubeEtcd: { service: { selector: { component: "kube-apiserver" } } },
  // Cilium does its work.
  kubeProxy: { enabled: false },
};

/**
 * They listen on the loopback only by default. Both managers ask for a client's token all the same; etcd has an address
 * for its metrics and nothing else.
 */
export function controlPlaneListens({ addresses }: ClusterFacts): MachineRequirement {
  const ipv6 = addresses.nodeSubnets.some(({ family }) => family === "ipv6");
  const extraArgs = { "bind-address": ipv6 ? "::" : "0.0.0.0" };
  const etcd = { extraArgs: { "listen-metrics-urls": `http://${ipv6 ? "[::]" : "0.0.0.0"}:2381` } };
  return {
    nodes: "controlplane",
    patch: { cluster: { controllerManager: { extraArgs }, scheduler: { extraArgs }, etcd } },
    reason: "kube-prometheus-stack reads the metrics of controller manager, scheduler and etcd",
  };
}
