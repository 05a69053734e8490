/**
 * Machine configurations by Talos' own providers for Cluster API.
 *
 * Facts: github.com/siderolabs/cluster-api-control-plane-provider-talos, v0.5.12: api/v1alpha3/taloscontrolplane_types.go,
 * README.md (Talos 1.3 to 1.12, Kubernetes 1.26 to 1.35). github.com/siderolabs/cluster-api-bootstrap-provider-talos,
 * v0.6.12: api/v1alpha3/talosconfig_types.go, README.md (JSON patches do not go with Talos 1.12), controllers/ (pod and
 * service ranges are the Cluster's). github.com/siderolabs/talos-cloud-controller-manager, v1.12.0: docs/install.md.
 */
import { stringify } from "yaml";
import type { KubernetesObject } from "../facts.ts";
import { clusterLabel, namedByContent } from "./names.ts";
import type { DownstreamCluster, Infrastructure } from "./plan.ts";

const cloudControllerManager =
  "https://raw.githubusercontent.com/siderolabs/talos-cloud-controller-manager/v1.12.0/docs/deploy/cloud-controller-manager.yml";

/** Tells on a node which renewal of the cluster's machines it came with. */
const renewalAnnotation = "orrery/renewal";

/** The control planes; a change of version, template or configuration replaces them one by one. */
export function controlPlane(args: DownstreamCluster, infrastructure: Infrastructure): KubernetesObject {
  const { name, config, release } = args;
  const { apiVersion, kind, metadata } = infrastructure.controlPlaneTemplate;
  return {
    apiVersion: "controlplane.cluster.x-k8s.io/v1alpha3",
    kind: "TalosControlPlane",
    metadata: { name: `${name}-control-plane`, namespace: name, labels: { [clusterLabel]: name } },
    spec: {
      version: `v${release.kubernetes}`,
      replicas: config.controlPlanes,
      infrastructureTemplate: { apiVersion, kind, name: metadata.name, namespace: name },
      controlPlaneConfig: {
        controlplane: {
          generateType: "controlplane",
          ...generated(args, "controlplane", [...commonPatches(args, infrastructure), ...controlPlanePatches(args)]),
        },
      },
      rolloutStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } },
    },
  };
}

/** The configuration of the workers. */
export function workerConfig(args: DownstreamCluster, infrastructure: Infrastructure): KubernetesObject {
  const { name } = args;
  return namedByContent({
    apiVersion: "bootstrap.cluster.x-k8s.io/v1alpha3",
    kind: "TalosConfigTemplate",
    metadata: { name: `${name}-workers`, namespace: name, labels: { [clusterLabel]: name } },
    spec: {
      template: { spec: { generateType: "worker", ...generated(args, "worker", commonPatches(args, infrastructure)) } },
    },
  });
}

function generated(cluster: DownstreamCluster, role: "controlplane" | "worker", patches: object[]) {
  return {
    // The patch version plays no part in how a configuration is made.
    talosVersion: cluster.release.talos.split(".").slice(0, 2).join("."),
    hostname: { source: "MachineName" },
    strategicPatches: [...patches.map(textOf), ...ownPatches(cluster, role)],
  };
}

/** Patches that not every cluster has: of a renewal, of its add-ons, and of the stack file. */
export function ownPatches({ config, requirements }: DownstreamCluster, role: "controlplane" | "worker"): string[] {
  const { renewal, patches } = config;
  // Another configuration is another machine, for Cluster API.
  const renewed =
    renewal === undefined ? [] : [{ machine: { nodeAnnotations: { [renewalAnnotation]: `${renewal}` } } }];
  const required = requirements.filter(({ nodes }) => nodes === "all" || nodes === role).map(({ patch }) => patch);
  return [...renewed, ...required, ...patches].map(textOf);
}

function textOf(patch: unknown): string {
  return stringify(patch, { lineWidth: 0 });
}

/** What all nodes get: the release's installer, no CNI and no kube-proxy because Cilium does both, servers of the site. */
function commonPatches(args: DownstreamCluster, { installDisk }: Infrastructure): object[] {
  const { installer, addresses, dnsServers, ntpServers } = args;
  return [
    {
      machine: {
        install: { disk: installDisk, image: installer },
        kubelet: {
          // Talos' cloud controller manager approves serving certificates. Elsewhere the add-on that does it asks for this:
          // a kubelet whose request nobody answers has no certificate at all, and shows no logs.
          ...(onProxmox(args) ? { extraArgs: { "rotate-server-certificates": "true" } } : {}),
          nodeIP: { validSubnets: addresses.nodeSubnets.map(({ cidr }) => cidr) },
        },
        network: { nameservers: dnsServers },
        time: { servers: ntpServers },
      },
      cluster: {
        network: { cni: { name: "none" } },
        proxy: { disabled: true },
        ...(onProxmox(args) ? { externalCloudProvider: { enabled: true } } : {}),
      },
    },
  ];
}

/**
 * On Proxmox the control planes move the API's address among themselves; Harvester has a load balancer for it. Cluster API
 * finds the node of a machine by its provider id, which Talos' cloud controller manager writes on Proxmox and the provider
 * itself on Harvester.
 */
function controlPlanePatches(args: DownstreamCluster): object[] {
  // Without workers there is no other place for pods.
  const scheduling = { cluster: { allowSchedulingOnControlPlanes: args.config.workers === 0 } };
  if (!onProxmox(args)) return [scheduling];
  return [
    scheduling,
    {
      machine: {
        network: { interfaces: [{ deviceSelector: { physical: true }, vip: { ip: args.addresses.vip } }] },
        features: {
          kubernetesTalosAPIAccess: {
            enabled: true,
            allowedRoles: ["os:reader"],
            allowedKubernetesNamespaces: ["kube-system"],
          },
        },
      },
      cluster: { externalCloudProvider: { manifests: [cloudControllerManager] } },
    },
  ];
}

function onProxmox({ config }: DownstreamCluster): boolean {
  return config.infrastructure === "proxmox";
}
