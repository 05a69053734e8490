/**
 * Machines on Proxmox VE.
 *
 * Facts: github.com/ionos-cloud/cluster-api-provider-proxmox, v0.8.2: api/v1alpha2/proxmoxcluster_types.go,
 * proxmoxmachine_types.go, pkg/scope/cluster.go (keys of the credentials), internal/inject/inject.go (the configuration
 * comes in the drive ide0), docs/Usage.md, docs/advanced-setups.md (rights of the token, selection of templates by tags).
 */
import type { ExpectedSecret, KubernetesObject } from "../facts.ts";
import { secretPlaceholder } from "../facts.ts";
import { clusterLabel, namedByContent } from "./names.ts";
import type { DownstreamCluster, Infrastructure } from "./plan.ts";

const apiVersion = "infrastructure.cluster.x-k8s.io/v1alpha2";

/** VM ids that a cluster has: 25 of the management cluster's thousand, from 501 on. */
const vmIdsPerCluster = 25;
const firstVmNumber = 501;

/** The VM ids of a downstream cluster. */
export function vmIdRange(managementId: number, id: number): { start: number; end: number } {
  const start = managementId * 1000 + firstVmNumber + (id - 1) * vmIdsPerCluster;
  return { start, end: start + vmIdsPerCluster - 1 };
}

/** What the provider for Proxmox is told. */
export function proxmoxInfrastructure(args: DownstreamCluster): Infrastructure {
  const { name } = args;
  const secret = credentials(args);
  return {
    cluster: {
      apiVersion,
      kind: "ProxmoxCluster",
      metadata: { name, namespace: name, labels: { [clusterLabel]: name } },
      spec: clusterSpec(args, secret.name),
    },
    controlPlaneTemplate: machineTemplate(args, "control-plane"),
    workerTemplate: machineTemplate(args, "workers"),
    secret,
    installDisk: "/dev/sda",
  };
}

function clusterSpec({ addresses, hosts, dnsServers }: DownstreamCluster, credentialsName: string) {
  const [subnet] = addresses.nodeSubnets;
  const { first, last } = addresses.nodeRange;
  return {
    controlPlaneEndpoint: { host: addresses.vip, port: 6443 },
    ipv4Config: {
      addresses: [`${first}-${last}`],
      prefix: Number(subnet?.cidr.split("/")[1]),
      gateway: subnet?.gateway,
    },
    dnsServers,
    allowedNodes: hosts,
    credentialsRef: { name: credentialsName },
  };
}

function machineTemplate(args: DownstreamCluster, role: "control-plane" | "workers"): KubernetesObject {
  const { name, config, addresses, managementId, templateTags, storage } = args;
  return namedByContent({
    apiVersion,
    kind: "ProxmoxMachineTemplate",
    metadata: { name: `${name}-${role}`, namespace: name, labels: { [clusterLabel]: name } },
    spec: {
      template: {
        spec: {
          templateSelector: { matchTags: templateTags },
          full: true,
          format: "raw",
          storage,
          numSockets: 1,
          numCores: config.cores,
          memoryMiB: config.memoryMiB,
          disks: { bootVolume: { disk: "scsi0", sizeGb: config.diskGiB } },
          network: {
            networkDevices: [
              {
                name: "net0",
                bridge: addresses.bridge,
                model: "virtio",
                mtu: addresses.mtu,
                vlan: addresses.vlanId,
                defaultIPv4: true,
              },
            ],
          },
          vmIDRange: vmIdRange(managementId, config.id),
          // Talos has neither cloud-init nor, in every image, the guest agent: neither tells that a machine is there.
          checks: { skipCloudInitStatus: true, skipQemuGuestAgent: true },
          metadataSettings: { providerIDInjection: true },
          tags: ["talos", name, role],
        },
      },
    },
  });
}

function credentials({ name, downstream }: DownstreamCluster): ExpectedSecret {
  const { url = "", tokenId = "" } = downstream.proxmox ?? {};
  return {
    configKey: "downstreamProxmoxToken",
    description: `secret of the Proxmox API token ${tokenId}, with which Cluster API makes VMs`,
    name: `${name}-proxmox`,
    namespace: name,
    keys: { url, token: tokenId, secret: secretPlaceholder },
    labels: { [clusterLabel]: name },
  };
}
