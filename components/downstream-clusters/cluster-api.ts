/**
 * Cluster API's own objects.
 *
 * Facts: github.com/kubernetes-sigs/cluster-api, v1.12.10: api/core/v1beta2/cluster_types.go, machinedeployment_types.go,
 * machinehealthcheck_types.go, common_types.go (annotations of the autoscaler; without `replicas` a MachineDeployment
 * starts with the smallest number), internal/controllers/machineset/machineset_controller.go (a template that only an old
 * MachineSet names may be gone).
 */
import type { KubernetesObject } from "../facts.ts";
import { clusterLabel, reference } from "./names.ts";
import type { DownstreamCluster } from "./plan.ts";

const apiVersion = "cluster.x-k8s.io/v1beta2";
const deploymentLabel = "cluster.x-k8s.io/deployment-name";
const autoscaler = "cluster.x-k8s.io/cluster-api-autoscaler-node-group";

/** Makes room on a node that goes, for so long at most. */
const drainTimeoutSeconds = 300;

/** The `Cluster`, with the labels that choose its add-ons. */
export function clusterObject(
  { name, config, addresses, selection }: DownstreamCluster,
  infrastructure: KubernetesObject,
  planes: KubernetesObject,
): KubernetesObject {
  return {
    apiVersion,
    kind: "Cluster",
    metadata: {
      name,
      namespace: name,
      labels: { [clusterLabel]: name, ...selection.labels, ...config.labels },
      ...(Object.keys(selection.annotations).length > 0 ? { annotations: selection.annotations } : {}),
    },
    spec: {
      clusterNetwork: {
        pods: { cidrBlocks: addresses.podSubnets },
        services: { cidrBlocks: addresses.serviceSubnets },
        serviceDomain: "cluster.local",
      },
      controlPlaneRef: reference(planes),
      infrastructureRef: reference(infrastructure),
    },
  };
}

/** The workers: a number of machines, or bounds for the autoscaler, which then decides the number. */
export function machineDeployment(
  { name, config, release }: DownstreamCluster,
  bootstrap: KubernetesObject,
  machineTemplate: KubernetesObject,
): KubernetesObject {
  const deployment = `${name}-workers`;
  const labels = { [clusterLabel]: name, [deploymentLabel]: deployment };
  const { workers } = config;
  const scaled = typeof workers === "number" ? undefined : workers;
  return {
    apiVersion,
    kind: "MachineDeployment",
    metadata: {
      name: deployment,
      namespace: name,
      labels: { [clusterLabel]: name },
      ...(scaled
        ? { annotations: { [`${autoscaler}-min-size`]: `${scaled.min}`, [`${autoscaler}-max-size`]: `${scaled.max}` } }
        : {}),
    },
    spec: {
      clusterName: name,
      ...(scaled ? {} : { replicas: workers }),
      selector: { matchLabels: labels },
      rollout: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
      template: {
        metadata: { labels },
        spec: {
          clusterName: name,
          version: `v${release.kubernetes}`,
          bootstrap: { configRef: reference(bootstrap) },
          infrastructureRef: reference(machineTemplate),
          deletion: { nodeDrainTimeoutSeconds: drainTimeoutSeconds },
        },
      },
    },
  };
}

/**
 * Replaces workers that are not ready. Not when too many are at once: then the mistake is somewhere else, and replacing
 * machines would make it worse. Control planes are left alone: Talos' provider does not take part in it.
 */
export function healthCheck({ name, config }: DownstreamCluster, deployment: KubernetesObject): KubernetesObject {
  const { workers, unhealthyAfterSeconds, startTimeoutSeconds } = config;
  const most = typeof workers === "number" ? workers : workers.max;
  const timeoutSeconds = unhealthyAfterSeconds;
  return {
    apiVersion,
    kind: "MachineHealthCheck",
    metadata: { name: deployment.metadata.name, namespace: name, labels: { [clusterLabel]: name } },
    spec: {
      clusterName: name,
      selector: { matchLabels: { [clusterLabel]: name, [deploymentLabel]: deployment.metadata.name } },
      checks: {
        nodeStartupTimeoutSeconds: startTimeoutSeconds,
        unhealthyNodeConditions: [
          { type: "Ready", status: "Unknown", timeoutSeconds },
          { type: "Ready", status: "False", timeoutSeconds },
        ],
      },
      remediation: { triggerIf: { unhealthyLessThanOrEqualTo: Math.max(1, Math.floor(most / 2)) } },
    },
  };
}
