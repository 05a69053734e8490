/** Kubernetes' control plane and etcd. */
import type { ClusterFacts } from "../../facts.ts";
import { podsOnControlPlanes } from "../../scheduling.ts";
import type { MachinePatch, PatchContext } from "./types.ts";

/** Names in the certificates of the Talos and the Kubernetes API: VIP, kept addresses, and those of the stack file. */
export function certificatesPatch({ facts, config }: PatchContext): MachinePatch {
  const { vip, reservedAddresses } = facts.addresses;
  const others = [...new Set([...reservedAddresses, ...config.machine.certificateNames])];
  // Talos puts the host of the endpoint, the VIP, into the Kubernetes certificate itself.
  return { machine: { certSANs: [vip, ...others] }, cluster: { apiServer: { certSANs: others } } };
}

/** Requests to aggregated APIs go to pods, because nothing on a control plane would forward service addresses otherwise. */
export function apiServerPatch({ config }: PatchContext): MachinePatch {
  const { oidc, auditPolicy } = config.machine;
  const oidcArguments = oidc && {
    "oidc-client-id": oidc.clientId,
    "oidc-groups-claim": oidc.groupsClaim,
    "oidc-issuer-url": oidc.issuerUrl,
    "oidc-username-claim": oidc.usernameClaim,
    ...(oidc.usernamePrefix ? { "oidc-username-prefix": oidc.usernamePrefix } : {}),
    ...(oidc.groupsPrefix ? { "oidc-groups-prefix": oidc.groupsPrefix } : {}),
  };
  return {
    cluster: {
      apiServer: {
        extraArgs: { "enable-aggregator-routing": "true", ...oidcArguments },
        ...(auditPolicy ? { auditPolicy } : {}),
      },
    },
  };
}

/** Sizes of the nodes' pod ranges, and the metrics of both managers when they are wanted from outside the node. */
export function managersPatch({ facts, config }: PatchContext): MachinePatch {
  const masks = nodeMasks(facts.addresses.podSubnets);
  if (!config.machine.exposeControlPlaneMetrics) return { cluster: { controllerManager: { extraArgs: masks } } };
  const bind = { "bind-address": anyAddress(facts) };
  return { cluster: { controllerManager: { extraArgs: { ...bind, ...masks } }, scheduler: { extraArgs: bind } } };
}

/** etcd speaks over the primary family of the node network, never over a loopback or a moving address. */
export function etcdPatch({ facts, config }: PatchContext): MachinePatch {
  const primary = facts.addresses.nodeSubnets[0];
  const anywhere = facts.addresses.nodeSubnets.some(({ family }) => family === "ipv6") ? "[::]" : "0.0.0.0";
  return {
    cluster: {
      etcd: {
        advertisedSubnets: primary ? [primary.cidr] : [],
        ...(config.machine.etcdMetrics ? { extraArgs: { "listen-metrics-urls": `http://${anywhere}:2381` } } : {}),
      },
    },
  };
}

/** Ordinary pods on control planes; load balancers then send them traffic too. */
export function schedulingPatch({ facts, config }: PatchContext): MachinePatch | undefined {
  if (!podsOnControlPlanes(config.machine.scheduleOnControlPlanes, facts.nodes)) return undefined;
  return {
    machine: { nodeLabels: { "node.kubernetes.io/exclude-from-external-load-balancers": { $patch: "delete" } } },
    cluster: { allowSchedulingOnControlPlanes: true },
  };
}

/** A /64 and a /24 per node; Kubernetes wants other flags for one family than for two. */
function nodeMasks(podSubnets: string[]): Record<string, string> {
  if (podSubnets.length > 1) return { "node-cidr-mask-size-ipv4": "24", "node-cidr-mask-size-ipv6": "64" };
  return { "node-cidr-mask-size": podSubnets[0]?.includes(":") ? "64" : "24" };
}

function anyAddress(facts: ClusterFacts): string {
  return facts.addresses.nodeSubnets.some(({ family }) => family === "ipv6") ? "::" : "0.0.0.0";
}
