/**
 * Machines on Harvester.
 *
 * Facts: github.com/rancher-sandbox/cluster-api-provider-harvester, v0.10.1: api/v1beta1/harvestercluster_types.go,
 * harvestermachine_types.go, docs/compatibility.md (Cluster API 1.12, Harvester 1.8), docs/troubleshooting.md (the
 * provider itself writes the provider id on nodes).
 */
import type { ExpectedSecret, KubernetesObject } from "../facts.ts";
import { secretPlaceholder } from "../facts.ts";
import { clusterLabel, namedByContent } from "./names.ts";
import type { DownstreamCluster, Infrastructure } from "./plan.ts";

const apiVersion = "infrastructure.cluster.x-k8s.io/v1beta1";

/** What the provider for Harvester is told. */
export function harvesterInfrastructure(args: DownstreamCluster): Infrastructure {
  const { name } = args;
  const secret = identity(args);
  return {
    cluster: {
      apiVersion,
      kind: "HarvesterCluster",
      metadata: { name, namespace: name, labels: { [clusterLabel]: name } },
      spec: clusterSpec(args, secret),
    },
    controlPlaneTemplate: machineTemplate(args, "control-plane"),
    workerTemplate: machineTemplate(args, "workers"),
    secret,
    installDisk: "/dev/vda",
  };
}

function clusterSpec({ name, addresses, dnsServers, downstream }: DownstreamCluster, secret: ExpectedSecret) {
  const { server = "", namespace = "", network = "" } = downstream.harvester ?? {};
  const { first, last } = addresses.nodeRange;
  const [subnet] = addresses.nodeSubnets;
  const pool = { vmNetwork: network, subnet: subnet?.cidr, gateway: subnet?.gateway };
  return {
    server,
    targetNamespace: namespace,
    identitySecret: { namespace: secret.namespace, name: secret.name },
    // One address: the API has it whatever becomes of the load balancer.
    loadBalancerConfig: {
      ipamType: "pool",
      ipPool: { ...pool, rangeStart: addresses.vip, rangeEnd: addresses.vip },
      listeners: [],
      description: `Kubernetes API of ${name}`,
    },
    vmNetworkConfig: {
      ipPool: { ...pool, rangeStart: first, rangeEnd: last },
      gateway: subnet?.gateway,
      subnetMask: maskOf(Number(subnet?.cidr.split("/")[1])),
      dnsServers,
    },
  };
}

function machineTemplate(args: DownstreamCluster, role: "control-plane" | "workers"): KubernetesObject {
  const { name, config, releaseName, downstream } = args;
  const { network = "", images = {}, sshKeyPair = "" } = downstream.harvester ?? {};
  return namedByContent({
    apiVersion,
    kind: "HarvesterMachineTemplate",
    metadata: { name: `${name}-${role}`, namespace: name, labels: { [clusterLabel]: name } },
    spec: {
      template: {
        spec: {
          cpu: config.cores,
          memory: `${config.memoryMiB}Mi`,
          // Asked for by the provider, and without meaning for Talos.
          sshUser: "talos",
          sshKeyPair,
          networks: [network],
          volumes: [
            { volumeType: "image", imageName: images[releaseName], volumeSize: `${config.diskGiB}Gi`, bootOrder: 1 },
          ],
          firmware: { efi: true },
        },
      },
    },
  });
}

function identity({ name }: DownstreamCluster): ExpectedSecret {
  return {
    configKey: "downstreamHarvesterKubeconfig",
    description: "kubeconfig of Harvester, with which Cluster API makes VMs",
    name: `${name}-harvester`,
    namespace: name,
    keys: { kubeconfig: secretPlaceholder },
    labels: { [clusterLabel]: name },
  };
}

/** `255.255.255.0` for 24. */
function maskOf(prefixLength: number): string {
  const bits = "1".repeat(prefixLength).padEnd(32, "0");
  return [0, 8, 16, 24].map((at) => Number.parseInt(bits.slice(at, at + 8), 2)).join(".");
}
